namespace Esn;

/// <summary>
/// Marks what can be exchanged on a stream without losing what was learnt: budgets, severities, when alarms open and end.
/// </summary>
/// <remarks>It is no part of a snapshot's fingerprint, and no state may depend on it in size.</remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PolicyAttribute : Attribute;
