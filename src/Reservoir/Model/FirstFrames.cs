namespace Esn;

/// <summary>
/// The first frames of a model, kept until there are enough of them to fix its scaling; then it takes them in order. Before that the
/// stream hears what the judge can tell by them alone.
/// </summary>
sealed class FirstFrames
{
    readonly int _channels;
    readonly double[] _frames;       // [most×channels], NaN: no value
    readonly DateTime[] _times;      // of those [most]
    readonly EarlyTelling? _early;   // null: the judge tells nothing by them
    double[] _filled = [];           // the frames once they are full, nothing missing
    int _count;
    readonly bool _blanks;           // what was told by them is a gap to the model
    double _told;                    // score of the last frame with a value

    /// <param name="channels">Length of a frame.</param>
    /// <param name="most">That fix the scaling, ≥ 1.</param>
    /// <param name="judge">That may tell something by them.</param>
    public FirstFrames(int channels, int most, Judge judge)
    {
        (_channels, _frames, _times) = (channels, new double[most * channels], new DateTime[most]);
        _blanks = judge.BlanksEarly;
        if (judge.TellsEarly) _early = new EarlyTelling(channels, most);
    }

    /// <summary>Whether they fix the scaling.</summary>
    public bool Full => _count == _times.Length;

    /// <summary>Frames kept so far.</summary>
    public int Count => _count;

    /// <summary>Feed times, [most].</summary>
    public DateTime[] Times => _times;

    /// <summary>The frames, [most×channels], units of the feed; NaN: no value.</summary>
    public double[] Frames => _frames;

    /// <summary>Takes a frame; one that is muted, or has no value, is not kept.</summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="frame">[channels], units of the feed.</param>
    /// <param name="muted">It is not to be judged.</param>
    /// <param name="position">Of the frame in its stream.</param>
    /// <param name="judge">That may tell early.</param>
    /// <param name="alarm">Of the stream.</param>
    /// <param name="report">Of that alarm.</param>
    /// <param name="bar">That a person may have raised.</param>
    /// <returns>What the stream hears of it.</returns>
    public (double Score, AlarmEvent? Alarm) Take(
        DateTime time, ReadOnlySpan<double> frame, bool muted, long position, Judge judge, Alarm alarm, AlarmReport report, Bar bar)
    {
        bool gap = MissingValues.AreAll(frame);
        // A gap is no reason to open or to end an alarm, but a mute is.
        if (gap && !(muted && alarm.Open)) return (alarm.Open ? _told : 0, null);
        (double, AlarmEvent?) told = _early is null ? default : _early.Step(judge, alarm, report, bar, new EarlyView
        {
            Frames = _frames.AsSpan(0, _count * _channels), Times = _times.AsSpan(0, _count), Frame = frame, Time = time, Muted = muted,
        }, position, ends: muted || _count == _times.Length - 1);
        _told = told.Item1;
        if (muted) return told;
        _early?.Keep(_count, alarm.Open);
        _times[_count] = time;
        frame.CopyTo(_frames.AsSpan(_count++ * _channels));
        return told;
    }

    /// <summary>The scaling that they fix, once they are full.</summary>
    /// <param name="spec">Of the model.</param>
    /// <param name="growth">Of the stream; found here, unless some is known, where it is looked for.</param>
    /// <param name="left">Of the stream: a feed that does not grow takes its place there.</param>
    public Scaler Fit(ModelSpec spec, FoundGrowth growth, LeftScalings left)
    {
        if (_blanks) _early?.Blank(_frames);
        _filled = MissingValues.Filled(_frames, _channels);
        if (growth is { Watched: true, Any: false }) Growth.FindEarly(_filled, _channels, growth.Grows, growth.Counts, _frames);
        if (growth.Any)
            return new DifferencingScaler(_filled, growth.Grows, growth.Counts, rates => spec.FitScaler(rates, _times, _channels));
        Scaler scaler = spec.FitScaler(_filled, _times, _channels);
        if (!spec.TakesFields) left.Fix(scaler);
        return scaler;
    }

    /// <summary>y of all of them, nothing missing, [most×channels].</summary>
    /// <param name="scaler">As they fixed it.</param>
    public double[] Scaled(Scaler scaler)
    {
        var (scaled, origin) = (new double[_frames.Length], new double[_channels]);
        for (int t = 0; t < _times.Length; t++)
        {
            int at = t * _channels;
            scaler.Scale(_times[t], _filled.AsSpan(at, _channels), scaled.AsSpan(at, _channels), origin, learn: false);
        }
        return scaled;
    }

    /// <summary>Out into a snapshot or back, as long as they are not full.</summary>
    public void Carry(ref StateCarrier state, Judge judge, Alarm alarm, AlarmReport report, Bar bar)
    {
        state.Carry(ref _count, 0, _times.Length - 1);
        state.Carry(_frames.AsSpan(0, _count * _channels));
        state.Carry(_times.AsSpan(0, _count));
        if (_early is null || !state.Holds(6)) return;
        _early.Carry(ref state, _count);
        judge.CarryEarly(ref state);
        state.Carry(ref _told);
        alarm.Carry(ref state, judge.Names.Length);
        report.Carry(ref state);
        bar.Carry(ref state);
    }
}
