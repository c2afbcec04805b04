namespace Esn.Streaming.Feeds;

/// <summary>A row as the file writes it.</summary>
/// <param name="Fields">As many as there are names, unless there is a problem.</param>
/// <param name="Problem">Why it can't be taken; null: it may be.</param>
readonly record struct TextRow(string[] Fields, string? Problem)
{
    /// <summary>How many fields it was written with, where it leaves out some at its end; null: it has all.</summary>
    public int? Short { get; init; }
}

/// <summary>Rows of named texts: what a file is before its columns are understood.</summary>
interface ITextRows : IDisposable
{
    /// <summary>Of the columns, each its own.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>What separates the columns; '\0': nothing does.</summary>
    char Separator { get; }

    /// <summary>Whether the format itself says what is a number: a point is a point then, and a comma none.</summary>
    bool HasTypes { get; }

    /// <summary>Columns that the format brings along, which are no channels.</summary>
    IReadOnlyList<string> Extra { get; }

    /// <summary>What a person should know about how it was read.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>The next row; null: there is none.</summary>
    TextRow? Read();
}
