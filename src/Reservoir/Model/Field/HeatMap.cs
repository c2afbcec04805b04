namespace Esn;

/// <summary>
/// Where the errors of an alarm lie: the mean since its onset of each cell's squared error, a little smoothed, over what is
/// usual of it. The first frames tell where it began; later ones, where it went.
/// </summary>
/// <param name="grid">Valid.</param>
/// <param name="sigma">Of the smoothing, in cells: tiles leave edges in the error.</param>
/// <param name="onset">Frames that tell where it began.</param>
/// <param name="memory">Frames over which the usual is taken.</param>
sealed class HeatMap(GridSpec grid, double sigma, int onset, int memory)
{
    const double Floor = 1e-14;  // of a variance, scaled: where rounding begins

    readonly GaussianBlur _blur = new(grid, sigma);
    readonly double[] _now = new double[grid.Channels];    // squared smoothed errors
    readonly double[] _usual = new double[grid.Channels];  // their running mean
    readonly double[] _heat = new double[grid.Cells];      // sums since the onset
    readonly double[] _first = new double[grid.Cells];     // of the first frames
    int _frames;
    long _learnt;

    /// <summary>Takes the errors of a step.</summary>
    /// <param name="errors">[channels], scaled.</param>
    public void Measure(ReadOnlySpan<double> errors)
    {
        for (int first = 0; first < _now.Length; first += grid.Cells)
        {
            Span<double> now = _now.AsSpan(first, grid.Cells);
            _blur.Of(errors.Slice(first, grid.Cells), now);
            foreach (ref double value in now) value *= value;
        }
    }

    /// <summary>Ends the step.</summary>
    /// <param name="opened">An alarm opened at it.</param>
    /// <param name="open">An alarm is open after it.</param>
    /// <param name="learn">What came is usual.</param>
    public void Learn(bool opened, bool open, bool learn)
    {
        if (opened)
        {
            Array.Clear(_heat);
            _frames = 0;
        }
        if (open || opened)
        {
            for (int c = 0; c < _now.Length; c++)
                if (_now[c] > 0) _heat[c % grid.Cells] += _now[c] / (_usual[c] + Floor);
            if (++_frames <= onset) _heat.CopyTo(_first, 0);
        }
        if (!learn) return;
        double gain = Math.Max(1.0 / ++_learnt, 1.0 / memory);
        for (int c = 0; c < _now.Length; c++) _usual[c] += gain * (_now[c] - _usual[c]);
    }

    /// <summary>As of the last step; null before the first alarm. Allocates: for events.</summary>
    public FieldEvidence? Evidence()
    {
        if (_frames == 0) return null;
        double hottest = _first.Max(), sum = 0, row = 0, column = 0;
        for (int cell = 0; cell < _first.Length; cell++)
        {
            if (_first[cell] < .5 * hottest) continue;
            (sum, row, column) = (sum + _first[cell], row + _first[cell] * (cell / grid.Columns), column
                + _first[cell] * (cell % grid.Columns));
        }
        return new FieldEvidence(grid.Rows, grid.Columns, _frames, [.. _heat.Select(heat => (float)(heat / _frames))],
            sum > 0 ? row / sum : 0, sum > 0 ? column / sum : 0, Regions.Of(_first, grid.Rows, grid.Columns));
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_usual);
        state.Carry(_heat);
        state.Carry(_first);
        state.Carry(ref _frames);
        state.Carry(ref _learnt);
    }
}
