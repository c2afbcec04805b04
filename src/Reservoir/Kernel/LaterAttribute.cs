namespace Esn;

/// <summary>
/// Marks a key of a specification that a later version added. While it has the value with which a model learns as those of before it
/// did, it is no part of a snapshot's fingerprint, so that older snapshots fit.
/// </summary>
/// <param name="asBefore">That value; null: the one that it has in a specification that was just made.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class LaterAttribute(object? asBefore = null) : Attribute
{
    /// <summary>The value with which nothing is other than before.</summary>
    public object? AsBefore { get; } = asBefore;
}
