namespace Esn;

/// <summary>
/// Where a channel lay before an alarm: of late, or at its hour where that tells more. Whatever is learnt while the alarm is open does
/// not move it, so it tells an outage that goes on from a feed that is back.
/// </summary>
/// <param name="skipped">Values before an alarm, ≥ 0, that may be of what it tells: as many as the means of the errors are of.</param>
sealed class FormerRange(int skipped)
{
    const int Latest = 200;      // values that it is of: a quarter of a warm-up, as it is usual
    const int Enough = 50;       // of these, below which nothing is known, as in TailChannel
    const double Tail = .05;     // of these, on either side, that lie outside: once in twenty is no place to be
    const int Few = 5;           // values of late, as in MetricCalibrator
    const int Most = Few / 2 + 1;  // of these to one side: more are than are not
    const double Way = .5;       // of how far it was outside of late: from there on it is nearer to where it was
    const int Late = 20;         // values of which is where it lies of late: as many as an alarm of a metric freezes
    const int Half = Late / 2;   // of these outside: from there on it lies elsewhere
    const int Quarter = Late / 4;  // and from there on no more: twice what lies in the tails
    const int Pasts = 2;         // places it left for good, or for long, that are remembered
    const int Memory = 4000;     // values for which they are: two weeks of five minutes
    const int Stretches = Memory / Latest;  // of as many values, of which each has its range: where most of them lie it is as usual
    const double Near = .3;      // of the newest value in where it lies now: some three of them, as a rhythm goes on
    const double Away = 4;       // mean distances from there, above which a value is another: three deviations of noise, about

    [ThreadStatic] static float[]? s_sorted;  // scratch that streams share

    readonly float[] _values = new float[Latest + skipped];
    readonly sbyte[] _sides = new sbyte[Late];
    readonly float[] _pastLow = new float[Pasts], _pastHigh = new float[Pasts];
    readonly long[] _pastUntil = new long[Pasts];  // value from which on it is not remembered any more
    readonly float[] _lows = new float[Stretches], _highs = new float[Stretches];  // of the last stretches without an alarm, in a ring
    long _stretches;   // of these
    long _count;       // values kept
    long _since;       // values since the alarm opened; 0: none is open
    float _low = float.NaN, _high = float.NaN;  // of late, before it; NaN: not known
    double _distance;  // outside, of late
    long _taken;       // values, of any kind
    int _left;         // places that were left
    int _run;          // values in a row that are not there
    double _level, _spread;  // of late, and the mean distance from there
    bool _byHour;      // the hour told something when the alarm opened

    /// <summary>That one takes, about.</summary>
    public static int Bytes(int skipped) => sizeof(float) * (Latest + skipped + 2 * Stretches);

    /// <summary>Whether the hour tells where it was.</summary>
    public bool ByHour => _byHour;

    /// <summary>Values since the alarm opened.</summary>
    public long Since => _since;

    /// <summary>Whether it lies elsewhere: what is outside for a few values is at no other place.</summary>
    public bool Elsewhere { get; private set; }

    /// <summary>Whether most of the last few values lie outside, on one side.</summary>
    public bool Outside { get; private set; }

    /// <summary>
    /// Whether the last one is no news: it is inside, or has come half of the way, or is where the others since the alarm are.
    /// </summary>
    public bool Known { get; private set; }

    /// <summary>Whether the last one is inside where most of the last few are not: it goes back.</summary>
    public bool Returns { get; private set; }

    /// <summary>Takes a value while no alarm is open.</summary>
    /// <param name="y">Scaled, finite.</param>
    public void Keep(double y)
    {
        if (_since > 0) End();
        _taken++;
        _values[_count++ % _values.Length] = (float)y;
        if (_count % Latest == 0) (_lows[_stretches % Stretches], _highs[_stretches++ % Stretches]) = Range(0, Latest);
    }

