using System.Text.RegularExpressions;

namespace Esn.Streaming.Configuration;

/// <summary>Names of streams, in which * stands for any letters.</summary>
/// <param name="names">None: every stream.</param>
sealed class StreamPattern(IReadOnlyList<string> names)
{
    readonly Regex? _names = names.Count == 0
        ? null
        : new Regex($"^({string.Join('|', names.Select(name => Regex.Escape(name).Replace("\\*", ".*", StringComparison.Ordinal)))})$",
            RegexOptions.CultureInvariant);

    /// <summary>Whether it names this stream.</summary>
    public bool Matches(string stream) => _names?.IsMatch(stream) != false;
}
