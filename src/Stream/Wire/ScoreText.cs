using System.Globalization;

namespace Esn.Streaming.Wire;

/// <summary>What a raw score looks at, in words: format.js has the same for the page, which a test compares.</summary>
static class ScoreText
{
    // By how its name begins, or what is in it; the first that fits.
    static readonly (string Name, bool Begins, string Looks)[] All =
    [
        (" over ", false, "a slow rise of what is named before"), ("error", true, "errors of one step"),
        ("median error", true, "errors that last"), (" ahead ", false, "errors of a forecast"),
        ("free run", true, "errors of a forecast that runs by itself"), ("out of range", true, "values beyond their range"),
        ("slow level", true, "a level that changes slowly"), ("level", true, "the level of the channel"),
        ("spread", true, "noise that grew"), ("quiet", true, "noise that vanished"),
        ("relation", true, "what the other channels say of it"), ("soft sensor", true, "what the other channels say of it"),
        ("shape", true, "the shape of a period"), ("unprecedented", true, "never seen before"),
        ("evidence", true, "errors, and values of that hour"),
    ];

    /// <summary>How many kinds of scores there is a word for.</summary>
    public static int Count => All.Length;

    /// <summary>What a score looks at; null: nobody has a word for it.</summary>
    /// <param name="score">Its name, such as quiet 40[2].</param>
    public static string? Looks(string score) => Array.Find(All, one => one.Begins
        ? score.StartsWith(one.Name, StringComparison.Ordinal) : score.Contains(one.Name, StringComparison.Ordinal)).Looks;

    /// <summary>
    /// The same, the channel where it is another one than is told already, and the name: noise that vanished in flow (quiet 40).
    /// </summary>
    /// <param name="score">Its name, such as quiet 40[2].</param>
    /// <param name="names">Of the channels.</param>
    /// <param name="told">Index of the channel that is told beside it.</param>
    public static string Says(string score, IReadOnlyList<string> names, int told)
    {
        int open = score.LastIndexOf('[');
        int channel = open > 0 && score[^1] == ']'
            && int.TryParse(score.AsSpan()[(open + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int own) ? own : -1;
        string bare = channel < 0 ? score : score[..open];
        string where = channel < 0 || channel == told ? "" : $" in {AnomalyCloudEvent.NameOrNumber(names, channel)}";
        return Looks(score) is { } looks ? $"{looks}{where} ({bare})" : bare + where;
    }
}
