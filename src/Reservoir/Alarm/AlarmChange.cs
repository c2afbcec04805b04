namespace Esn;

/// <summary>What became of an alarm at a step.</summary>
public enum AlarmChange
{
    /// <summary>The score reached 1. Counts against the budget.</summary>
    Opened,

    /// <summary>
    /// More is known of an alarm that is open: some steps have passed since it was told, or a slow change can be dated now.
    /// </summary>
    Updated,

    /// <summary>
    /// The score reached another severity; or, counting against the budget, it rose well above what was told, or a raw score of a channel
    /// alarms that had no part in the alarm, or was back to normal since for long.
    /// </summary>
    Escalated,

    /// <summary>The feed behaves again, or was muted.</summary>
    Closed,

    /// <summary>The alarm was open for too long: what the feed does now is taken as its new normal, and learnt.</summary>
    Adapted,

    /// <summary>
    /// It began again: soon after it had closed, or after it had been quiet for as long as closes one, while an echo of it held it open.
    /// </summary>
    Reopened,
}
