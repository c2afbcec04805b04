using System.Globalization;

namespace Esn.Streaming.Feeds;

/// <summary>
/// Which rows leave out what is empty at their end, as some exports do, and which are broken: those that are shorter than nearly all
/// others. What such a row has may itself be cut, 3.75 to 3.
/// </summary>
/// <param name="columns">Of the header.</param>
sealed class LeftOut(int columns)
{
    const double Habit = .01;  // of the rows, that are as short or shorter,
    const int Least = 3;       // and so many of them: then it is how the file is written

    readonly long[] _rows = new long[columns + 1];  // by the fields that they were written with
    long _count;

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
        if (row.Short is not { } fields) return null;
        long asShort = 0;
        for (int i = 0; i <= fields; i++) asShort += _rows[i];
        return asShort >= Least && asShort >= Habit * _count ? null : string.Create(CultureInfo.InvariantCulture,
            $"the row has {fields} fields, the header {columns}, and {asShort} of {_count} rows are so short: it was broken off");
    }
}
