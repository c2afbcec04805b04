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

    /// <summary>The feed is not to be judged now.</summary>
    Muted,
}
