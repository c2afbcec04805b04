using System.Runtime.CompilerServices;

namespace Esn;

/// <summary>Preconditions of specifications: an error names the key, the value and what would be right.</summary>
static class Require
{
    /// <summary>A finite number in [<paramref name="low"/>, <paramref name="high"/>].</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range, NaN or infinite.</exception>
    public static void Range(double value, double low, double high, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value >= low && value <= high))
            throw new ArgumentOutOfRangeException(
                name, FormattableString.Invariant($"{Key(name)} must be in [{low}, {high}], was {value}"));
    }

    /// <summary>A finite number in (<paramref name="low"/>, <paramref name="high"/>].</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range, NaN or infinite.</exception>
    public static void Above(double value, double low, double high, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value > low && value <= high))
            throw new ArgumentOutOfRangeException(
                name, FormattableString.Invariant($"{Key(name)} must be in ({low}, {high}], was {value}"));
    }

    /// <summary>A span of exactly <paramref name="expected"/> elements.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    public static void Length(int actual, int expected, string name)
    {
        if (actual != expected)
            throw new ArgumentException(FormattableString.Invariant($"{name} must have {expected} elements, had {actual}"), name);
    }

    // `spec.SpectralRadius` → `spectralRadius`: the key as an operator wrote it.
    static string Key(string expression)
    {
        string last = expression[(expression.LastIndexOf('.') + 1)..];
        return last.Length == 0 ? last : char.ToLowerInvariant(last[0]) + last[1..];
    }
}
