using Esn.Streaming.Simulation;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Streaming.Demo;

/// <summary>
/// A Mackey–Glass feed with observation noise in which γ is changed from .10 to .13 for 50 steps at random places: no
/// eye sees it.
/// </summary>
public sealed class DemoFeed
{
    /// <summary>Steps of an anomaly.</summary>
    public const int AnomalySteps = 50;

    /// <summary>γ during an anomaly.</summary>
    public const double AnomalousGamma = .13;

    /// <summary>A third more alarms than there are anomalies: with a budget of just as many, some would be taken for what the feed
    /// does.</summary>
    public const string Budget = "1 per 3000 steps";

    const int Transient = 1000;         // samples until the solution is on its attractor
    const double Deviation = .23;       // of the solution: the unit of the noise
    const int LeastGap = 3000, MostGap = 5000;

    readonly MackeyGlass _equation;
    readonly Xoshiro256StarStar _random;
    readonly double _noise;
    readonly List<long> _anomalies = [];
    long _position, _next;

    /// <param name="seed">Of the start, the noise and the places of the anomalies.</param>
    /// <param name="quiet">Steps before the first anomaly.</param>
    /// <param name="noise">Standard deviation of the noise, in standard deviations of the signal.</param>
    public DemoFeed(int seed, long quiet, double noise)
    {
        _random = new Xoshiro256StarStar(seed, threadSafe: false);
        _noise = noise * Deviation;
        _equation = new MackeyGlass(.5 + _random.NextDouble());
        for (int i = 0; i < Transient; i++) _equation.Next();
        _next = quiet + _random.Next(MostGap - LeastGap);
    }

    /// <summary>First steps of the anomalies so far.</summary>
    public IReadOnlyList<long> Anomalies
    {
        get
        {
            lock (_anomalies) return [.. _anomalies];
        }
    }

    /// <summary>The next sample.</summary>
    public double Next()
    {
        if (_position == _next)
            lock (_anomalies) _anomalies.Add(_position);
        bool anomalous = _position >= _next && _position < _next + AnomalySteps;
        double sample = _equation.Next(anomalous ? AnomalousGamma : MackeyGlass.NormalGamma) + _noise * Normal.Sample(_random, 0, 1);
        _position++;
        if (_position == _next + AnomalySteps) _next += LeastGap + _random.Next(MostGap - LeastGap);
        return sample;
    }
}
