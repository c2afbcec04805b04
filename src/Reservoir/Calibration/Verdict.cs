namespace Esn;

/// <summary>What a person has said of an alarm.</summary>
enum Verdict
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>It was one: it counts as nothing that the feed does, and not against the budget.</summary>
    Anomaly,

    /// <summary>It was none: it counts as what the feed does.</summary>
    Normal,
}
