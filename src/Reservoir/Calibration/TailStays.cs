namespace Esn;

/// <summary>How long a margin stays high once it is: the longer, the fewer independent looks there are in the tail.</summary>
/// <param name="spec">Valid.</param>
sealed class TailStays(MarginSpec spec)
{
    double _steps, _entries;  // above StayMargin, fading
    bool _inside;

    /// <summary>Takes the margin of a step.</summary>
    public void Step(double margin)
    {
        bool inside = margin >= spec.StayMargin;
        _steps = _steps * spec.StayMemory + (inside ? 1 : 0);
        _entries = _entries * spec.StayMemory + (inside && !_inside ? 1 : 0);
        _inside = inside;
    }

    /// <summary>Independent looks a step: those of the autocorrelation at first, one a stay after many episodes.</summary>
    /// <param name="byCorrelation">Looks a step by the autocorrelation.</param>
    /// <param name="episodes">Episodes seen so far.</param>
    public double Looks(double byCorrelation, double episodes)
    {
        double byStays = (_entries + spec.StayPrior * byCorrelation) / (_steps + spec.StayPrior);
        return byCorrelation + (byStays - byCorrelation) * episodes / (episodes + spec.StayEpisodes);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(ref _steps);
        state.Carry(ref _entries);
        state.Carry(ref _inside);
    }
}
