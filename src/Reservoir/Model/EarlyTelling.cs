namespace Esn;

/// <summary>
/// Tells of the enormous while the frames that fix the scaling still are collected, if the judge can by these alone. Such an alarm
/// ends with the warm-up at the latest.
/// </summary>
/// <param name="channels">Of a frame.</param>
/// <param name="frames">That fix the scaling.</param>
sealed class EarlyTelling(int channels, int frames)
{
    readonly double[] _usual = new double[channels];
    readonly bool[] _told = new bool[frames];  // which of the frames that were kept came while an alarm was open
    int _before;  // frames that were kept when the alarm opened: it is judged by those

    /// <summary>Takes a frame.</summary>
    /// <param name="judge">That tells early.</param>
    /// <param name="alarm">Of the stream.</param>
    /// <param name="report">Of that alarm.</param>
    /// <param name="bar">That a person may have raised.</param>
    /// <param name="view">The frame, and those before it.</param>
    /// <param name="position">Of the frame in its stream.</param>
    /// <param name="ends">The frame is not to be judged, or is the last of the warm-up: an open alarm ends.</param>
    public (double Score, AlarmEvent? Alarm) Step(
        Judge judge, Alarm alarm, AlarmReport report, Bar bar, in EarlyView view, long position, bool ends)
    {
        bool open = alarm.Open;
        int before = open ? _before : view.Times.Length;
        bool deviates = judge.MeasureEarly(view with { Frames = view.Frames[..(before * channels)], Times = view.Times[..before] }, _usual);
        IJudgement judgement = bar.Of(judge.Judgement);
        AlarmChange? change = alarm.Step(position, judgement, deviates, ends);
        if (!open && alarm.Open) _before = before;
        AlarmEvent? told = report.Step(change, position, view.Time, judgement.Score, normality: 1, _usual, judge.SeenEarly(view.Frame));
        // What falls short of an alarm is nothing that a few frames can tell.
        return (ends || judgement.Score < 1 ? 0 : judgement.Score, told is null ? null : told with { Early = true });
    }

    /// <summary>The frame is kept.</summary>
    /// <param name="at">Which it is of those.</param>
    /// <param name="told">Whether an alarm is open with it.</param>
    public void Keep(int at, bool told) => _told[at] = told;

    /// <summary>
    /// What was told is none of what the feed usually does, nor is the code of a fault: the model is to find a gap there.
    /// </summary>
    /// <param name="kept">[frames×channels], NaN where an alarm was open, and for a code.</param>
    public void Blank(Span<double> kept)
    {
        for (int t = 0; t < _told.Length; t++)
            if (_told[t]) kept.Slice(t * channels, channels).Fill(double.NaN);
        FaultCodes.Blank(kept, channels);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state, int kept)
    {
        state.Carry(ref _before, 0, kept);
        state.Carry(_told.AsSpan(0, kept));
    }
}
