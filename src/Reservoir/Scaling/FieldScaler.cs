namespace Esn;

/// <summary>
/// A field less its mean map, or less that of the month or hour, over one scale for each quantity: cells that move little stay
/// small, as they are in the field. Land is 0.
/// </summary>
/// <remarks>
/// One scale a cell costs the place: measured on sea-surface temperature, .12 of the area under the curve. The scale is fixed by
/// the first frames; means of a season go on.
/// </remarks>
sealed class FieldScaler : Scaler
{
    readonly GridSpec _grid;
    readonly double[] _mean;         // [channels], units of the feed
    readonly double[] _scale;        // [fields], units of the feed, > 0
    readonly int[] _sea;             // cells that are no land
    readonly Climatology? _season;   // null: there is one mean map
    readonly double[] _taken;        // a frame as far as the mean of its season learns it [channels]; none without seasons
    double _largest;                 // |y| of the frames that fixed the scaling
    int _known;                      // of those frames: they come once more, and are in the means already

    /// <summary>Not fixed yet: <see cref="Carry"/> does that.</summary>
    /// <param name="grid">Valid.</param>
    /// <param name="limit">Scaled values are clipped at ± this.</param>
    /// <param name="season">What the usual state goes by.</param>
    /// <param name="memory">Frames of a month, or hour, that its mean is taken over; 0: all.</param>
    public FieldScaler(GridSpec grid, double limit, FieldSeason season = FieldSeason.None, int memory = 0)
    {
        (_grid, Limit) = (grid, limit);
        (_mean, _scale) = (new double[grid.Channels], new double[grid.Fields]);
        _sea = [.. Enumerable.Range(0, grid.Cells).Where(cell => grid.Land.Count == 0 || !grid.Land[cell])];
        if (season != FieldSeason.None) _season = new Climatology(season, grid.Channels, memory);
        _taken = new double[_season is null ? 0 : grid.Channels];
    }

    /// <summary>From the frames of the warm-up.</summary>
    /// <param name="frames">[count×channels], frame by frame, finite.</param>
    /// <param name="times">Of the frames, UTC, [count].</param>
    /// <param name="grid">Valid.</param>
    /// <param name="limit">Scaled values are clipped at ± this.</param>
    /// <param name="season">What the usual state goes by.</param>
    /// <param name="memory">Frames of a month, or hour, that its mean is taken over; 0: all.</param>
    public FieldScaler(ReadOnlySpan<double> frames, ReadOnlySpan<DateTime> times, GridSpec grid, double limit,
        FieldSeason season = FieldSeason.None, int memory = 0) : this(grid, limit, season, memory)
    {
        int channels = grid.Channels, count = frames.Length / channels;
        foreach (int c in Sea())
            // Divided first: the sum of values near ±1.8e308 would overflow.
            for (int t = 0; t < count; t++) _mean[c] += frames[t * channels + c] / count;
        for (int t = 0; t < count && _season is not null; t++) _season.Learn(times[t], frames.Slice(t * channels, channels));
        _known = _season is null ? 0 : count;
        for (int field = 0; field < grid.Fields; field++) FitScale(field, frames, times);
    }

    IEnumerable<int> Sea() => Enumerable.Range(0, _grid.Fields).SelectMany(field => _sea.Select(cell => field * _grid.Cells + cell));

