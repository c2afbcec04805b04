namespace Esn.Streaming.Feeds;

/// <summary>
/// The rows of a file by which its columns are judged: those that have as many fields as there are columns. How numbers are written is
/// judged by all that were looked at.
/// </summary>
sealed class FeedSample
{
    readonly List<long> _numbers = [];
    readonly List<NumberTally> _own = [], _others = [];  // by column: of the series that is read, and of the others of the file

    /// <summary>Their fields.</summary>
    public List<string[]> Rows { get; } = [];

    /// <summary>Whether the file has no other rows.</summary>
    public bool IsWhole { get; set; }

    /// <summary>Rows of a pipe that were waited for, where more come; null: all rows were looked at.</summary>
    public long? Waited { get; set; }

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

    /// <summary>The fields of a column that hold something.</summary>
    public string[] Filled(int column) => [.. Rows.Select(row => row[column]).Where(field => !NumberText.IsMissing(field))];

    /// <summary>Looks at how the numbers of a row are written.</summary>
    /// <param name="fields">Of any row.</param>
    /// <param name="other">It is of another series than the one that is read.</param>
    public void See(string[] fields, bool other)
    {
        List<NumberTally> tallies = other ? _others : _own;
        while (tallies.Count < fields.Length) tallies.Add(new NumberTally());
        for (int c = 0; c < fields.Length; c++) tallies[c].Add(fields[c]);
    }

    /// <summary>How the numbers of a column are written.</summary>
    public NumberTally Numbers(int column) => column < _own.Count ? _own[column] : new NumberTally();

    /// <summary>The same, and how other series of the file write them.</summary>
    public IEnumerable<NumberTally> Writes(int column) => column < _others.Count ? [Numbers(column), _others[column]] : [Numbers(column)];
}
