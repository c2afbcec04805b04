namespace Esn;

/// <summary>One member of the family of raw scores: what deviates, and over how many steps.</summary>
public abstract record ScoreSpec
{
    /// <summary>One raw score for each channel; else one, the mean over all channels.</summary>
    public bool PerChannel { get; init; }

    /// <summary>Which tails are likely.</summary>
    public TailPrior Tail { get; init; } = TailPrior.Raw;

    /// <summary>
    /// Steps that a value waits before anything is learnt from it, 0 … 1,000,000; for scores of slow changes, which would
    /// teach the change else. Until twice as many steps were seen, the newer half waits.
    /// </summary>
    public int Delay { get; init; }

    /// <summary>Steps of the free runs that this score needs; 0 = none.</summary>
    internal virtual int FreeRunLength => 0;

    /// <summary>Which of the readout's horizons this score needs, in steps.</summary>
    internal virtual int ReadoutHorizon => 1;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public virtual void Validate() => Require.Range(Delay, 0, 1_000_000);

    /// <summary>The state of this score for one stream.</summary>
    internal abstract Score Create(ScoreContext context);
}

/// <summary>What a score is made from.</summary>
/// <param name="Channels">Of the feed.</param>
/// <param name="Horizons">Of the readout, in steps.</param>
/// <param name="Runs">The stream's free runs; null if no score asked for them.</param>
sealed record ScoreContext(int Channels, IReadOnlyList<int> Horizons, FreeRuns? Runs)
{
    /// <summary>Where a horizon stands among the readout's.</summary>
    /// <exception cref="ArgumentException">The readout has no such horizon.</exception>
    public int IndexOf(int horizon)
    {
        for (int i = 0; i < Horizons.Count; i++)
            if (Horizons[i] == horizon) return i;
        throw new ArgumentException(FormattableString.Invariant($"a score asks for horizon {horizon}, the readout has {string.Join(", ", Horizons)}"));
    }
}

/// <summary>What a score sees of a step.</summary>
readonly ref struct ScoreInput
{
    /// <summary>u(t), [channels], scaled.</summary>
    public required ReadOnlySpan<double> Input { get; init; }

    /// <summary>e_h(t) before learning from u(t), [horizons×channels].</summary>
    public required ReadOnlySpan<double> Errors { get; init; }

    /// <summary>Nothing is to be learnt: an alarm is open, or the feed is muted.</summary>
    public required bool Frozen { get; init; }

    /// <summary>The feed is not to be judged at this step.</summary>
    public bool Muted { get; init; }

    /// <summary>Whether it is frozen on account of this score: the open alarm concerns it, or the feed is muted; [1 or channels].</summary>
    public required ReadOnlySpan<bool> Held { get; init; }
}

/// <summary>State of a raw score: after each step a mean squared deviation for every channel, in units of the scaled feed.</summary>
/// <param name="name">As in events.</param>
/// <param name="channels">Of the feed.</param>
/// <param name="span">Steps that one value looks back over.</param>
abstract class Score(string name, int channels, int span)
{
    /// <summary>As in events.</summary>
    public string Name { get; } = name;

    /// <summary>Steps that one value looks back over.</summary>
    public int Span { get; } = span;

    /// <summary>
    /// Mean squared deviation of each channel at the last step, [channels]; meaningless until <see cref="Ready"/>. A negative
    /// one tells of no anomaly, and is learnt from by its size; NaN: there is nothing to tell of at this step.
    /// </summary>
    public double[] Squares { get; } = new double[channels];

    /// <summary>
    /// Whether a channel that an alarm holds has gone most of the way back, though perhaps not to where it was, [channels]: it
    /// no longer keeps the alarm open.
    /// </summary>
    public bool[] Returned { get; } = new bool[channels];

    /// <summary>Whether its windows are full.</summary>
    public abstract bool Ready { get; }

    /// <summary>Takes a step.</summary>
    public abstract void Step(in ScoreInput step);

    /// <summary>By how much a channel deviates, ≥ 0, in units of the scaled feed.</summary>
    public virtual double Deviation(int channel) => Math.Sqrt(Math.Max(0, Squares[channel]));

    /// <summary>What changes slowly in a channel, for scores that tell of slow changes; null: nothing that can be dated. Allocates.</summary>
    public virtual Trend? Trend(int channel) => null;

    /// <summary>Whose errors grow where <see cref="Trend"/> speaks of errors, as in <see cref="Name"/>; null: it speaks of levels.</summary>
    public virtual string? Of => null;

    /// <summary>An alarm closed while these channels were not yet back to normal: they are to find their new normal.</summary>
    /// <param name="held">Those that are out, [1 or channels].</param>
    public virtual void Settle(ReadOnlySpan<bool> held)
    {
    }

    /// <summary>What the channels show now is their new normal.</summary>
    /// <param name="held">Those that are out, [1 or channels].</param>
    /// <returns>Whether the deviation is measured from that normal now; if not, what is usual of it is to be learnt anew.</returns>
    public virtual bool Adapt(ReadOnlySpan<bool> held) => false;

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(Squares);
        state.Carry(Returned);
        CarryWindows(ref state);
    }

    /// <summary>Out into a snapshot or back: all that the next steps depend on, but <see cref="Squares"/>.</summary>
    public abstract void CarryWindows(ref StateCarrier state);
}
