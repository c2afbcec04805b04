namespace Esn;

/// <summary>
/// What normal would have looked like, without a free run: from an alarm's onset on, what the longest horizon H of the
/// readout foretells from the H states before it. It ends H steps after the onset.
/// </summary>
/// <param name="readout">Of the stream.</param>
/// <param name="horizons">Of the readout, in steps.</param>
/// <param name="limit">Points are clipped at ± this, in units of the scaled feed.</param>
sealed class DirectForecast(Readout readout, IReadOnlyList<int> horizons, double limit)
{
    const int MostPoints = 100;

    readonly double[] _points = new double[Math.Min(horizons[^1], MostPoints) * readout.Outputs];  // scaled [points×channels]

    /// <summary>Step of the first point; −1: there is no forecast.</summary>
    public long First { get; private set; } = -1;

    /// <summary>Points of a forecast.</summary>
    public int Count => _points.Length / readout.Outputs;

    /// <summary>Begins at the step whose frame was settled, but neither learnt nor pushed yet.</summary>
    /// <param name="step">Under which its points are asked for.</param>
    public void Begin(long step)
    {
        First = -1;
        for (int ahead = 0; ahead < Count; ahead++)
        {
            Span<double> point = _points.AsSpan(ahead * readout.Outputs, readout.Outputs);
            if (!readout.TryForetell(horizons.Count - 1, ahead, point)) return;
            foreach (ref double value in point) value = Math.Clamp(value, -limit, limit);
        }
        First = step;
    }

    /// <summary>What was foretold for a step, [channels], scaled; empty: nothing.</summary>
    public ReadOnlySpan<double> Point(long step) =>
        First >= 0 && step >= First && step < First + Count ? _points.AsSpan((int)(step - First) * readout.Outputs, readout.Outputs) : [];

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_points);
        First = state.Carried(First);
    }
}
