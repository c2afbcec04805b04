namespace Esn;

/// <summary>What happened at a step, as far as learning is concerned.</summary>
enum Learning
{
    /// <summary>An ordinary step.</summary>
    Normal,

    /// <summary>An alarm opened at this step.</summary>
    Opening,

    /// <summary>An alarm is open.</summary>
    Frozen,

    /// <summary>Another model tells of it: time passes, and it is neither usual nor one of what this one told.</summary>
    Told,

    /// <summary>The feed is not to be judged now.</summary>
    Muted,
}
