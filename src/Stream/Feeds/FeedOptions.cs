using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>What is said about a file, where its contents do not tell it.</summary>
public sealed record FeedOptions
{
    /// <summary>Columns that are channels; empty: recognised.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Columns that are not 0 where the feed is anomalous.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The column of times; null: recognised.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>How times are written, as <see cref="TimeFormat.Said"/> has it; null: recognised.</summary>
    public string? TimeFormat { get; init; }

    /// <summary>Whose clock times without a zone are of; null: UTC.</summary>
    public TimeZoneInfo? Zone { get; init; }

    /// <summary>The column that names the series of a row, where a file holds several; null: it holds one.</summary>
    public string? KeyColumn { get; init; }

    /// <summary>The series of that column that is read; null: all rows are, each with its key.</summary>
    public string? Key { get; init; }

    /// <summary>Whether rows are put into the order of their times first; all are in memory then.</summary>
    public bool Sort { get; init; }

    /// <summary>The decimal point, '.' or ','; null: recognised.</summary>
    public char? DecimalPoint { get; init; }

    /// <summary>Numbers that stand for no value, such as −999.</summary>
    public IReadOnlyList<double> Missing { get; init; } = [];

    /// <summary>Rows of a pipe that are waited for, to recognise its columns by.</summary>
    public int PipeRows { get; init; } = 10_000;
}
