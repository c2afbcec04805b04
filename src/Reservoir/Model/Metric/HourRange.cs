namespace Esn;

/// <summary>
/// What a channel was at this time of the day on the days before, working days and weekends apart once three are known, and how far a
/// value lies outside of it.
/// No forecast expects a job whose beginning it cannot tell, so none misses one that does not come; and an outage by night is little beside
/// the errors of the day, but far outside of all nights.
/// </summary>
/// <param name="interval">Between two frames, above 0.</param>
sealed class HourRange(TimeSpan interval)
{
    const int Days = 15;        // that are remembered, the one of now among them: four of each kind of weekend's days
    const int Most = 288;       // slots of a day: five minutes each, or a frame where that is more
    const int Fewest = 8;       // frames of a day that has a rhythm
    const int Enough = 3;       // days of a kind, of which a range is one
    const int Two = 2;          // by which what was usual is told from an outage, which need not be as sure as evidence
    // Deviations of noise: half of the range of n values is about this and so much of ln n; and nine of ten lie within so many.
    const double HalfOfFew = .35, HalfGrows = .45, Nine = 1.64;
    const int Short = 96;       // slots of a day above which a timer may start its job in the slot before or after
    const double Narrow = .5;   // of the usual width, that is added to each: where nothing moved a hair is no news
    const double Widens = .5;   // of that, by which a value widens a range at the most: once is no excuse for the next time
    const double UnitDays = 4;  // of whose range a width is one: all that is remembered of weekends
    const int Onset = 3;        // values in a row a width outside that teach whether the hour tells anything, as in TailChannel
    const int UsualOf = 1000;   // frames that teach the usual width
    const int TellsOf = 4000;   // frames that teach whether the hour tells anything
    const double Far = 2;       // widths that count for that at the most
    // Hours to the other range, with which that is compared: of jobs that come every hour, or two, three, four and so on, each comes again
    // after a day, and only those by the hour come again after 7.
    const int OtherHours = 7;

    readonly int _slots = SlotsOf(interval);  // of a day; 0: too few frames to have any
    readonly float[] _low = Filled(Days * SlotsOf(interval), float.PositiveInfinity);   // of a slot, in a ring
    readonly float[] _high = Filled(Days * SlotsOf(interval), float.NegativeInfinity);
    long _now = -1;             // slot, since 1 January 1
    double _width;              // of a range, usually
    long _count;                // ranges that were seen
    double _own, _other;        // mean squares of how far values lay outside of their range, and of that of another hour
    long _compared;             // frames
    int _run;                   // values in a row that lie a width outside
    long _slot = -1;            // of which the two ranges are, which do not change within it
    Range _ofHour, _ofOther;

    readonly record struct Range(float Low, float High, int Days)
    {
        public static Range None => new(float.PositiveInfinity, float.NegativeInfinity, 0);

        public bool Known => Days >= Enough;

        public Range With(float low, float high) => new(Math.Min(Low, low), Math.Max(High, high), Days + 1);
    }

    /// <summary>That one takes at the most, about.</summary>
    public const int Bytes = Days * Most * 2 * sizeof(float);

    /// <summary>After as long too few of the days before are remembered.</summary>
    public static TimeSpan Memory => TimeSpan.FromDays(Days - 1 - Two);

    /// <summary>
    /// Whether the time of the day tells anything, [0, 1]: 1 − how far values lie outside of the range of their hour, over how far outside
    /// of that of another, as mean squares. Of noise, and of a level that wanders, it is about 0.
    /// </summary>
    public double Tells => _other > 0 ? Math.Max(0, 1 - _own / _other) : 0;

    /// <summary>
    /// How far a value lies outside of the range, in widths of it: above 0 above, below 0 below, 0 inside; NaN: too few days were seen.
    /// A width outside of many days is more than one: of n values of noise the next lies outside once in (n + 1)/2 times, by 1/(4 ln n)
    /// widths, about, so it counts by ln n, and as it is of four days.
    /// </summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="y">Scaled, finite.</param>
    /// <param name="keep">False: the value is not remembered.</param>
    public double Take(DateTime time, double y, bool keep)
    {
        if (_slots == 0) return double.NaN;
        long slot = SlotOf(time);
        Advance(slot);
        if (slot != _slot) (_slot, _ofHour, _ofOther) = (slot, Find(slot, 0), Find(slot, _slots * OtherHours / 24));
        double own = Outside(_ofHour, y), other = Outside(_ofOther, y);
        if (!keep) return own;
        int run = _run;
        _run = Math.Abs(own) >= 1 ? Math.Min(run + 1, Onset) : 0;
        if (_ofHour.Known)
        {
            double most = Widens * Unit(_ofHour);
            if (most > 0) y = Math.Clamp(y, _ofHour.Low - most, _ofHour.High + most);
            _width += (_ofHour.High - _ofHour.Low - _width) / Math.Min(++_count, UsualOf);
        }
        int at = (int)(slot % _low.Length);
        (_low[at], _high[at]) = (Math.Min(_low[at], (float)y), Math.Max(_high[at], (float)y));
        if (double.IsNaN(own) || double.IsNaN(other) || run == Onset) return own;
        double gain = 1.0 / Math.Min(++_compared, TellsOf);
        _own += (Math.Min(Far * Far, own * own) - _own) * gain;
        _other += (Math.Min(Far * Far, other * other) - _other) * gain;
        return own;
    }

