using System.Numerics.Tensors;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Streaming.Simulation;

/// <summary>
/// The blob of the lectures: a Gaussian of height 1 whose centre goes along a path, exactly periodic or chaotic, on a grid of
/// 30×30 cells over [−2, 2]².
/// </summary>
/// <remarks>
/// Sizes, periods and series are those of N. Heim's research code (github.com/nmheim/torsk; Heim and Avery 2019): σ .5, 100
/// steps a turn. There the series is stretched by the extremes that it happens to have in the run, so that no value can be
/// known before the last; here by the extremes of the attractor, fixed: an anomaly may lead a little out of [−1, 1].
/// The seed draws the place on the path and the noise. Not thread-safe. Stepping allocates nothing.
/// </remarks>
public sealed class BlobFeed : IFieldSimulation
{
    const double Border = 2;
    const int StepsPerTurn = 100;
    const double SlowTurn = .3;
    const int ClosedAfter = 1000;    // steps until the Lissajous figure comes again
    const int Transient = 1000;      // samples until the series is on its attractor
    const int Delay = 17;            // of y, in units: where the figure of (x, y) is open
    const int UnitOfNoiseSteps = 3000;

    // Of the attractor, seen in a million units.
    static readonly (double Low, double High) ExtremesOfSolution = (.417, 1.320), ExtremesOfUnitSteps = (.368, 1.345);

    readonly BlobSpec _spec;
    readonly Xoshiro256StarStar _random;
    readonly Func<double, double>? _series;  // γ → the next sample; null: the path has none
    readonly (double Low, double High) _extremes;
    readonly double[] _past;                 // the series in [−1, 1], the last units, a ring
    readonly double[] _inX, _inY;            // the blob is a product
    readonly double _noise;
    long _phase;                             // steps since φ = 0
    int _anomalyLeft;

    /// <param name="spec">Parameters.</param>
    /// <param name="seed">Of the place on the path and of the noise.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter out of its range.</exception>
    public BlobFeed(BlobSpec spec, int seed)
    {
        ArgumentNullException.ThrowIfNull(spec);
        spec.Check();
        _spec = spec;
        _random = new Xoshiro256StarStar(seed, threadSafe: false);
        (_inX, _inY, _past) = (new double[spec.Columns], new double[spec.Rows], new double[Delay + 1]);
        _phase = _random.Next(ClosedAfter);
        if (spec.Path != BlobPath.Lissajous)
        {
            double start = .5 + _random.NextDouble();
            bool solution = spec.Series == BlobSeries.Solution;
            _series = solution ? new MackeyGlass(start).Next : new UnitStepMackeyGlass(start).Next;
            _extremes = solution ? ExtremesOfSolution : ExtremesOfUnitSteps;
            for (int i = 0; i < Transient; i++) Go(MackeyGlass.NormalGamma);
        }
        if (spec.Noise > 0) _noise = spec.Noise * Deviation(spec with { Noise = 0 }, seed);
    }

    /// <inheritdoc/>
    public int Rows => _spec.Rows;

    /// <inheritdoc/>
    public int Columns => _spec.Columns;

    /// <summary>One.</summary>
    public int Fields => 1;

    /// <summary>Centre of the blob in the last frame, in the units of the path.</summary>
    public (double X, double Y) Centre { get; private set; }

    /// <summary>Whether γ was changed in the step to the last frame.</summary>
    public bool Anomalous { get; private set; }

    /// <summary>Changes γ to <see cref="BlobSpec.AnomalousGamma"/> for the next <see cref="BlobSpec.AnomalySteps"/> steps.</summary>
    /// <exception cref="InvalidOperationException">The path has no series.</exception>
    public void Disturb()
    {
        if (_series is null)
            throw new InvalidOperationException(
                $"a {_spec.Path} path has no γ to change; {nameof(BlobPath.Chaotic)} and {nameof(BlobPath.ChaoticDelayed)} have");
        _anomalyLeft = _spec.AnomalySteps;
    }

    /// <inheritdoc/>
    public void Next(Span<double> frame)
    {
        if (frame.Length != Rows * Columns)
            throw new ArgumentException($"frame must have {Rows * Columns} numbers, had {frame.Length}", nameof(frame));
        Anomalous = _anomalyLeft > 0;
        if (Anomalous) _anomalyLeft--;
        Go(Anomalous ? _spec.AnomalousGamma : MackeyGlass.NormalGamma);
        Draw(frame);
        if (_noise > 0)
            foreach (ref double cell in frame) cell += _noise * Normal.Sample(_random, 0, 1);
    }

    void Go(double gamma)
    {
        _phase++;
        double turn = 2 * Math.PI * (_phase % ClosedAfter) / StepsPerTurn;
        if (_series is null)
        {
            Centre = (Math.Cos(turn), Math.Sin(SlowTurn * turn));
            return;
        }
        double x = 2 * (_series(gamma) - _extremes.Low) / (_extremes.High - _extremes.Low) - 1;
        _past[_phase % _past.Length] = x;
        Centre = (x, _spec.Path == BlobPath.Chaotic ? Math.Cos(turn) : _past[(_phase + 1) % _past.Length]);
    }

    void Draw(Span<double> frame)
    {
        Bell(_inX, Centre.X);
        Bell(_inY, Centre.Y);
        for (int row = 0; row < Rows; row++) TensorPrimitives.Multiply(_inX, _inY[row], frame.Slice(row * Columns, Columns));
    }

    void Bell(double[] values, double centre)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double distance = (2 * Border * i / (values.Length - 1) - Border - centre) / _spec.Width;
            values[i] = Math.Exp(-.5 * distance * distance);
        }
    }

    /// <summary>Root of the mean over cells of the variance in time, of a twin without noise.</summary>
    static double Deviation(BlobSpec quiet, int seed)
    {
        var twin = new BlobFeed(quiet, seed);
        double[] frame = new double[twin.Rows * twin.Columns], sums = new double[frame.Length];
        double squares = 0;
        for (int i = 0; i < UnitOfNoiseSteps; i++)
        {
            twin.Next(frame);
            TensorPrimitives.Add(sums, frame, sums);
            squares += TensorPrimitives.SumOfSquares<double>(frame);
        }
        return Math.Sqrt((squares - TensorPrimitives.SumOfSquares<double>(sums) / UnitOfNoiseSteps) / UnitOfNoiseSteps / frame.Length);
    }
}
