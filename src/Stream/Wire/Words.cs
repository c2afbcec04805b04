namespace Esn.Streaming.Wire;

/// <summary>Names of the code as others read them: in events, labels, headers and logs.</summary>
public static class Words
{
    /// <summary>NoKey → no_key.</summary>
    public static string Of(Enum value) => Of(value.ToString());

    /// <summary>NoKey → no_key.</summary>
    public static string Of(string name) =>
        string.Concat(name.Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(letter) : $"{letter}"));
}
