namespace Esn;

/// <summary>
/// What no learnt tail may silence: a channel that does what it never did, by far. Told by records, which any noise breaks ever
/// more seldom, and not by how often something like it was seen.
/// </summary>
public sealed record UnprecedentedSpec
{
    /// <summary>Whether errors are watched.</summary>
    public bool Errors { get; init; } = true;

    /// <summary>Whether the width of the noise is watched.</summary>
    public bool Widths { get; init; } = true;

    /// <summary>Whether a channel that stands still inside of its range is watched for.</summary>
    public bool Standstills { get; init; } = true;

    /// <summary>By how much a record must be broken, [1, 1000].</summary>
    public double Factor { get; init; } = 1.5;

    /// <summary>α: a record that stood for n steps is taken to be broken by a factor R with probability R^−α/n, (0, 100].</summary>
    public double RecordExponent { get; init; } = 3;

    /// <summary>Exponent of the tail by which the height of what broke a record is told, in usual sizes, (0, 100].</summary>
    public double ScaleExponent { get; init; } = 4;

    /// <summary>Frames that records are learnt from before any is called broken, 20 … 1,000,000.</summary>
    public int Begin { get; init; } = 100;

    /// <summary>Memory of records and usual sizes, in steps, 100 … 1e9.</summary>
    public double Memory { get; init; } = 100_000;

    /// <summary>Steps that one look at the width of the noise takes, 2 … 10,000.</summary>
    public int WidthWindow { get; init; } = 20;

    /// <summary>
    /// Frames with the very same value that are none too many, beyond twice the longest such stretch before, 1 … 1,000,000.
    /// </summary>
    public int Stuck { get; init; } = 8;

    /// <summary>Whether a standstill is told when it is found alone, and not for as long as it lasts.</summary>
    public bool Once { get; init; }

    /// <summary>Steps that it is told for, 1 … 100: as many as an alarm needs to open.</summary>
    public int Hold { get; init; } = 1;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Factor, 1, 1000);
        Require.Above(RecordExponent, 0, 100);
        Require.Above(ScaleExponent, 0, 100);
        Require.Range(Begin, 20, 1_000_000);
        Require.Range(Memory, 100, 1e9);
        Require.Range(WidthWindow, 2, 10_000);
        Require.Range(Stuck, 1, 1_000_000);
        Require.Range(Hold, 1, 100);
    }
}

/// <summary>
/// State of <see cref="UnprecedentedSpec"/>. Three things are watched in every channel: the error of one step, the width of the
/// noise as a mean of the distances from one frame to the next, and for how long the very same value comes inside of the range.
/// </summary>
sealed class Unprecedented
{
    const double Most = 1e150;     // of an error: its square is a number
    const double Widest = 20;     // usual distances that one distance counts for at most
    const double Bulk = 5;        // usual sizes that teach what is usual at most
    const double Constant = 1e-14;  // part of the level below which an error is none: what doubles resolve
    const double Largest = 100;     // usual sizes that a record counts for at most: a code of a fault does not stand for ever
    const int Young = 20;           // frames that teach what is usual in full
    const double Mild = 1.05;     // score of the first change of what never moved

    readonly UnprecedentedSpec _spec;
    readonly double _nats;                                            // −ln of the rate that may be told
    readonly double _channels;                                        // ln of their number
    readonly double[] _previous, _low, _high;                         // units of the feed, [channels]
    readonly double[] _usual, _largest;                               // error: root of the mean square of the bulk, record
    readonly double[] _width, _usualWidth, _wander, _widest;          // noise: now, usual, mean distance of the two, record
    readonly double[] _run, _longest;                                 // frames with the same value: now, record
    long _count;
    int _held;  // steps that it still is told for

    /// <param name="spec">Valid.</param>
    /// <param name="channels">≥ 1.</param>
    /// <param name="rate">Of what may be told, a step, (0, 1).</param>
    public Unprecedented(UnprecedentedSpec spec, int channels, double rate)
    {
        (_spec, _nats, _channels) = (spec, -Math.Log(rate), Math.Log(channels));
        (_previous, _low, _high) = (new double[channels], new double[channels], new double[channels]);
        (_usual, _largest) = (new double[channels], new double[channels]);
        (_width, _usualWidth, _wander, _widest) = (new double[channels], new double[channels], new double[channels], new double[channels]);
        (_run, _longest) = (new double[channels], new double[channels]);
    }

    /// <summary>As in events.</summary>
    public const string Name = "unprecedented";

    /// <summary>1 and above: never was anything like it.</summary>
    public double Score { get; private set; }

    /// <summary>Whether the channel that was told still is far from what it usually does.</summary>
    public bool Unusual { get; private set; }

    /// <summary>The channel that is the furthest out.</summary>
    public int Channel { get; private set; }

    /// <summary>Whether it is that channel's standing still that is told, and no deviation.</summary>
    public bool Frozen { get; private set; }

    /// <summary>What its score is worth as −ln p.</summary>
    public double Margin => Score * _nats;

