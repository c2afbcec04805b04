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
}
