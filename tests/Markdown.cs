using System.Text.RegularExpressions;

namespace Esn;

/// <summary>What the repository's pages say, so that tests can hold them to it.</summary>
static partial class Markdown
{
    /// <summary>All pages, relative to the repository.</summary>
    public static IReadOnlyList<string> Pages { get; } =
    [
        .. Directory.GetFiles(SharedData.Root, "*.md").Concat(Directory.GetFiles(Path.Combine(SharedData.Root, "docs"), "*.md"))
            .Append(Path.Combine(SharedData.Root, "src", "Reservoir", "README.md"))
            .Select(page => Path.GetRelativePath(SharedData.Root, page).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    /// <summary>The text of a page.</summary>
    public static string Read(string page) => File.ReadAllText(Path.Combine(SharedData.Root, page));

    /// <summary>The fenced blocks of a page, each with the word after its fence; "": none.</summary>
    public static IEnumerable<(string Language, string Text)> Blocks(string page) =>
        Fenced().Matches(Read(page)).Select(block => (block.Groups[1].Value, block.Groups[2].Value));

    /// <summary>What stands between single backticks, outside of fenced blocks.</summary>
    public static IEnumerable<string> Code(string page) =>
        Inline().Matches(Fenced().Replace(Read(page), "")).Select(code => code.Groups[1].Value.ReplaceLineEndings(" "));

    /// <summary>Files that a page links to, relative to its folder.</summary>
    public static IEnumerable<string> Links(string page) => Link().Matches(Read(page)).Select(link => link.Groups[1].Value);

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Inline();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)")]
    private static partial Regex Link();
}