    /// <summary>Takes a step.</summary>
    /// <param name="frame">[channels], units of the feed.</param>
    /// <param name="expected">[channels], units of the feed; NaN: nothing was expected yet.</param>
    /// <param name="frozen">An alarm is open: what is usual is not learnt. Records are kept: each is news once.</param>
    public void Step(ReadOnlySpan<double> frame, ReadOnlySpan<double> expected, bool frozen)
    {
        double most = 0, still = 0;
        int channel = Channel;
        bool standing = Frozen;
        for (int c = 0; c < frame.Length; c++)
        {
            double x = frame[c], told = 0, now = 0;
            if (_count == 0) (_previous[c], _low[c], _high[c]) = (x, x, x);
            if (_spec.Errors) Keep(ref told, ref now, Error(c, Math.Min(Most, Math.Abs(x - expected[c])), Math.Abs(x), frozen));
            if (_spec.Widths) Keep(ref told, ref now, Noise(c, Math.Min(Most, Math.Abs(x - _previous[c])), frozen));
            (double Told, double Now) stuck = _spec.Standstills ? Stuck(c, x) : default;
            bool stands = stuck.Told > told;
            Keep(ref told, ref now, stuck);
            (_previous[c], _low[c], _high[c]) = (x, Math.Min(_low[c], x), Math.Max(_high[c], x));
            if (told > most) (most, channel, standing) = (told, c, stands);
            still = Math.Max(still, now);
        }
        _count++;
        if (_count <= _spec.Begin) (most, still) = (0, 0);
        Unusual = still >= .5;
        if (most > 1) _held = _spec.Hold;
        else if (--_held > 0) return;  // it is told for as many steps as an alarm needs to open
        (Score, Channel, Frozen) = (most, channel, standing);
    }

    /// <summary>A frame that is not to be judged: nothing of it is kept.</summary>
    public void Skip()
    {
        (Score, Unusual, _held) = (0, false, 0);
        _run.AsSpan().Clear();
    }

    static void Keep(ref double told, ref double now, (double Told, double Now) of) =>
        (told, now) = (Math.Max(told, of.Told), Math.Max(now, of.Now));

    // What is told if a record is broken, and what it would be if one was.
    (double Told, double Now) Error(int c, double error, double level, bool frozen)
    {
        if (!double.IsFinite(error)) return default;
        double usual = _usual[c], record = _largest[c], told = 0, now = 0;
        if (_count > _spec.Begin)
        {
            bool moved = usual > Constant * level;
            now = error <= Constant * level ? 0 : moved ? Height(error / usual) : Mild;
            double evidence = Evidence(error, record, _count);
            // Of what never moved it is not known how much is much: a first change is told mildly, a larger one a little more.
            if (!moved && record > Constant * level) now = Mild + .1 * Math.Log(Math.Max(1, error / record));
            if (now > 0 && error > _spec.Factor * record) told = evidence >= 1 ? now : Math.Min(evidence, now);
        }
        double bulk = _count < Young ? error : Math.Min(error, Bulk * usual);
        if (!frozen) _usual[c] = Math.Sqrt(usual * usual + Gain * (bulk * bulk - usual * usual));
        // The first errors are those of a model that has not learnt yet.
        double counted = usual > Constant * level ? Math.Min(error, Largest * usual) : error;
        _largest[c] = _count < _spec.Begin / 2 ? 0 : Math.Max(counted, record * (1 - 1 / _spec.Memory));
        return (told, now);
    }

    (double Told, double Now) Noise(int c, double distance, bool frozen)
    {
        if (_count == 0) return default;
        double usual = _usualWidth[c], told = 0, now = 0;
        if (_count > _spec.Begin) distance = Math.Min(distance, Widest * usual);
        double width = _width[c] += (distance - _width[c]) * Math.Max(1.0 / _count, 1.0 / _spec.WidthWindow);
        if (_count > _spec.Begin && _wander[c] > 0)
        {
            now = Height(Math.Max(1, (width - usual) / _wander[c]));
            double evidence = Evidence(width, _widest[c], Math.Max(1, _count / (2.0 * _spec.WidthWindow)));
            if (width > _spec.Factor * _widest[c]) told = evidence >= 1 ? now : Math.Min(evidence, now);
        }
        if (!frozen)
        {
            _usualWidth[c] += Gain * (distance - usual);
            double most = Bulk * (_count < _spec.Begin ? usual : _wander[c]);
            if (_count > _spec.WidthWindow) _wander[c] += Gain * (Math.Min(Math.Abs(width - usual), most) - _wander[c]);
        }
        _widest[c] = _count < _spec.WidthWindow ? 0 : Math.Max(width, _widest[c] * (1 - 1 / _spec.Memory));
        return (told, now);
    }

    (double Told, double Now) Stuck(int c, double x)
    {
        bool same = _count > 0 && x == _previous[c];
        if (!same)
        {
            _longest[c] = Math.Max(_run[c], _longest[c] * (1 - 1 / _spec.Memory));
            _run[c] = 0;
            return default;
        }
        double run = ++_run[c], stands = Standing(c, x, run);
        return (_spec.Once && Standing(c, x, run - 1) >= 1 ? 0 : stands, stands);
    }

    // At an end of the range there is nothing strange in it: zero by night, full, closed.
    double Standing(int c, double x, double run) =>
        run >= _spec.Stuck + 2 * _longest[c] && x > _low[c] && x < _high[c] ? Evidence(run + 1, _longest[c] + .5 * _spec.Stuck, _count) : 0;

    double Gain => Math.Max(1.0 / (_count + 1), 1 / _spec.Memory);

    double Evidence(double size, double record, double looks) =>
        (_spec.RecordExponent * Math.Log(size / Math.Max(record, 1e-9 * size)) + Math.Log(looks) - _channels) / _nats;

    double Height(double sizes) => Math.Max(0, (_spec.ScaleExponent * Math.Log(sizes) - _channels) / _nats);

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_previous);
        state.Carry(_low);
        state.Carry(_high);
        state.Carry(_usual);
        state.Carry(_largest);
        state.Carry(_width);
        state.Carry(_usualWidth);
        state.Carry(_wander);
        state.Carry(_widest);
        state.Carry(_run);
        state.Carry(_longest);
        state.Carry(ref _count);
        state.Carry(ref _held);
        Score = state.Carried(Score);
        Unusual = state.Carried(Unusual);
        Channel = state.Carried(Channel);
        Frozen = state.Carried(Frozen);
    }
}
