namespace Esn;

/// <summary>What a judge sees of a step.</summary>
readonly ref struct StepView
{
    /// <summary>The frame, [channels], units of the feed; NaN: the channel has no value. Of a channel that grows without bound it is
    /// the growth a step, here and in what was expected.</summary>
    public required ReadOnlySpan<double> Frame { get; init; }

    /// <summary>The frame as it came, [channels], units of the feed, where a channel grows; else empty.</summary>
    public ReadOnlySpan<double> Values { get; init; }

    /// <summary>What was expected of it, [channels], units of the feed.</summary>
    public required ReadOnlySpan<double> Expected { get; init; }

    /// <summary>y(t), [channels], scaled; the forecast where the channel has no value.</summary>
    public required ReadOnlySpan<double> Scaled { get; init; }

    /// <summary>Which channels have no value, [channels]; empty: all have one.</summary>
    public ReadOnlySpan<bool> Missing { get; init; }

    /// <summary>Which of these have one, but so far beyond the scaling, and for so long, that the others are judged without it, [channels];
    /// empty: none.</summary>
    public ReadOnlySpan<bool> Aside { get; init; }

    /// <summary>e_h(t) before learning from the frame, [horizons×channels], scaled; 0 where the channel has no value.</summary>
    public required ReadOnlySpan<double> Errors { get; init; }

    /// <summary>Which channels grow without bound, [channels]; empty: none does.</summary>
    public ReadOnlySpan<bool> Grows { get; init; }

    /// <summary>Feed time of the frame.</summary>
    public DateTime Time { get; init; }

    /// <summary>Of the model's frames, gaps among them, ≥ 0.</summary>
    public long Index { get; init; }

    /// <summary>No alarm opens yet.</summary>
    public required bool WarmingUp { get; init; }

    /// <summary>The frame is not to be judged.</summary>
    public required bool Muted { get; init; }

    /// <summary>The frame is not to be judged since it came after a gap: what was foretold before is of other times.</summary>
    public bool Resumes { get; init; }
}

/// <summary>A frame of the warm-up and those before it.</summary>
readonly ref struct EarlyView
{
    /// <summary>Those before, [count×channels], units of the feed; NaN: the channel has no value.</summary>
    public required ReadOnlySpan<double> Frames { get; init; }

    /// <summary>Their times, [count].</summary>
    public required ReadOnlySpan<DateTime> Times { get; init; }

    /// <summary>The frame, [channels].</summary>
    public required ReadOnlySpan<double> Frame { get; init; }

    /// <summary>Its time.</summary>
    public required DateTime Time { get; init; }

    /// <summary>The frame is not to be judged.</summary>
    public required bool Muted { get; init; }
}

/// <summary>
/// From the errors of a step to one score, 1 = alarm, and what it learns from what became of the alarm. A member of the
/// family of models brings its own.
/// </summary>
/// <remarks>A step is <see cref="Measure"/>, the decision of the alarm, <see cref="Learn"/>.</remarks>
abstract class Judge
{
    /// <summary>As of the last <see cref="Measure"/>.</summary>
    public abstract IJudgement Judgement { get; }

    /// <summary>Names of the raw scores, as in events.</summary>
    public abstract string[] Names { get; }

    /// <summary>How many of the raw scores a snapshot has that is older than format 4: what is unprecedented came with that.</summary>
    public virtual int ScoresBefore4 => Names.Length;

    /// <summary>The same of a snapshot of format 4 or 5.</summary>
    public virtual int ScoresBefore6 => Names.Length;

    /// <summary>Which raw scores look back so far that they hold an alarm open only if they opened it, [scores].</summary>
    public abstract bool[] Slow { get; }

    /// <summary>Raw scores that no longer keep an alarm open though they still are out of the ordinary, [scores] or empty.</summary>
    public virtual ReadOnlySpan<bool> Returned => default;

    /// <summary>Steps that the strongest raw score looks back over: what it tells began as long ago.</summary>
    public virtual int TopSpan => 1;

    /// <summary>Where in a field the alarm lies; null: it is no field. Allocates: for events.</summary>
    public virtual FieldEvidence? Evidence => null;

    /// <summary>Whether it can judge frames that come before the scaling is fixed, whatever its policy.</summary>
    public virtual bool TellsEarly => false;

