namespace Esn;

/// <summary>
/// Tells of the enormous while the frames that fix the scaling still are collected, if the judge can by these alone. Such an alarm
/// ends with the warm-up at the latest.
/// </summary>
/// <param name="channels">Of a frame.</param>
sealed class EarlyTelling(int channels)
{
    readonly double[] _usual = new double[channels];
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
        AlarmEvent? told = report.Step(change, position, view.Time, judgement.Score, normality: 1, _usual, view.Frame);
        // What falls short of an alarm is nothing that a few frames can tell.
        return (ends || judgement.Score < 1 ? 0 : judgement.Score, told);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state, int kept) => state.Carry(ref _before, 0, kept);
}
