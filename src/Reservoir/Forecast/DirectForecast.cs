namespace Esn;

/// <summary>
/// What normal would have looked like, without a free run: from an alarm's onset on, what the longest horizon H of the
/// readout foretells from the H states before it. It ends H steps after the onset.
/// </summary>
/// <param name="readout">Of the stream.</param>
/// <param name="horizons">Of the readout, in steps.</param>
/// <param name="limit">Points are clipped at ± this, in units of the scaled feed.</param>
sealed class DirectForecast(Readout readout, IReadOnlyList<int> horizons, double limit) : MultiStepForecast
{
    const int MostPoints = 100;

    readonly double[] _points = new double[Math.Min(horizons[^1], MostPoints) * readout.Outputs];  // scaled [points×channels]

    long _first = -1;  // step of the first point; −1: there is no forecast

    int Count => _points.Length / readout.Outputs;

    /// <inheritdoc/>
    public override (long First, int Count) Foretold => _first < 0 ? (0, 0) : (_first, Count);

    /// <inheritdoc/>
    public override void BeginAlarm(long onset, long step)
    {
        _first = -1;
        for (int ahead = 0; ahead < Count; ahead++)
        {
            Span<double> point = _points.AsSpan(ahead * readout.Outputs, readout.Outputs);
            if (!readout.TryForetell(horizons.Count - 1, ahead, point)) return;
            foreach (ref double value in point) value = Math.Clamp(value, -limit, limit);
        }
        _first = step;
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<double> Point(long step) =>
        _first >= 0 && step >= _first && step < _first + Count
            ? _points.AsSpan((int)(step - _first) * readout.Outputs, readout.Outputs) : [];

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        state.Carry(_points);
        state.Carry(ref _first);
    }
}
