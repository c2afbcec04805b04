namespace Esn.Streaming.Simulation;

/// <summary>
/// The Mackey–Glass equation dx/dt = β x(t−τ)/(1 + x(t−τ)ⁿ) − γ x, β = .2, τ = 17, n = 10: chaotic at γ = .10.
/// </summary>
/// <remarks>
/// M. C. Mackey and L. Glass, Science 197 (1977), doi:10.1126/science.267326. Fourth-order Runge–Kutta with the
/// delayed value at half steps from the cubic Hermite interpolant of the stored solution, so that the whole scheme is
/// of fourth order. One sample is one time unit.
/// </remarks>
public sealed class MackeyGlass
{
    /// <summary>γ of the chaotic, normal regime.</summary>
    public const double NormalGamma = .10;

    const double Beta = .2;
    const double Tau = 17;
    const int StepsPerSample = 10;
    const double H = 1.0 / StepsPerSample;
    const int Delay = (int)(Tau * StepsPerSample);

    readonly double[] _values = new double[Delay + 1];  // x over the last τ, a ring
    readonly double[] _slopes = new double[Delay + 1];  // dx/dt there
    int _now;

    /// <param name="start">x(t ≤ 0), constant, in (0, 2).</param>
    public MackeyGlass(double start)
    {
        _values.AsSpan().Fill(start);
    }

    /// <summary>The next sample, one time unit on.</summary>
    /// <param name="gamma">γ during this unit.</param>
    public double Next(double gamma = NormalGamma)
    {
        for (int i = 0; i < StepsPerSample; i++) Advance(gamma);
        return _values[_now];
    }

    void Advance(double gamma)
    {
        int then = (_now + 1) % _values.Length, after = (_now + 2) % _values.Length;  // t−τ and t−τ+h
        double x = _values[_now];
        double delayed = _values[then], delayedEnd = _values[after];
        double delayedHalf = .5 * (delayed + delayedEnd) + H / 8 * (_slopes[then] - _slopes[after]);

        double k1 = Slope(x, delayed, gamma);
        double k2 = Slope(x + .5 * H * k1, delayedHalf, gamma);
        double k3 = Slope(x + .5 * H * k2, delayedHalf, gamma);
        double k4 = Slope(x + H * k3, delayedEnd, gamma);
        double next = x + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4);

        _slopes[_now] = k1;
        _now = then;
        _values[_now] = next;
        _slopes[_now] = Slope(next, delayedEnd, gamma);
    }

    static double Slope(double x, double delayed, double gamma) =>
        Beta * delayed / (1 + Math.Pow(delayed, 10)) - gamma * x;
}