    /// <summary>Takes a value while one is.</summary>
    /// <param name="y">Scaled, finite.</param>
    /// <param name="tells">Whether the hour tells where it was. What it tells once the alarm is open may be of the alarm.</param>
    /// <param name="hour">What it was at this hour before; null: that is not known, so it is what it was of late.</param>
    public void Compare(double y, bool tells, (double Low, double High)? hour)
    {
        if (_since == 0)
        {
            Measure();
            _byHour = tells;
        }
        _taken++;
        (double low, double high) = (_byHour ? hour : null) ?? (_low, _high);
        float value = (float)y;
        double outside = value > (float)high ? value - high : value < (float)low ? value - low : 0;  // 0 too where nothing is known
        double place = double.IsNaN(low) ? y : y - (low + high) / 2;  // less the rhythm, where there is one
        if (outside != 0 && !_byHour && (WasBefore(value) || IsUsual(value))) outside = 0;  // the hour remembers days by itself
        // To the other side it has not come back.
        bool inside = outside * _distance >= 0 && Math.Abs(outside) <= Way * Math.Abs(_distance);
        bool near = Math.Abs(place - _level) <= Away * _spread;
        Known = inside || (near && _since >= Late);
        _run = near ? 0 : _run + 1;
        // What is elsewhere for some frames is no place to be of late.
        if (near || _since < Late || _run >= Late) Follow(place, outside);
        _sides[_since++ % Late] = (sbyte)Math.Sign(outside);
        int above = 0, below = 0, all = 0;
        foreach (sbyte side in _sides) all += Math.Abs(side);
        for (long at = Math.Max(0, _since - Few); at < _since; at++)
        {
            if (_sides[at % Late] > 0) above++;
            if (_sides[at % Late] < 0) below++;
        }
        Elsewhere = all >= (Elsewhere ? Quarter : Half);
        Outside = above >= Most || below >= Most;
        Returns = inside && Outside;
    }

    /// <summary>Where it lies now is its normal, if that is elsewhere.</summary>
    public void Settle()
    {
        if (!Elsewhere) return;
        End();
        _count = 0;
    }

    // A place that was left when the alarm ended is one to come back to.
    void End()
    {
        if (Elsewhere && !float.IsNaN(_low))
        {
            int at = _left++ % Pasts;
            (_pastLow[at], _pastHigh[at], _pastUntil[at]) = (_low, _high, _taken + Memory);
            if (Outside) _stretches = 0;  // it is not back
        }
        (_since, _distance, _level, _spread, _byHour, Outside, Known) = (0, 0, 0, 0, false, false, false);
        (_low, _high, _run, Elsewhere, Returns) = (float.NaN, float.NaN, 0, false, false);
        Array.Clear(_sides);
    }

    bool WasBefore(float value)
    {
        for (int i = 0; i < Pasts; i++)
            if (_taken < _pastUntil[i] && value >= _pastLow[i] && value <= _pastHigh[i]) return true;
        return false;
    }

    // Of late it may have been elsewhere without an alarm.
    bool IsUsual(float value)
    {
        int inside = 0;
        for (int i = 0; i < Math.Min(_stretches, Stretches); i++)
            if (value >= _lows[i] && value <= _highs[i]) inside++;
        return 2 * inside > Stretches;
    }

    void Follow(double place, double outside)
    {
        double gain = 1.0 / Math.Min(_since + 1, Late);
        if (_since > 0) _spread += gain * (Math.Abs(place - _level) - _spread);
        _level += Math.Max(gain, Near) * (place - _level);
        _distance += gain * (outside - _distance);
    }

    void Measure()
    {
        int known = (int)Math.Min(Latest, _count - skipped);
        if (known < Enough) return;
        (_low, _high) = Range(skipped, known);
    }

    // Of as many values, before the last ones that are skipped.
    (float Low, float High) Range(int last, int values)
    {
        Span<float> sorted = (s_sorted ??= new float[Latest]).AsSpan(0, values);
        for (int i = 0; i < values; i++) sorted[i] = _values[(_count - last - values + i) % _values.Length];
        sorted.Sort();
        int tail = (int)(Tail * values);
        return (sorted[tail], sorted[^(tail + 1)]);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_values);
        state.Carry(ref _count);
        state.Carry(ref _since);
        state.Carry(ref _low);
        state.Carry(ref _high);
        state.Carry(ref _distance);
        state.Carry(ref _run);
        state.Carry(ref _taken);
        state.Carry(ref _left);
        state.Carry(_pastLow);
        state.Carry(_pastHigh);
        state.Carry(_pastUntil);
        state.Carry(_lows);
        state.Carry(_highs);
        state.Carry(ref _stretches);
        state.Carry(ref _level);
        state.Carry(ref _spread);
        state.Carry(ref _byHour);
        state.Carry(_sides);
        Elsewhere = state.Carried(Elsewhere);
        Outside = state.Carried(Outside);
        Known = state.Carried(Known);
        Returns = state.Carried(Returns);
    }
}
