namespace Esn;

/// <summary>How far an alarm went, by its highest score.</summary>
public enum Severity
{
    /// <summary>Rarer than the budget.</summary>
    Minor,

    /// <summary>Its score passed <see cref="AlarmSpec.Major"/>.</summary>
    Major,

    /// <summary>Its score passed <see cref="AlarmSpec.Critical"/>.</summary>
    Critical,
}
