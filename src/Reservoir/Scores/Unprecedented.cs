using System.Runtime.InteropServices;

namespace Esn;

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
    const double Again = 1.25;      // of the frames at which a standstill was told: the next is to be twice as long as that
    const double Largest = 100;     // usual sizes that a record counts for at most: a code of a fault does not stand for ever
    const double MostExcess = .5;   // ln of size over where the tail begins that an error teaches which is told
    const double Echo = .5;         // of the record error of what hardly ever moved
    const int Late = 4;             // of a life that has been shorter than the memory, its last quarter says what is usual: a model learns
    const int Over = 10;            // frames without such an error after which what was told is over
    const int Still = 20;           // frames for which what rests has not moved: longer than what a move does to the errors of a few steps
    const int Young = 20;           // frames that teach what is usual in full

    readonly UnprecedentedSpec _spec;
    readonly bool _levels;      // that a model which learns nothing misses are no errors that go on
    readonly double _nats;      // −ln of the rate that may be told
    double _channels;           // ln of their number, as far as they move
    readonly Watched[] _of;   // [channels]
    long _count;
    double _frames;   // as many, each fading as what is counted of them does
    int _held;  // steps that it still is told for
    (int Channel, double By, double Record, double Excess) _broken;  // by the last step, until that is decided on: By 0 is none

    /// <param name="spec">Valid.</param>
    /// <param name="channels">≥ 1.</param>
    /// <param name="rate">Of what may be told, a step, (0, 1).</param>
    /// <param name="levels">Frames are values of a feed, whose levels are for other scores; else sizes of errors, of which none is.</param>
    public Unprecedented(UnprecedentedSpec spec, int channels, double rate, bool levels = true)
    {
        _levels = levels;
        (_spec, _nats) = (spec, -Math.Log(rate));
        _of = new Watched[channels];
        Array.Fill(_of, new Watched());
        Share();
    }

    /// <summary>As in events.</summary>
    public const string Name = "unprecedented";

    /// <summary>1 and above: never was anything like it.</summary>
    public double Score { get; private set; }

    /// <summary>Whether a channel still is as far from what it usually does as what is told.</summary>
    public bool Unusual { get; private set; }

    /// <summary>The channel that is the furthest out.</summary>
    public int Channel { get; private set; }

    /// <summary>Whether it is that channel's standing still that is told, and no deviation.</summary>
    public bool Frozen { get; private set; }

    /// <summary>Whether a channel has the same value for longer than it ever had, wherever that lies.</summary>
    public bool Repeats(int channel) => _of[channel].Run >= _spec.Stuck + 2 * _of[channel].Longest;

    /// <summary>Whether a channel stands still, and that was told and not adapted to.</summary>
    public bool StandsTold(int channel) => _of[channel].ToldAt > 0;

    /// <summary>What is told of a channel, as long as it is.</summary>
    public double ScoreOf(int channel) => _of[channel].Told;

    /// <summary>Whether a channel ever moved.</summary>
    public bool Moved(int channel) => _of[channel].High > _of[channel].Low;

    /// <summary>Whether a channel hardly ever moves, such as a setpoint or a switch.</summary>
    public bool MovesSeldom(int channel) => ChannelLooks.AreRare(_of[channel].Moves, _frames);

    /// <summary>
    /// Whether all channels hardly ever move, and have stood still for so long that what the model misses of them is none of the feed's.
    /// </summary>
    /// <param name="frame">That comes, [channels], units of the feed; NaN: no value.</param>
    public bool Rest(ReadOnlySpan<double> frame)
    {
        for (int c = 0; c < frame.Length; c++)
            if (!MovesSeldom(c) || _of[c].Stood < Still || !Stays(c, frame[c])) return false;
        return true;
    }

    // A first value is where none was known, and no move.
    bool Stays(int c, double x) =>
        double.IsNaN(x) || (!double.IsNaN(_of[c].Previous) && !ChannelLooks.IsMove(x, _of[c].Previous));

    /// <summary>Channels that share the budget, each by how often it moved so far, ≥ 1.</summary>
    public double Moving { get; private set; } = 1;

    /// <summary>What its score is worth as −ln p.</summary>
    public double Margin => Score * _nats;

    /// <summary>Takes a step.</summary>
    /// <param name="frame">[channels], units of the feed.</param>
    /// <param name="expected">[channels], units of the feed; NaN: nothing was expected yet.</param>
    /// <param name="frozen">An alarm is open: what is usual is not learnt. Records are kept: each is news once.</param>
    /// <param name="warmingUp">Nothing is told yet: what comes is what the feed does.</param>
    public void Step(ReadOnlySpan<double> frame, ReadOnlySpan<double> expected, bool frozen, bool warmingUp)
    {
        _broken = default;
        double most = 0, still = 0;
        bool over = _held <= 1;  // it is told for as many steps as an alarm needs to open
        int channel = Channel;
        bool standing = Frozen;
        _frames = _frames * (1 - 1 / _spec.Memory) + 1;
        for (int c = 0; c < frame.Length; c++)
        {
            double x = frame[c], told = 0, now = 0;
            _of[c].Moves = _of[c].Moves * (1 - 1 / _spec.Memory) + (_count > 0 && ChannelLooks.IsMove(x, _of[c].Previous) ? 1 : 0);
            _of[c].Stood = _count > 0 && Stays(c, x) ? _of[c].Stood + 1 : 0;
            if (double.IsNaN(x))
            {
                if (_count == 0) _of[c].Previous = x;
                if (over) _of[c].Told = 0;
                continue;  // the channel has no value: what is known of it waits
            }
            if (_count == 0 || double.IsNaN(_of[c].Previous)) (_of[c].Previous, _of[c].Low, _of[c].High) = (x, x, x);
            if (_spec.Errors) Keep(ref told, ref now, Error(c, Math.Min(Most, Math.Abs(x - expected[c])), Apart(c, x),
                Math.Max(Math.Abs(x), Math.Abs(expected[c])), frozen,
                warmingUp));
            if (_spec.Widths) Keep(ref told, ref now, Noise(c, Math.Min(Most, Math.Abs(x - _of[c].Previous)), frozen));
            (double Told, double Now) stuck = _spec.Standstills ? Stuck(c, x) : default;
            bool stands = stuck.Told > told;
            Keep(ref told, ref now, stuck);
            _of[c].Before = _of[c].Previous;
            (_of[c].Previous, _of[c].Low, _of[c].High) = (x, Math.Min(_of[c].Low, x), Math.Max(_of[c].High, x));
            if (told > most) (most, channel, standing) = (told, c, stands);
            still = Math.Max(still, now);
            _of[c].Told = Math.Max(_count < _spec.Begin ? 0 : told, over ? 0 : _of[c].Told);
        }
        _count++;
        Share();
        if (_count <= _spec.Begin) (most, still) = (0, 0);
        Unusual = still >= .5;
        if (most > 1) _held = _spec.Hold;
        else
        {
            _held = Math.Max(0, _held - 1);
            if (!over) return;
        }
        (Score, Channel, Frozen) = (most, channel, standing);
    }

    // Of what comes next. What is no value of a feed, but the size of an error, is never at rest.
    void Share()
    {
        double moving = 0;
        for (int c = 0; c < _of.Length && _levels && _of.Length > 1 && _frames > 0; c++) moving += ChannelLooks.Of(_of[c].Moves, _frames);
        Moving = _levels ? Math.Max(1, moving) : _of.Length;
        _channels = Math.Log(Moving);
    }

    /// <summary>The alarm was decided on.</summary>
    /// <param name="opened">At the last step, by whatever score: what broke a record there by less than would be told here is told.</param>
    public void Decided(bool opened)
    {
        (int c, double by, double record, double excess) = _broken;
        _broken = default;
        if (!opened || by == 0) return;
        if (_of[c].Kept == 0) (_of[c].Kept, _of[c].Quiet) = (record, 0);
        double taught = Math.Min(excess, MostExcess);
        _of[c].Excess += taught - excess;
        _of[c].Squares += taught * taught - excess * excess;
    }

    /// <summary>A frame that is not to be judged: nothing of it is kept.</summary>
    public void Skip()
    {
        (Score, Unusual, _held) = (0, false, 0);
        for (int c = 0; c < _of.Length; c++) (_of[c].Run, _of[c].Stood, _of[c].ToldAt, _of[c].Told) = (0, 0, 0, 0);
    }

    /// <summary>What the feed does is its new normal: of a channel that stands still nothing more is told until it moves.</summary>
    public void Adapt()
    {
        for (int c = 0; c < _of.Length; c++) _of[c].ToldAt = -Math.Abs(_of[c].ToldAt);
    }

    /// <summary>What is usual of channels has other units from now on, and they lie elsewhere: the leap there is no record.</summary>
    /// <param name="units">New over old, [channels].</param>
    /// <param name="moved">[channels].</param>
    public void Move(ReadOnlySpan<double> units, ReadOnlySpan<bool> moved)
    {
        Skip();
        for (int c = 0; c < _of.Length; c++)
        {
            ref Watched of = ref _of[c];
            // What the model missed of the others while it did not see where this one lay is no measure of what comes.
            of.Largest = units[c] * Math.Min(of.Largest, _spec.Tail * of.Usual);
            of.Kept = 0;
            if (!moved[c]) continue;
            (of.Previous, of.Before) = (double.NaN, double.NaN);
            (of.Usual, of.Change, of.Width) = (units[c] * of.Usual, units[c] * of.Change, units[c] * of.UsualWidth);
            (of.UsualWidth, of.Wander, of.Widest) = (of.Width, units[c] * of.Wander, units[c] * of.Widest);
        }
    }

    static void Keep(ref double told, ref double now, (double Told, double Now) of) =>
        (told, now) = (Math.Max(told, of.Told), Math.Max(now, of.Now));

    // What is told if a record is broken, and what it would be if one was.
    (double Told, double Now) Error(int c, double missed, double apart, double level, bool frozen, bool warmingUp)
    {
        // After a spike the model foretells spikes. The error of a frame like one of the last two is the model's, not the feed's.
        double error = Math.Min(missed, apart);
        if (!double.IsFinite(missed)) return default;
        double usual = _of[c].Usual, record = _of[c].Largest, none = Constant * level, told = 0, now = 0;
        bool moved = usual > none, changed = record > none;
        bool breaks = false;
        if (_count > _spec.Begin)
        {
            // What hardly ever moved is unusual while it is about as far off as ever: not by the echo of a change in the reservoir.
            now = missed <= none || (!moved && missed < Echo * record) ? 0
                : moved ? Height(missed / usual) : FirstChange.Score(error, record);
            breaks = now > 0 && error > _spec.Factor * record;
            double evidence = moved ? Rarity(c, error / (_spec.Tail * usual)) : changed ? Rarity(c, error / _of[c].Change) : 1;
            if (breaks) told = evidence >= 1 ? now : Math.Min(evidence, now);
            // A level that the model does not follow, as it learns nothing while the alarm is open, is not what was told.
            if (moved && _levels) now = Height(error / usual);
        }
        if (_count >= Young && !frozen)
            LearnTail(c, moved ? error / (_spec.Tail * usual) : error > none ? Change(c, error) : 0, news: told >= 1 && !warmingUp);
        double bulk = _count < Young ? missed : Math.Min(missed, Bulk * usual);
        if (!frozen) _of[c].Usual = Math.Sqrt(usual * usual + Gain * (bulk * bulk - usual * usual));
        KeepRecord(c, error, record, news: told >= 1 && moved && changed && !warmingUp);
        if (breaks && told < 1 && moved && changed && !frozen && !warmingUp && error / record > _broken.By)
            _broken = (c, error / record, record, Math.Log(Math.Max(1, error / (_spec.Tail * usual))));
        record = _of[c].Largest;
        // The first errors are those of a model that has not learnt yet.
        double counted = usual > Constant * level ? Math.Min(error, Largest * usual) : error;
        _of[c].Largest = _count < _spec.Begin / 2 ? 0 : Math.Max(counted, record * (1 - 1 / _spec.Memory));
        return (told, now);
    }

    // What told of an incident would hide the next one like it: once that is over, the record is half way back, as logarithms go, to where
    // it was. So the like is told two or three times, what comes again and again is not, and of spikes that grow each is.
    void KeepRecord(int c, double error, double record, bool news)
    {
        if (news && _of[c].Kept == 0) (_of[c].Kept, _of[c].Quiet) = (record, 0);
        if (_of[c].Kept == 0) return;
        _of[c].Quiet = error > _spec.Factor * _of[c].Kept ? 0 : _of[c].Quiet + 1;
        if (_of[c].Quiet < Over) return;
        (_of[c].Largest, _of[c].Kept) = (Math.Sqrt(_of[c].Kept * record), 0);
    }

    double Apart(int c, double x)
    {
        double previous = Math.Abs(x - _of[c].Previous), before = Math.Abs(x - _of[c].Before);
        return double.IsNaN(before) ? previous : Math.Min(previous, before);
    }

    // The tail of what hardly ever moves begins at its usual change.
    double Change(int c, double error)
    {
        double usual = _of[c].Beyond > 0 ? _of[c].Change : error;
        _of[c].Change = usual + (error - usual) / (_of[c].Beyond + 1);
        return Math.Max(error / usual, 1);
    }

    // Of an error as a part of where the tail begins. One that is told is an anomaly, and teaches little of how heavy the tail is.
    void LearnTail(int c, double beyond, bool news)
    {
        double fade = 1 - 1 / _spec.Memory, excess = Math.Min(news ? MostExcess : double.MaxValue, Math.Log(Math.Max(1, beyond)));
        _of[c].Beyond = _of[c].Beyond * fade + (beyond >= 1 ? 1 : 0);
        _of[c].Excess = _of[c].Excess * fade + excess;
        _of[c].Squares = _of[c].Squares * fade + excess * excess;
    }

    (double Told, double Now) Noise(int c, double distance, bool frozen)
    {
        if (_count == 0) return default;
        double usual = _of[c].UsualWidth, told = 0, now = 0;
        if (_count > _spec.Begin) distance = Math.Min(distance, Widest * usual);
        double width = _of[c].Width += (distance - _of[c].Width) * Math.Max(1.0 / _count, 1.0 / _spec.WidthWindow);
        if (_count > _spec.Begin && _of[c].Wander > 0)
        {
            now = Height(Math.Max(1, (width - usual) / _of[c].Wander));
            double evidence = Evidence(width, _of[c].Widest, Math.Max(1, _count / (2.0 * _spec.WidthWindow)));
            if (width > _spec.Factor * _of[c].Widest) told = evidence >= 1 ? now : Math.Min(evidence, now);
        }
        if (!frozen)
        {
            _of[c].UsualWidth += Gain * (distance - usual);
            double most = Bulk * (_count < _spec.Begin ? usual : _of[c].Wander);
            if (_count > _spec.WidthWindow) _of[c].Wander += Gain * (Math.Min(Math.Abs(width - usual), most) - _of[c].Wander);
        }
        _of[c].Widest = _count < _spec.WidthWindow ? 0 : Math.Max(width, _of[c].Widest * (1 - 1 / _spec.Memory));
        return (told, now);
    }

    (double Told, double Now) Stuck(int c, double x)
    {
        bool same = _count > 0 && x == _of[c].Previous;
        _of[c].Same = _of[c].Same * (1 - 1 / _spec.Memory) + (same ? 1 : 0);
        if (!same)
        {
            // One that was told is an anomaly, however long it lasted: the next is told a little later.
            double counted = _of[c].ToldAt == 0 ? _of[c].Run : Math.Min(_of[c].Run, Again * Math.Abs(_of[c].ToldAt));
            _of[c].Longest = Math.Max(counted, _of[c].Longest * (1 - 1 / _spec.Memory));
            (_of[c].Run, _of[c].ToldAt) = (0, 0);
            _of[c].News = _count > 0 && (x < _of[c].Low || x > _of[c].High) ? 1 : 0;
            return default;
        }
        double run = ++_of[c].Run;
        if (_of[c].ToldAt < 0) return default;
        double stands = Standing(c, x, run);
        if (stands >= 1 && _of[c].ToldAt == 0) _of[c].ToldAt = run;
        return (_spec.Once && Standing(c, x, run - 1) >= 1 ? 0 : stands, stands);
    }

    // At an end of the range where it has been before there is nothing strange in it: zero by night, full, closed. Nor where it is the
    // rule: of what stays the same from one frame to the next in a part s of them, n frames hold a run of r with a probability of
    // n (1 − s) sʳ at most.
    double Standing(int c, double x, double run)
    {
        bool atEnd = (x <= _of[c].Low || x >= _of[c].High) && _of[c].News == 0;
        if (run < _spec.Stuck + 2 * _of[c].Longest || atEnd) return 0;
        double others = Math.Max(1, _frames - 1 - _of[c].Same);
        double byRule = -run * Math.Log(1 - others / _frames) - Math.Log(others);
        return Math.Min(byRule / _nats, Evidence(run + 1, _of[c].Longest + .5 * _spec.Stuck, _count));
    }

    // −ln of how often such an error comes, over that of the part of the budget: Pareto's law beyond where the tail begins, whose
    // exponent has a Gamma prior that is integrated out. So heavy tails are told from what is new. By Pareto's law the logarithms of the
    // sizes have a mean m that is their standard deviation. Where that is less than half of m, as of a reading that jumps between two
    // counts, whose jumps all lie far beyond its bulk and close together, it is that by which they fall beyond m, where a part of 1/e is.
    double Rarity(int c, double beyond)
    {
        if (beyond <= 1) return 0;
        (double excess, double count, double scale, double part) = (Math.Log(beyond), _of[c].Beyond, _of[c].Excess, 0);
        if (count > 0 && scale / count is var m && excess > m)
        {
            double variance = (Math.Max(0, _of[c].Squares - count * m * m) + _spec.TailWeight * m * m) / (count + _spec.TailWeight);
            // By chance that comes of a dozen sizes once in some hundred times.
            if (variance < m * m / 4) (excess, scale, part) = (excess - m, count * Math.Sqrt(variance), 1);
        }
        scale += _spec.TailWeight / _spec.TailExponent;
        double rate = Math.Log((count + .5) / Math.Min(_count, _spec.Memory)) - part;
        double rarity = (_spec.TailWeight + count) * Math.Log(1 + excess / scale) - rate - _channels;
        return rarity / (_nats - Math.Log(_spec.Share));
    }

    double Gain => Math.Max((double)Late / (_count + Late), 1 / _spec.Memory);

    double Evidence(double size, double record, double looks) =>
        (_spec.RecordExponent * Math.Log(size / Math.Max(record, 1e-9 * size)) + Math.Log(looks) - _channels) / _nats;

    double Height(double sizes) => Math.Max(0, (_spec.ScaleExponent * Math.Log(sizes) - _channels) / _nats);

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        if (state.Holds(6)) state.Carry<Watched>(_of);
        else
            for (int c = 0; c < _of.Length; c++)
            {
                state.Carry(MemoryMarshal.Cast<Watched, double>(_of.AsSpan(c, 1))[..^9]);
                if (state.Loading) _of[c].Stood = _of[c].Run;
                // As Pareto's law has them.
                if (state.Loading && _of[c].Beyond > 0) _of[c].Squares = 2 * _of[c].Excess * _of[c].Excess / _of[c].Beyond;
            }
        state.Carry(ref _count);
        state.Carry(ref _held);
        Score = state.Carried(Score);
        Unusual = state.Carried(Unusual);
        Channel = state.Carried(Channel);
        Frozen = state.Carried(Frozen);
        if (state.Holds(6)) state.Carry(ref _frames);
        else
        {
            _frames = _spec.Memory - _spec.Memory * Math.Exp(_count * Math.Log(1 - 1 / _spec.Memory));
            for (int c = 0; c < _of.Length; c++) _of[c].Moves = Math.Max(0, _frames - _of[c].Same);
        }
        if (state.Loading) Share();
    }

    // A channel. One array of these takes a third of what an array for each of them would: a fleet has many streams.
    struct Watched()
    {
        public double Previous, Low, High;                    // units of the feed
        public double Usual, Largest;                         // error: root of the mean square of the bulk, record
        public double Beyond, Excess;                         // errors in the tail, fading: number, sum of ln(size/begin)
        public double Change;                                 // mean error, other than 0, of what hardly ever moved
        public double Width, UsualWidth, Wander, Widest;      // noise: now, usual, mean distance of the two, record
        public double Run, Longest, Same;                     // frames with the same value: now, record, of all, fading
        // Last, as format 6 added them:
        public double Before = double.NaN;                    // the one before the previous, units of the feed; NaN: none
        public double News;                                   // 1: the same value, since this run of it, lies where none was before
        public double ToldAt;                                 // frames of this run when it was told; below 0: and adapted to; 0: never
        public double Told;                                   // score of the channel, as long as it is told
        public double Squares;                                // of ln(size/begin) in the tail, fading: their sum
        public double Kept;                                   // record error before what was told; 0: that is over
        public double Quiet;                                  // frames in a row since without an error that would have broken it
        public double Moves;                                  // frames in which it moved, fading
        public double Stood;                                  // frames in a row in which it did not, with a value or without
    }
}
