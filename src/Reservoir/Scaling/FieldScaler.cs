namespace Esn;

/// <summary>
/// A field less its mean map, over one scale for each quantity: cells that move little stay small, as they are in the
/// field. Land is 0.
/// </summary>
/// <remarks>One scale a cell costs the place: measured on sea-surface temperature, .12 of the area under the curve.</remarks>
sealed class FieldScaler : Scaler
{
    readonly GridSpec _grid;
    readonly double[] _mean;   // [channels], units of the feed
    readonly double[] _scale;  // [fields], units of the feed, > 0
    readonly int[] _sea;       // cells that are no land
    double _largest;           // |y| of the frames that fixed the scaling

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    /// <param name="grid">Valid.</param>
    /// <param name="limit">Scaled values are clipped at ± this.</param>
    public FieldScaler(GridSpec grid, double limit)
    {
        (_grid, Limit) = (grid, limit);
        (_mean, _scale) = (new double[grid.Channels], new double[grid.Fields]);
        _sea = [.. Enumerable.Range(0, grid.Cells).Where(cell => grid.Land.Count == 0 || !grid.Land[cell])];
    }

    /// <summary>From the frames of the warm-up.</summary>
    /// <param name="frames">[count×channels], frame by frame, finite.</param>
    /// <param name="grid">Valid.</param>
    /// <param name="limit">Scaled values are clipped at ± this.</param>
    public FieldScaler(ReadOnlySpan<double> frames, GridSpec grid, double limit) : this(grid, limit)
    {
        int channels = grid.Channels, count = frames.Length / channels;
        for (int field = 0; field < grid.Fields; field++)
        {
            double largest = 0, square = 0;
            foreach (int cell in _sea)
            {
                int c = field * grid.Cells + cell;
                // Divided first: the sum of values near ±1.8e308 would overflow.
                for (int t = 0; t < count; t++) _mean[c] += frames[t * channels + c] / count;
                for (int t = 0; t < count; t++) largest = Math.Max(largest, Math.Abs(frames[t * channels + c] - _mean[c]));
            }
            for (int i = 0; i < _sea.Length && largest > 0; i++)
                for (int t = 0; t < count; t++)
                {
                    int c = field * grid.Cells + _sea[i];
                    double part = (frames[t * channels + c] - _mean[c]) / largest;
                    square += part * part;
                }
            double deviation = largest * Math.Sqrt(square / ((double)count * _sea.Length));
            double level = _sea.Max(cell => Math.Abs(_mean[field * grid.Cells + cell]));
            // A field that never moved is measured in thousandths of its level, a zero in units.
            double unit = deviation > 1e-12 * level && double.IsFinite(deviation) ? deviation : level == 0 ? 1 : 1e-3 * level;
            _scale[field] = unit;
            _largest = Math.Max(_largest, Math.Min(limit, largest / unit));
        }
    }

    /// <inheritdoc/>
    public override double Limit { get; }

    /// <inheritdoc/>
    public override double Reach => Math.Min(Limit, 1.5 * _largest);

    /// <inheritdoc/>
    /// <returns>Whether a hundredth of the sea lies beyond: one cell is no reason to begin anew.</returns>
    public override bool Scale(ReadOnlySpan<double> frame, Span<double> y)
    {
        int clipped = 0;
        y.Clear();
        for (int field = 0; field < _grid.Fields; field++)
        {
            double unit = _scale[field];
            int first = field * _grid.Cells;
            foreach (int cell in _sea)
            {
                double value = Math.Clamp((frame[first + cell] - _mean[first + cell]) / unit, -Limit, Limit);
                if (Math.Abs(value) >= Limit) clipped++;
                y[first + cell] = value;
            }
        }
        return 100 * clipped > _sea.Length * _grid.Fields;
    }

    /// <inheritdoc/>
    /// <remarks>Land is what it was in the mean map: 0 where it was left out.</remarks>
    public override void Unscale(ReadOnlySpan<double> y, Span<double> frame)
    {
        for (int field = 0; field < _grid.Fields; field++)
            for (int i = field * _grid.Cells; i < (field + 1) * _grid.Cells; i++) frame[i] = _mean[i] + _scale[field] * y[i];
    }

    /// <inheritdoc/>
    public override double UnitOf(int channel) => _scale[channel / _grid.Cells];

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        state.Carry(_mean);
        state.Carry(_scale);
        state.Carry(ref _largest);
    }
}
