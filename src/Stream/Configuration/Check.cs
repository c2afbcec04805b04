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

    /// <summary>A name that Kafka takes for a topic.</summary>
    public static void Topic(string value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        NotEmpty(value, "the name of a topic", name);
        if (!IsTopic(value))
            throw new ArgumentOutOfRangeException(name,
                $"{char.ToLowerInvariant(name[0])}{name[1..]} must be the name of a topic, 1 … 249 of the letters a-z, A-Z, 0-9, '.', "
                + $"'_' and '-', was '{value}'");
    }

    /// <summary>Whether Kafka takes it for the name of a topic.</summary>
    public static bool IsTopic(string name) => name.Length is > 0 and <= 249 && name is not ("." or "..")
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>].</summary>
    public static void Range(double value, double low, double high, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (!(value >= low && value <= high))
            throw new ArgumentOutOfRangeException(name,
                FormattableString.Invariant($"{char.ToLowerInvariant(name[0])}{name[1..]} must be in [{low}, {high}], was {value}"));
    }
}
