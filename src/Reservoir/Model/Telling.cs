namespace Esn;

/// <summary>What a stream hears of its judge: the alarm, what a person said of it, and the report.</summary>
sealed class Telling
{
    const int DatingEvery = 64;  // steps between attempts to date the slow change that an open alarm is due to

    readonly ModelSpec _spec;
    readonly StepSchedule _schedule;
    readonly int _channels;
    readonly MultiStepForecast? _forecast;
    AlarmReport _report;
    Scaler? _scaler;     // null: not fixed yet
    TimeSpan _interval;
    bool _dated;         // whether the alarm's slow change was told

    /// <param name="spec">Valid.</param>
    /// <param name="channels">Length of a frame, ≥ 1.</param>
    /// <param name="forecast">Of the model; null: there is none.</param>
    public Telling(ModelSpec spec, int channels, MultiStepForecast? forecast)
    {
        (_spec, _schedule, _channels, _forecast, Bar) = (spec, spec.Schedule, channels, forecast, new Bar(spec.Alarm));
        Judge = spec.CreateJudge(channels, forecast, TimeSpan.FromSeconds(1));
        (Alarm, _report) = Anew();
    }

    /// <summary>Of the model: another one from when the scaling is fixed.</summary>
    public Judge Judge { get; private set; }

    /// <summary>The last alarm, open or not.</summary>
    public Alarm Alarm { get; private set; }

    /// <summary>What a person has said of the stream's alarms.</summary>
    public Bar Bar { get; }

    /// <summary>What is foretold; null: the scaling is not fixed yet.</summary>
    public Foretelling? Foretelling { get; private set; }

    /// <summary>As of the last step, over the bar.</summary>
    public double Score => Bar.Of(Judge.Judgement).Score;

    /// <summary>The scaling is fixed.</summary>
    /// <param name="scaler">That it is fixed by.</param>
    /// <param name="interval">Between two frames.</param>
    public void Begin(Scaler scaler, TimeSpan interval)
    {
        (_scaler, _interval, Foretelling) = (scaler, interval, new Foretelling(_forecast, scaler, _channels, interval));
        Judge = _spec.CreateJudge(_channels, _forecast, interval);
        Hush();
    }

    /// <summary>No alarm so far was told: the next is the first.</summary>
    public void Hush() => (Alarm, _report) = Anew();

    (Alarm, AlarmReport) Anew()
    {
        var alarm = new Alarm(_spec.Alarm, Judge.Slow, _spec.TakesFields ? 1 : _channels);
        return (alarm, new AlarmReport(alarm, Judge.Names, Judge.Attribute, _channels));
    }

    /// <inheritdoc cref="FirstFrames.Take"/>
    public (double Score, AlarmEvent? Alarm) First(
        FirstFrames frames, DateTime time, ReadOnlySpan<double> frame, bool muted, long position) =>
        frames.Take(time, frame, muted, position, Judge, Alarm, _report, Bar);

    /// <summary>
    /// A step of the warm-up: what can be told is told, but nothing that is learnt knows of it. Of the frames that fixed the scaling the
    /// stream has heard.
    /// </summary>
    /// <param name="view">The step.</param>
    /// <param name="came">The frame as it came, [channels], units of the feed; NaN: no value.</param>
    /// <param name="expected">What was expected of it, [channels], units of the feed.</param>
    /// <param name="usual">The same, of what is told what it usually is, [channels], overwritten.</param>
    /// <param name="position">Of the frame in the stream.</param>
    /// <param name="normality">Of the model.</param>
    /// <param name="bridged">It is, or follows, a gap.</param>
    /// <param name="ends">It is the last of the warm-up.</param>
    public AlarmEvent? StepEarly(in StepView view, ReadOnlySpan<double> came, ReadOnlySpan<double> expected, Span<double> usual,
        long position, double normality, bool bridged, bool ends)
    {
        expected.CopyTo(usual);
        bool told = Judge.StepEarly(came, view.Muted, usual);
        if (view.Index >= _schedule.JudgeFrom && !bridged)
        {
            Judge.Measure(in view, Alarm);
            Judge.Learn(change: null, Alarm, view.Muted);
        }
        AlarmChange? change = view.Index < _schedule.ScalingSteps || !Judge.TellsEarly || Judge.BlanksEarly ? null
            : Alarm.Step(position, Bar.Of(Judge.Judgement), told, muted: view.Muted || ends);
        return Report(in view, change, Judge.SeenEarly(came), usual, position, normality);
    }

