namespace Esn;

/// <summary>
/// What a model foretells more than one step ahead: while an alarm is open, what normal would have looked like. A member of
/// the family may also follow forecasts all the time, for the scores that ask for their errors.
/// </summary>
abstract class MultiStepForecast
{
    /// <summary>Between two frames of the feed, once that is known.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Hears of a point that is not kept any longer, the first of those foretold; null: nobody asks.</summary>
    public Drop? Dropped { get; set; }

    /// <summary>A point that is not kept any longer.</summary>
    /// <param name="point">[channels], scaled.</param>
    public delegate void Drop(ReadOnlySpan<double> point);

    /// <summary>Steps foretold since the onset of the open alarm: the first, and how many; 0: none.</summary>
    public abstract (long First, int Count) Foretold { get; }

    /// <summary>Compares what is under way with a frame.</summary>
    /// <param name="step">t.</param>
    /// <param name="frame">y(t), [channels], scaled.</param>
    public virtual void Settle(long step, ReadOnlySpan<double> frame)
    {
    }

    /// <summary>Takes what is under way on by a step, and begins what is due; the predictor has taken the frame.</summary>
    /// <param name="step">t.</param>
    /// <param name="time">Of the frame.</param>
    /// <param name="learnt">Whether the frame was learnt.</param>
    public virtual void Launch(long step, DateTime time, bool learnt)
    {
    }

    /// <summary>An alarm opened: begins to foretell, between <see cref="Predictor.Settle"/> and <see cref="Predictor.Learn"/>.</summary>
    /// <param name="onset">First step that is to be foretold.</param>
    /// <param name="step">t.</param>
    public abstract void BeginAlarm(long onset, long step);

    /// <summary>Takes the forecast of an alarm on, so that it reaches as far beyond this step as is wanted.</summary>
    public virtual void GoOn(long step)
    {
    }

    /// <summary>What was foretold for a step, [channels], scaled; empty: nothing.</summary>
    public abstract ReadOnlySpan<double> Point(long step);

    /// <summary>The scaling was moved: what is known of where the feed lies is not so any more.</summary>
    public virtual void Move()
    {
    }

    /// <summary>Out into a snapshot or back.</summary>
    public abstract void Carry(ref StateCarrier state);
}
