using Esn.Streaming.Simulation;
using MathNet.Numerics.Random;

namespace Esn.Streaming.Demo;

/// <summary>What `esn demo --field` shows.</summary>
public enum FieldDemoKind
{
    /// <summary>The wind-driven double gyre, in which viscosity, friction, wind or topography changes in one patch.</summary>
    Ocean,

    /// <summary>A blob on a closed path, beside which a faint second one appears.</summary>
    Lissajous,

    /// <summary>A blob on a chaotic path, whose γ changes for a while: no eye sees it.</summary>
    Chaotic,
}

/// <summary>Something that happens in the feed.</summary>
/// <param name="Start">First frame of it.</param>
/// <param name="What">For a person.</param>
/// <param name="Row">Of its middle; null: it is in no one place.</param>
/// <param name="Column">Of its middle.</param>
public sealed record FieldDemoAnomaly(long Start, string What, double? Row, double? Column);

/// <summary>A live simulation, in which something changes for <see cref="Length"/> frames, again and again.</summary>
public sealed class FieldDemoFeed
{
    /// <summary>Frames of an anomaly.</summary>
    public const int Length = 40;

    /// <summary>Frames within which the feed is as it was again.</summary>
    public const int Settles = 60;

    const int LeastGap = 250, MostGap = 400;
    const int LeastChaos = 1500, MostChaos = 2500;  // what comes more often than the budget is taken for what the feed does
    const double Lively = .35;  // of the largest standard deviation of a cell: where something can be seen to happen

    static readonly (LocalAnomalyKind Kind, double Strength, string What)[] Changes =
    [
        (LocalAnomalyKind.Friction, 16, "friction ×17"), (LocalAnomalyKind.Wind, 3, "wind curl +3"),
            (LocalAnomalyKind.Viscosity, 7, "viscosity ×8"),
        (LocalAnomalyKind.Topography, .1, "a hill at the bottom"), (LocalAnomalyKind.Wind, -3, "wind curl −3"),
    ];

    readonly Xoshiro256StarStar _random;
    readonly FieldDemoKind _kind;
    readonly DoubleGyre? _ocean;
    readonly BlobFeed? _blob;
    readonly double[] _sum, _square;
    readonly List<FieldDemoAnomaly> _anomalies = [];
    long _position, _next;

    /// <param name="kind">What is simulated.</param>
    /// <param name="seed">Of the start, and of what happens where.</param>
    /// <param name="quiet">Frames before the first anomaly.</param>
    public FieldDemoFeed(FieldDemoKind kind, int seed, long quiet)
    {
        (_kind, _random) = (kind, new Xoshiro256StarStar(1000 + seed, threadSafe: false));
        if (kind == FieldDemoKind.Ocean) _ocean = new DoubleGyre(new DoubleGyreSpec(), seed);
        else _blob = new BlobFeed(new BlobSpec { Path = kind == FieldDemoKind.Chaotic ? BlobPath.Chaotic : BlobPath.Lissajous,
            Noise = .01 }, seed);
        IFieldSimulation simulation = (IFieldSimulation?)_ocean ?? _blob!;
        (Rows, Columns) = (simulation.Rows, simulation.Columns);
        (_sum, _square) = (new double[Rows * Columns], new double[Rows * Columns]);
        _next = quiet + _random.Next(50);
    }

    /// <summary>Of the grid.</summary>
    public int Rows { get; }

    /// <summary>Of the grid.</summary>
    public int Columns { get; }

    /// <summary>The alarms that a feed deserves.</summary>
    public static string BudgetOf(FieldDemoKind kind) => kind == FieldDemoKind.Chaotic ? "1 per 2000 steps" : "1 per 1000 steps";

    /// <summary>What has happened so far.</summary>
    public IReadOnlyList<FieldDemoAnomaly> Anomalies
    {
        get
        {
            lock (_anomalies) return [.. _anomalies];
        }
    }

    /// <summary>Brings the simulation on its attractor: some seconds for the ocean.</summary>
    public void SpinUp() => _ocean?.SpinUp();

    /// <summary>The next frame.</summary>
    /// <param name="frame">[rows×columns].</param>
    public void Next(double[] frame)
    {
        if (_position == _next) Begin();
        bool on = _position >= _next && _position < _next + Length;
        if (_ocean is not null && !on && _ocean.Anomaly is not null) _ocean.Anomaly = null;
        if (_ocean is not null) _ocean.Next(frame);
        else _blob!.Next(frame);
        if (on && _kind == FieldDemoKind.Lissajous) AddBump(frame, _anomalies[^1]);
        for (int i = 0; i < frame.Length && !on; i++) (_sum[i], _square[i]) = (_sum[i] + frame[i], _square[i] + frame[i] * frame[i]);
        _position++;
        if (_position == _next + Length) _next += Length
            + (_kind == FieldDemoKind.Chaotic ? _random.Next(LeastChaos, MostChaos) : _random.Next(LeastGap, MostGap));
    }

    void Begin()
    {
        FieldDemoAnomaly anomaly;
        if (_kind == FieldDemoKind.Chaotic)
        {
            _blob!.Disturb();
            lock (_anomalies) _anomalies.Add(new FieldDemoAnomaly(_position, "γ .10 → .13", null, null));
            return;
        }
        (int row, int column) = Place(Lively);
        if (_ocean is not null)
        {
            (LocalAnomalyKind kind, double strength, string what) = Changes[_anomalies.Count % Changes.Length];
            _ocean.Anomaly = new LocalAnomaly(kind, strength, (column + .5) / Columns, (row + .5) / Rows);
            anomaly = new FieldDemoAnomaly(_position, what, row, column);
        }
        else anomaly = new FieldDemoAnomaly(_position, "a second blob, a fifth as high", row, column);
        lock (_anomalies) _anomalies.Add(anomaly);
    }

    static void AddBump(double[] frame, FieldDemoAnomaly at)
    {
        int columns = (int)Math.Sqrt(frame.Length);
        for (int i = 0; i < frame.Length; i++)
        {
            (double down, double right) = (i / columns - at.Row!.Value, i % columns - at.Column!.Value);
            frame[i] += .2 * Math.Exp(-(down * down + right * right) / 8);
        }
    }

    (int Row, int Column) Place(double least)
    {
        double[] variance = [.. _sum.Select((s, i) =>
            Math.Max(0, _square[i] / Math.Max(1, _position) - s / Math.Max(1, _position) * (s / Math.Max(1, _position))))];
        double largest = variance.Max();
        while (true)
        {
            int cell = _random.Next(variance.Length);
            if (variance[cell] >= least * least * largest) return (cell / Columns, cell % Columns);
        }
    }
}
