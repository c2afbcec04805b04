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

    /// <summary>Whether it asks what was expected: then an echo of what came before a gap is unusual to it.</summary>
    internal virtual bool JudgesErrors => false;

    /// <summary>Whether what it says is of such a score, itself or over many steps: it says nothing of a feed that rests.</summary>
    internal virtual bool WatchesErrors => JudgesErrors;

    /// <summary>What its windows take beside those that all scores have.</summary>
    internal virtual long EstimatedBytes(int channels) => 0;

    /// <summary>Steps over which a calibrator follows the level of this score's logarithm; 0 = as it does for others.</summary>
    internal virtual double LevelMemory => 0;

    /// <summary>With which scores it shares a part of the budget; null: as its windows are.</summary>
    internal virtual Voice? Voice => null;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public virtual void Validate() => Require.Range(Delay, 0, 1_000_000);

    /// <summary>The state of this score for one stream.</summary>
    internal abstract Score Create(ScoreContext context);
}
