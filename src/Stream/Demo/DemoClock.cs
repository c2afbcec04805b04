namespace Esn.Streaming.Demo;

/// <summary>
/// Feed times of a demo: even, as those of a sensor are, and not those of its timer, which sends some steps at once and then waits.
/// </summary>
/// <param name="time">The wall clock.</param>
/// <param name="quiet">Steps that are sent at once, to learn from: they end now.</param>
/// <param name="rate">Steps per second after them; 0: as fast as it goes, and there it is the wall clock that tells.</param>
sealed class DemoClock(TimeProvider time, long quiet, double rate)
{
    readonly DateTime _begun = time.GetUtcNow().UtcDateTime;
    DateTime _paced;

    /// <summary>Time of a step; they are asked for in order.</summary>
    public DateTime At(long step)
    {
        if (rate == 0) return time.GetUtcNow().UtcDateTime;
        if (step == quiet) _paced = time.GetUtcNow().UtcDateTime;
        return (step < quiet ? _begun : _paced) + TimeSpan.FromSeconds((step - quiet) / rate);
    }
}
