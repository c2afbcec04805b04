namespace Esn.Streaming.Simulation;

/// <summary>The check of a parameter, whose error names the parameter, its value and what would be right.</summary>
static class ParameterRange
{
    /// <param name="fits">Whether the value is in its range.</param>
    /// <param name="name">Of the property.</param>
    /// <param name="range">What the parameter must be.</param>
    /// <param name="value">What it is.</param>
    /// <exception cref="ArgumentOutOfRangeException">It does not fit.</exception>
    public static void Require(bool fits, string name, string range, double value)
    {
        if (!fits) throw new ArgumentOutOfRangeException(name, $"{char.ToLowerInvariant(name[0])}{name[1..]} must be {range}, was {value}");
    }
}
