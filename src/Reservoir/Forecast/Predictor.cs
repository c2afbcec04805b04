namespace Esn;

/// <summary>What predicts the next scaled frame and learns from each.</summary>
/// <remarks>
/// Frames are announced by <see cref="Begin"/>. A step is then <see cref="Settle"/>, <see cref="Learn"/> or
/// <see cref="Skip"/>, <see cref="Predict"/>. The bits do not depend on how frames are announced.
/// </remarks>
abstract class Predictor
{
    /// <summary>Frames that may be announced at once: each takes room for its z.</summary>
    public virtual int AtOnce => 64;

    /// <summary>Times that learning began anew, as <see cref="Readout.Recoveries"/> says.</summary>
    public abstract long Recoveries { get; }

    /// <summary>Frames too large to be learnt, as <see cref="Readout.Refusals"/> says.</summary>
    public abstract long Refusals { get; }

    /// <summary>Takes a look at the frames that fixed the scaling, before the first of them is announced.</summary>
    /// <param name="frames">y, [count×channels], scaled.</param>
    public virtual void Fit(ReadOnlySpan<double> frames)
    {
    }

    /// <summary>Announces the next frames: what needs no readout is made at once.</summary>
    /// <param name="times">Of the frames, [n], n ≤ <see cref="AtOnce"/>.</param>
    /// <param name="frames">y, [n×channels], scaled.</param>
    public abstract void Begin(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames);

    /// <summary>Takes a frame: what was predicted for it, with what was learnt so far.</summary>
    /// <param name="frame">y(t), [channels], as announced; NaN: what was announced is imputed, and is not to be learnt.</param>
    /// <param name="errors">
    /// y(t) − ŷ_h(t|t−h), [horizons×channels], overwritten; 0 while there is no prediction, and where there is no value.
    /// </param>
    public abstract void Settle(ReadOnlySpan<double> frame, Span<double> errors);

    /// <summary>Learns, as late as is specified.</summary>
    public abstract void Learn();

    /// <summary>Instead of <see cref="Learn"/>: what waits to be learnt is dropped.</summary>
    public abstract void Skip();

    /// <summary>Ends the step: predicts the next frame.</summary>
    public abstract void Predict();

    /// <summary>ŷ(t+1|t), 0 before the first frame.</summary>
    /// <param name="prediction">[channels], overwritten.</param>
    public abstract void CopyPrediction(Span<double> prediction);

    /// <summary>Runs on its own predictions from the last frame on; changes nothing.</summary>
    /// <param name="time">Of the last frame.</param>
    /// <param name="interval">Between two frames.</param>
    /// <param name="limit">What is fed back is clipped at ± this.</param>
    /// <param name="forecast">ŷ(t+1) …, [steps×channels], scaled, overwritten.</param>
    public abstract void RunFree(DateTime time, TimeSpan interval, double limit, Span<double> forecast);

    /// <summary>Out into a snapshot or back, between two steps.</summary>
    public abstract void Carry(ref StateCarrier state);
}
