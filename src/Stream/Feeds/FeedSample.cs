namespace Esn.Streaming.Feeds;

/// <summary>The rows of a file by which its columns are judged: those that have as many fields as there are columns.</summary>
sealed class FeedSample
{
    readonly List<long> _numbers = [];

    /// <summary>Their fields.</summary>
    public List<string[]> Rows { get; } = [];

    /// <summary>Whether the file has no other rows.</summary>
    public bool IsWhole { get; set; }

    /// <summary>Adds a row.</summary>
    /// <param name="fields">As many as there are columns.</param>
    /// <param name="number">Of the row in the file, or in the series of it that is read, from 0.</param>
    public void Add(string[] fields, long number)
    {
        Rows.Add(fields);
        _numbers.Add(number);
    }

    /// <summary>Number of a row, from 0.</summary>
    /// <param name="row">Its index in <see cref="Rows"/>.</param>
    public long Number(int row) => _numbers[row];
}
