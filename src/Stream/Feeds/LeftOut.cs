using System.Globalization;

namespace Esn.Streaming.Feeds;

/// <summary>
/// Which rows leave out what is empty at their end, as some exports do, and which are broken: those that are shorter than nearly all
/// others. What such a row has may itself be cut, 3.75 to 3.
/// </summary>
/// <remarks>Of a pipe, rows are judged by those that came so far, once these are enough; until then all are taken.</remarks>
/// <param name="columns">Of the header.</param>
sealed class LeftOut(int columns)
{
    // So many rows as short or shorter are how the file is written: writers that are killed and disks that are full break one off in
    // thousands, and one or two of them may come close together.
    const double Habit = .01;  // of all rows
    const int Least = 3;
    const int Enough = (int)(Least / Habit);  // rows: of fewer, the share says less than the number

    readonly long[] _rows = new long[columns + 1];  // by the fields that they were written with
    long _count;

    /// <summary>Whether all rows of the file have been seen; those of a pipe most often have not.</summary>
    public bool IsWhole { get; set; }

    /// <summary>A row of the file, to judge others by.</summary>
    public void See(TextRow row)
    {
        if (row.Problem is not null) return;
        _rows[row.Short ?? columns]++;
        _count++;
    }

    /// <summary>What is wrong with a row; null: nothing.</summary>
    public string? Problem(TextRow row)
    {
        if (row.Short is not { } fields || (!IsWhole && _count < Enough)) return null;
        long asShort = 0;
        for (int i = 0; i <= fields; i++) asShort += _rows[i];
        return asShort >= Least && asShort >= Habit * _count ? null : string.Create(CultureInfo.InvariantCulture,
            $"the row has {fields} fields, the header {columns}, and {asShort} of {_count} rows are so short: it was broken off");
    }
}
