namespace Esn;

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
    /// one is no anomaly, and is learnt from by its size; NaN: there is no deviation to judge at this step.
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

    /// <summary>What changes slowly in a channel, for scores of slow changes; null: nothing that can be dated. Allocates.</summary>
    public virtual Trend? Trend(int channel) => null;

    /// <summary>Where <see cref="Trend"/> is of errors that grow, the name of the score that they are of; null: it is of levels.</summary>
    public virtual string? Of => null;

    /// <summary>An alarm closed while these channels were not yet back to normal: they are to find their new normal.</summary>
    /// <param name="held">Those that are out.</param>
    public virtual void Settle(HeldChannels held)
    {
    }

    /// <summary>What the channels show now is their new normal.</summary>
    /// <param name="held">Those that are out.</param>
    /// <returns>Whether the deviation is measured from that normal now; if not, what is usual of it is to be learnt anew.</returns>
    public virtual bool Adapt(HeldChannels held) => false;

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