    void FitScale(int field, ReadOnlySpan<double> frames, ReadOnlySpan<DateTime> times)
    {
        int channels = _grid.Channels, count = frames.Length / channels;
        double largest = 0, square = 0;
        for (int t = 0; t < count; t++)
        {
            ReadOnlySpan<double> usual = Usual(times.IsEmpty ? default : times[t]);
            foreach (int cell in _sea)
            {
                int c = field * _grid.Cells + cell;
                largest = Math.Max(largest, Math.Abs(frames[t * channels + c] - usual[c]));
            }
        }
        for (int i = 0; i < _sea.Length && largest > 0; i++)
            for (int t = 0; t < count; t++)
            {
                int c = field * _grid.Cells + _sea[i];
                double part = (frames[t * channels + c] - Usual(times.IsEmpty ? default : times[t])[c]) / largest;
                square += part * part;
            }
        double deviation = largest * Math.Sqrt(square / ((double)count * _sea.Length));
        double level = _sea.Max(cell => Math.Abs(_mean[field * _grid.Cells + cell]));
        // A field that never moved is measured in thousandths of its level, a zero in units.
        double unit = deviation > 1e-12 * level && double.IsFinite(deviation) ? deviation : level == 0 ? 1 : 1e-3 * level;
        _scale[field] = unit;
        _largest = Math.Max(_largest, Math.Min(Limit, largest / unit));
    }

    ReadOnlySpan<double> Usual(DateTime time) => _season is null ? _mean : _season.Of(time, _mean);

    /// <inheritdoc/>
    public override double Limit { get; }

    /// <inheritdoc/>
    public override double Reach => Math.Min(Limit, 1.5 * _largest);

    /// <inheritdoc/>
    /// <returns>Whether a hundredth of the sea lies beyond: one cell is no reason to begin anew.</returns>
    public override bool Scale(ReadOnlySpan<double> frame, Span<double> y) => Scale(frame, _mean, y);

    /// <inheritdoc/>
    public override bool Scale(DateTime time, ReadOnlySpan<double> frame, Span<double> y, Span<double> origin, bool learn)
    {
        if (_season is null) return Scale(frame, y);
        ReadOnlySpan<double> usual = Usual(time);
        usual.CopyTo(origin);
        bool clipped = Scale(frame, origin, y);
        if (learn && _known > 0) _known--;
        else if (learn)
        {
            // What lies beyond the scale does not draw the mean away, nor does what has no value.
            for (int c = 0; c < y.Length; c++)
                _taken[c] = double.IsNaN(y[c]) ? origin[c] : origin[c] + _scale[c / _grid.Cells] * y[c];
            _season.Learn(time, _taken);
        }
        return clipped;
    }

    bool Scale(ReadOnlySpan<double> frame, ReadOnlySpan<double> usual, Span<double> y)
    {
        int clipped = 0;
        y.Clear();
        for (int field = 0; field < _grid.Fields; field++)
        {
            double unit = _scale[field];
            int first = field * _grid.Cells;
            foreach (int cell in _sea)
            {
                double value = Math.Clamp((frame[first + cell] - usual[first + cell]) / unit, -Limit, Limit);
                if (Math.Abs(value) >= Limit) clipped++;
                y[first + cell] = value;
            }
        }
        return 100 * clipped > _sea.Length * _grid.Fields;
    }

    /// <inheritdoc/>
    /// <remarks>Land is what it was in the mean map: 0 where it was left out.</remarks>
    public override void Unscale(ReadOnlySpan<double> y, Span<double> frame) => Unscale(y, _mean, frame);

    /// <inheritdoc/>
    public override void Unscale(DateTime time, Span<double> y) => Unscale(y, Usual(time), y);

    /// <inheritdoc/>
    public override bool Expect(ReadOnlySpan<double> y, Span<double> expected, Span<bool> stays)
    {
        Unscale(y, _season is null ? _mean : expected, expected);
        return false;
    }

    void Unscale(ReadOnlySpan<double> y, ReadOnlySpan<double> usual, Span<double> frame)
    {
        for (int field = 0; field < _grid.Fields; field++)
            for (int i = field * _grid.Cells; i < (field + 1) * _grid.Cells; i++) frame[i] = usual[i] + _scale[field] * y[i];
    }

    /// <inheritdoc/>
    public override double UnitOf(int channel) => _scale[channel / _grid.Cells];

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        state.Carry(_mean);
        state.Carry(_scale);
        state.Carry(ref _largest);
        _season?.Carry(ref state);
    }
}