    /// <summary>
    /// Where nine of ten values at this time of the day lay on the days before an alarm, by the range of all; null: these were too few.
    /// </summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="opening">Of that with which the alarm opened.</param>
    public (double Low, double High)? Before(DateTime time, DateTime opening)
    {
        if (_slots == 0) return null;
        Range range = Find(SlotOf(time), 0, SlotOf(opening), Two);
        if (range.Days < Two) return null;
        double frames = Math.Max(1, TimeSpan.FromDays(1) / interval / _slots) * (_slots > Short ? 3 : 1);
        double half = Math.Max(range.High - range.Low, Narrow * _width) / 2
            * Nine / (HalfOfFew + HalfGrows * Math.Log(frames * range.Days));
        double middle = (range.Low + (double)range.High) / 2;
        return (middle - half, middle + half);
    }

    // By the nearest frame: stamps that lie a little before or after a whole hour are of it, the last of a Sunday are no Monday's.
    long SlotOf(DateTime time) => (long)((Int128)(time.Ticks + interval.Ticks / 2) * _slots / TimeSpan.TicksPerDay);

    static int SlotsOf(TimeSpan interval)
    {
        double frames = TimeSpan.FromDays(1) / interval;
        return frames < Fewest ? 0 : (int)Math.Min(Most, Math.Round(frames));
    }

    // Of the slot so many later, on the days before of the same kind; where of that one or two are known, on all that are. Of none since.
    Range Find(long slot, int later, long since = long.MaxValue, int enough = Enough)
    {
        Range alike = Range.None, others = Range.None;
        int beside = _slots > Short ? 1 : 0;
        bool rests = Rests(slot);
        for (int ago = 1; ago < Days; ago++)
        {
            long then = slot - (long)ago * _slots;
            if (then < _slots) break;
            if (then + beside >= since) continue;
            float least = float.PositiveInfinity, most = float.NegativeInfinity;
            for (long near = then + later - beside; near <= then + later + beside; near++)
            {
                int at = (int)(near % _low.Length);
                (least, most) = (Math.Min(least, _low[at]), Math.Max(most, _high[at]));
            }
            if (least > most) continue;
            if (Rests(then) == rests) alike = alike.With(least, most);
            else others = others.With(least, most);
        }
        if (alike.Days >= enough || alike.Days == 0 || alike.Days + others.Days < Enough) return alike;
        return alike.With(others.Low, others.High) with { Days = Enough };
    }

    double Outside(Range range, double y)
    {
        if (!range.Known) return double.NaN;
        // As ranges are kept, so that a value that comes again lies in its own.
        double unit = Unit(range), outside = (float)y > range.High ? y - range.High : (float)y < range.Low ? y - range.Low : 0;
        return unit > 0 ? outside / unit * (Math.Log(range.Days) / Math.Log(UnitDays)) : 0;
    }

    double Unit(Range range) => range.High - range.Low + Narrow * _width;

    bool Rests(long slot) => slot / _slots % 7 >= 5;  // 1 January 1 was a Monday

    void Advance(long slot)
    {
        // Time went back, as of a file that is replayed: what is known is of days to come.
        if (slot < _now - _slots)
        {
            _low.AsSpan().Fill(float.PositiveInfinity);
            _high.AsSpan().Fill(float.NegativeInfinity);
            (_now, _slot) = (slot - 1, -1);
        }
        for (long next = Math.Max(_now + 1, slot - _low.Length + 1); next <= slot; next++)
        {
            int at = (int)(next % _low.Length);
            (_low[at], _high[at]) = (float.PositiveInfinity, float.NegativeInfinity);
        }
        _now = Math.Max(_now, slot);
    }

    static float[] Filled(int length, float with)
    {
        float[] array = new float[length];
        array.AsSpan().Fill(with);
        return array;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_low);
        state.Carry(_high);
        state.Carry(ref _now);
        state.Carry(ref _width);
        state.Carry(ref _count);
        state.Carry(ref _own);
        state.Carry(ref _other);
        state.Carry(ref _compared);
        state.Carry(ref _run);
        _slot = -1;
    }
}
