namespace Esn;

/// <summary>From the units of a feed to those of a model, and back. Fixed by the first frames, so that W_out keeps its units.</summary>
abstract class Scaler
{
    /// <summary>Part of the level that is no move: what doubles resolve, sums of some.</summary>
    internal const double Resolved = 1e-14;

    /// <summary>Scaled values lie in ± this.</summary>
    public abstract double Limit { get; }

    /// <summary>
    /// What a model foretells of itself is clipped at ± this: somewhat beyond what was seen, so that a free run can't run away.
    /// </summary>
    public virtual double Reach => Limit;

    /// <summary>How many frames may be scaled before the first of them is judged: then, a unit changes.</summary>
    /// <param name="frames">[count×channels], units of the feed.</param>
    /// <param name="count">≥ 1.</param>
    public virtual int Steady(ReadOnlySpan<double> frames, int count) => count;

    /// <summary>How many frames come before the first with a value beyond the limit; that one is scaled alone.</summary>
    /// <param name="frames">[count×channels], units of the feed.</param>
    /// <param name="count">≥ 1.</param>
    /// <returns>1 … count.</returns>
    public virtual int Near(ReadOnlySpan<double> frames, int count) => count;

    /// <summary>Whether a channel lies beyond the limit in the frame that was scaled last, and for so short that it may be a code of a
    /// fault.</summary>
    public virtual bool IsDoubtful(int channel) => false;

    /// <summary>Whether a channel lies so far off that the model can't see how far.</summary>
    /// <param name="channel">Which.</param>
    /// <param name="y">Its value of the frame that was scaled last.</param>
    public virtual bool IsBeyond(int channel, double y) => Math.Abs(y) >= Limit;

    /// <summary>Whether a channel can be <see cref="Move">moved</see>.</summary>
    public virtual bool CanMove(int channel) => false;

    /// <summary>A channel lies elsewhere for good: what was learnt of it is to hold there, in units of the model.</summary>
    /// <param name="channel">That can be moved.</param>
    /// <param name="origin">Of the feed, at which y is 0.</param>
    /// <param name="unit">Of the feed, in which y is 1, > 0.</param>
    public virtual void Move(int channel, double origin, double unit) => throw new NotSupportedException();

    /// <summary>y(t) from a frame.</summary>
    /// <param name="frame">[channels], finite, units of the feed.</param>
    /// <param name="y">[channels], overwritten.</param>
    /// <returns>Whether the model can't see how far off a channel is: it lies beyond what the scaling was fixed for.</returns>
    public abstract bool Scale(ReadOnlySpan<double> frame, Span<double> y);

    /// <summary>The same, where what 0 stands for goes by the time: what it is then, and what is learnt of it.</summary>
    /// <param name="time">Of the frame, UTC.</param>
    /// <param name="frame">[channels], finite, units of the feed.</param>
    /// <param name="y">[channels], overwritten.</param>
    /// <param name="origin">[channels]: kept for <see cref="Expect"/> of this frame; NaN: none.</param>
    /// <param name="learn">Whether the frame is usual.</param>
    public virtual bool Scale(DateTime time, ReadOnlySpan<double> frame, Span<double> y, Span<double> origin, bool learn)
    {
        origin.Fill(double.NaN);
        return Scale(frame, y);
    }

    /// <summary>What was expected of a frame that was scaled.</summary>
    /// <param name="y">ŷ, [channels].</param>
    /// <param name="expected">[channels], units of the feed, overwritten; the origin of the frame.</param>
    /// <param name="stays">[channels]: whether one lies beyond the limit for so long that it is expected where it was.</param>
    /// <returns>Whether one has.</returns>
    public virtual bool Expect(ReadOnlySpan<double> y, Span<double> expected, Span<bool> stays)
    {
        Unscale(y, expected);
        return false;
    }

    /// <summary>In units of the feed, as of a time to come.</summary>
    /// <param name="time">UTC.</param>
    /// <param name="y">[channels], overwritten.</param>
    public virtual void Unscale(DateTime time, Span<double> y) => Unscale(y, y);

    /// <summary>A frame of the feed from y.</summary>
    /// <param name="y">[channels].</param>
    /// <param name="frame">[channels], overwritten; may be <paramref name="y"/> itself.</param>
    public abstract void Unscale(ReadOnlySpan<double> y, Span<double> frame);

    /// <summary>Units of the feed in 1 of a channel's small scaled values.</summary>
    public abstract double UnitOf(int channel);

    /// <summary>Before anything is scaled: a channel's unit is to be no less.</summary>
    public virtual void Widen(int channel, double unit)
    {
    }

    /// <summary>Before anything is scaled: a channel's unit is to stay, whatever it does.</summary>
    public virtual void Keep(int channel)
    {
    }

    /// <summary>Out into a snapshot or back.</summary>
    public abstract void Carry(ref StateCarrier state);
}
