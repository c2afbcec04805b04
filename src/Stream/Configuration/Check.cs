using System.Runtime.CompilerServices;

namespace Esn.Streaming.Configuration;

/// <summary>Preconditions of configurations: an error names the key and what would be right.</summary>
static class Check
{
    /// <summary>A text that says something.</summary>
    public static void NotEmpty(string value, string what, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (string.IsNullOrWhiteSpace(value))
            throw new ArgumentOutOfRangeException(name, $"{char.ToLowerInvariant(name[0])}{name[1..]} must be {what}, was empty");
    }

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>].</summary>
    public static void Range(double value, double low, double high, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value >= low && value <= high))
            throw new ArgumentOutOfRangeException(name, FormattableString.Invariant($"{char.ToLowerInvariant(name[0])}{name[1..]} must be in [{low}, {high}], was {value}"));
    }
}