    /// <summary>Judges such a frame by those before it alone.</summary>
    /// <param name="view">Of it; those before are never fewer than at the call before.</param>
    /// <param name="usual">What the channels usually are, [channels], overwritten; NaN: it is not known.</param>
    /// <returns>Whether the frame is as far from the usual as an alarm asks for.</returns>
    public virtual bool MeasureEarly(in EarlyView view, Span<double> usual) => throw new NotSupportedException();

    /// <summary>Whether what was told by them alone is none of what the feed does: the model finds a gap there.</summary>
    public virtual bool BlanksEarly => true;

    /// <summary>The frame with what is told of it in its place, where that came some frames before, [channels].</summary>
    /// <param name="frame">[channels], units of the feed.</param>
    public virtual ReadOnlySpan<double> SeenEarly(ReadOnlySpan<double> frame) => frame;

    /// <summary>Takes a frame of the warm-up, before <see cref="Measure"/> if that is asked: what it says of the step is told, though no
    /// alarm opens yet by what is learnt.</summary>
    /// <param name="frame">[channels], units of the feed; NaN: no value.</param>
    /// <param name="muted">It is not to be judged.</param>
    /// <param name="usual">What was expected, [channels]: that of the channel that is told is overwritten.</param>
    /// <returns>Whether the frame may open an alarm; nothing is told early by this judge: false.</returns>
    public virtual bool StepEarly(ReadOnlySpan<double> frame, bool muted, Span<double> usual) => false;

    /// <summary>The warm-up is over: nothing is told early any more.</summary>
    /// <returns>Whether alarms of the warm-up are none of what is told from now on; else they ended with the first frames.</returns>
    public virtual bool EndEarly() => false;

    /// <summary>Judges a step by what was learnt before. Gaps are not shown: its windows are of the frames that came.</summary>
    public abstract void Measure(in StepView step, Alarm alarm);

    /// <summary>Whether a channel deviates by the minimum of what may open an alarm.</summary>
    /// <param name="step">As measured.</param>
    /// <param name="scaler">Of the stream.</param>
    public abstract bool Deviates(in StepView step, Scaler scaler);

    /// <summary>Ends the step, once it is known what became of the alarm.</summary>
    public virtual void Learn(AlarmChange? change, Alarm alarm, bool muted)
    {
    }

    /// <summary>A person says what an alarm was, open or not: what was learnt of it is put right.</summary>
    /// <param name="alarm">Its opening step.</param>
    /// <param name="verdict">What was said.</param>
    /// <returns>False: it is none of the last alarms, or nothing is learnt of alarms.</returns>
    public virtual bool Say(long alarm, Verdict verdict) => false;

    /// <summary>Ends every step, also those that are not judged yet.</summary>
    /// <param name="frame">y(t), [channels], scaled.</param>
    public virtual void End(ReadOnlySpan<double> frame)
    {
    }

    /// <summary>The part of each channel in the score of the last step.</summary>
    /// <param name="parts">[channels], overwritten, ≥ 0.</param>
    /// <param name="byThemselves">Only by what channels do themselves, not by what others say of them: else left as they are.</param>
    /// <returns>Whether it is by what channels do themselves.</returns>
    public abstract bool Attribute(Span<double> parts, bool byThemselves);

    /// <summary>The slow change that an open alarm is due to; null: there is none that can be dated. Allocates: for events.</summary>
    /// <param name="alarm">Of the stream.</param>
    /// <param name="scaler">Of the stream.</param>
    /// <param name="position">The present step.</param>
    /// <param name="time">Its feed time.</param>
    /// <param name="interval">Between two frames.</param>
    public virtual Drift? Drift(Alarm alarm, Scaler scaler, long position, DateTime time, TimeSpan interval) => null;

    /// <summary>Whether it can go on where the scaling is moved.</summary>
    public virtual bool CanMove => false;

    /// <summary>The scaling was moved. What is usual of the model's errors stays; where values lie is learnt anew.</summary>
    /// <param name="units">Of each channel, over what they were, [channels]; 1 where it was not moved.</param>
    /// <param name="moved">Which channels were, [channels].</param>
    /// <param name="seen">Whether what it did meanwhile was seen, as of one that shrank, [channels].</param>
    public virtual void Move(ReadOnlySpan<double> units, ReadOnlySpan<bool> moved, ReadOnlySpan<bool> seen) =>
        throw new NotSupportedException();

    /// <summary>What it knows of the first frames out into a snapshot or back, while these do not fix the scaling yet.</summary>
    public virtual void CarryEarly(ref StateCarrier state)
    {
    }

    /// <summary>Out into a snapshot or back.</summary>
    public abstract void Carry(ref StateCarrier state);
}
