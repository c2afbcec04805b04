namespace Esn.Streaming.Simulation;

/// <summary>
/// Euler's method for <see cref="MackeyGlass"/> in steps of one time unit: not its solution, but the chaotic map that much of the
/// literature, the research code of the lectures among it, calls by its name.
/// </summary>
sealed class UnitStepMackeyGlass
{
    const double Beta = .2;
    const int Tau = 17;

    readonly double[] _values = new double[Tau + 1];  // x over the last τ, a ring
    int _now;

    /// <param name="start">x(t ≤ 0), constant, in (0, 2).</param>
    public UnitStepMackeyGlass(double start) => _values.AsSpan().Fill(start);

    /// <summary>The next value.</summary>
    /// <param name="gamma">γ in this step.</param>
    public double Next(double gamma)
    {
        int then = (_now + 1) % _values.Length;  // t − τ, where the next value goes
        double x = _values[_now], delayed = _values[then];
        _now = then;
        return _values[then] = x - gamma * x + Beta * delayed / (1 + Math.Pow(delayed, 10));
    }
}