    /// <summary>A step that is no gap, nor follows one.</summary>
    /// <param name="view">The step.</param>
    /// <param name="frame">[channels], units of the feed; NaN: no value.</param>
    /// <param name="expected">What was expected of it, [channels], units of the feed.</param>
    /// <param name="position">Of the frame in the stream.</param>
    /// <param name="normality">Of the model.</param>
    /// <param name="left">The feed has left the scaling for good.</param>
    /// <param name="again">The stream has heard of the frame.</param>
    public AlarmEvent? Step(in StepView view, ReadOnlySpan<double> frame, ReadOnlySpan<double> expected, long position,
        double normality, bool left, bool again)
    {
        AlarmChange? change = view.Index >= _schedule.JudgeFrom ? Decide(in view, position, left, again) : null;
        return Report(in view, change, frame, expected, position, normality);
    }

    AlarmChange? Decide(in StepView view, long position, bool left, bool again)
    {
        Judge.Measure(in view, Alarm);
        bool allowed = !view.WarmingUp && Judge.Deviates(in view, _scaler!);
        if (left) Alarm.Leave();
        AlarmChange? change = Alarm.Step(position, Bar.Of(Judge.Judgement), allowed, view.Muted, Judge.Returned);
        if (change == AlarmChange.Opened) Foretelling!.BeginAlarm(view.Index - Judge.TopSpan + 1, view.Index);
        else if (Alarm.Open) _forecast?.GoOn(view.Index);
        if (again) Alarm.Hush();
        Judge.Learn(change, Alarm, view.Muted);
        return change;
    }

    AlarmEvent? Report(in StepView view, AlarmChange? change, ReadOnlySpan<double> frame, ReadOnlySpan<double> expected, long position,
        double normality)
    {
        Drift? drift = Date(change, position, view.Time);
        if (drift is not null) change ??= AlarmChange.Updated;
        IJudgement judgement = Bar.Of(Judge.Judgement);
        double score = change == AlarmChange.Closed ? Alarm.Remaining(judgement, Judge.Returned) : judgement.Score;
        AlarmEvent? alarm = _report.Step(change, position, view.Time, score, normality, expected, frame);
        return alarm is null ? null : alarm with
        {
            Early = view.Index < _schedule.AlarmFrom, Forecast = Foretelling!.Told(position - view.Index), Drift = drift,
            Field = Judge.Evidence,
        };
    }

    // With every event of an alarm that goes on; what could not be dated when it opened is told as soon as it can be.
    Drift? Date(AlarmChange? change, long position, DateTime time)
    {
        if (change == AlarmChange.Opened) _dated = false;
        bool due = change is null
            ? Alarm.Open && !_dated && (position - Alarm.Start) % DatingEvery == 0
            : change != AlarmChange.Closed;
        Drift? drift = due ? Judge.Drift(Alarm, _scaler!, position, time, _interval) : null;
        _dated |= drift is not null;
        return drift;
    }

    /// <summary>While an alarm is open: what was foretold for a step from before its onset.</summary>
    /// <param name="step">Of the model.</param>
    /// <param name="expected">[channels], overwritten, units of the feed.</param>
    /// <returns>Whether there is such a forecast.</returns>
    public bool TryForecast(long step, Span<double> expected) => Alarm.Open && Foretelling?.TryPoint(step, expected) == true;

    /// <summary>With the frames that are to fix the scaling, out into a snapshot or back.</summary>
    public void CarryFirst(ref StateCarrier state, FirstFrames frames) => frames.Carry(ref state, Judge, Alarm, _report, Bar);

    /// <summary>Out into a snapshot or back, but for <see cref="CarryDated"/>.</summary>
    public void Carry(ref StateCarrier state)
    {
        Judge.Carry(ref state);
        Alarm.Carry(ref state, state.Holds(6) ? Judge.Names.Length : state.Holds(4) ? Judge.ScoresBefore6 : Judge.ScoresBefore4);
        if (state.Holds(4)) Bar.Carry(ref state);
        _report.Carry(ref state);
    }

    /// <summary>The last of it, which stands elsewhere in a snapshot.</summary>
    public void CarryDated(ref StateCarrier state) => state.Carry(ref _dated);
}
