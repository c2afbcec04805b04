namespace Esn.Streaming.Configuration;

/// <summary>Where the keys of a configuration stand, for errors that come up later than its reading.</summary>
/// <param name="file">Its name.</param>
sealed class ConfigPlaces(string file)
{
    readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);

    /// <summary>Its name.</summary>
    public string File { get; } = file;

    /// <summary>A key stands in a line.</summary>
    /// <param name="path">From the root, such as http.listen.</param>
    /// <param name="line">From 1.</param>
    public void Add(string path, long line) => _lines[path] = line;

    /// <summary>Whether a key is in it.</summary>
    public bool Has(string path) => _lines.ContainsKey(path);

    /// <summary>Such as " (esn.yaml:7)"; the file alone where the key is not in it.</summary>
    public string Of(string path) => _lines.TryGetValue(path, out long line) ? FormattableString.Invariant($" ({File}:{line})")
        : $" ({File})";
}
