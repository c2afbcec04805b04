using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>Which columns of a file hold its times, and how they are read: those named, or those whose names and texts say so.</summary>
sealed class TimeColumns
{
    readonly string _file;
    readonly ITextRows _rows;
    readonly FeedSample _sample;
    readonly FeedOptions _options;
    readonly IReadOnlyCollection<int> _others;

    /// <param name="file">Its name, for errors.</param>
    /// <param name="rows">Where the sample is of.</param>
    /// <param name="sample">At least one row.</param>
    /// <param name="options">What is said about them.</param>
    /// <param name="others">Columns that hold something else.</param>
    /// <param name="order">What all rows say of the order of day and month in a column; asked once at the most.</param>
    /// <exception cref="FeedException">They are no times, or not written as is said.</exception>
    public TimeColumns(string file, ITextRows rows, FeedSample sample, FeedOptions options, IReadOnlyCollection<int> others,
        Func<int, DayOrder?> order)
    {
        (_file, _rows, _sample, _options, _others) = (file, rows, sample, options, others);
        (Days, OfDay, Times) = Find(order);
    }

    /// <summary>Index of the column of times; −1: there is none.</summary>
    public int Days { get; }

    /// <summary>Index of a column with the times of day, where the other one has the days; −1: there is none.</summary>
    public int OfDay { get; }

    /// <summary>How times are read; null: there are none.</summary>
    public ColumnTimes? Times { get; }

    /// <summary>Whether it is one of them.</summary>
    public bool Contains(int column) => column == Days || column == OfDay;

    /// <summary>The text of a row's time.</summary>
    public string At(string[] row) => OfDay >= 0 ? $"{row[Days]} {row[OfDay]}" : row[Days];

    /// <summary>Of times that name a zone beside others that do not: what a person should know; null: there are no such.</summary>
    public string? Zoneless()
    {
        if (Days < 0 || OfDay >= 0 || Times is null) return null;
        (string Text, TimeStamp Stamp)[] times = [.. _sample.Filled(Days).Select(text => (text, TimeText.Parse(text)))
            .Where(time => time.Item2 is not null).Select(time => (time.text, time.Item2!.Value))];
        int without = times.Count(time => time.Stamp.Offset is null);
        return without == 0 || without == times.Length ? null : string.Create(CultureInfo.InvariantCulture,
            $"{without} of {times.Length} times in column {_rows.Names[Days]} name no zone, as "
            + $"'{times.First(time => time.Stamp.Offset is null).Text}', and the others do: they are taken for those of "
            + $"{_options.Zone?.Id ?? "UTC (--timezone says of which clock)"}");
    }

    (int, int, ColumnTimes?) Find(Func<int, DayOrder?> order)
    {
        int said = _options.TimeColumn is { } name ? FeedColumns.IndexOf(name, _rows, _file) : -1;
        ColumnTimes? form = _options.TimeFormat is { } format ? ColumnTimes.Of(format, _options.Zone)
            ?? throw new FeedException($"--time-format must be {TimeFormat.Said}, was {format}") : null;
        if (said >= 0 && form is not null) return (said, -1, Tried(said, form));
        int[] named = said >= 0 ? [said] : [.. Enumerable.Range(0, _rows.Names.Count)
            .Where(c => !_others.Contains(c) && !_options.Values.Contains(_rows.Names[c]) && ColumnTimes.IsName(_rows.Names[c]))
            .OrderBy(c => ColumnTimes.Rank(_rows.Names[c]))];
        string? unread = null;
        foreach (int c in named)
        {
            string[] filled = _sample.Filled(c);
            if (form is not null) return (c, -1, Tried(c, form));
            if (ColumnTimes.Recognise(filled, _rows.Names[c], named: true, IsYearLast(filled) ? order(c) : null, _options.Zone,
                out string? trouble) is { } times)
                return Joined(c, filled, times);
            if (trouble is not null) throw new FeedException($"{_file}: {trouble}");
            if (filled.Length > 0 && !IsTimeOfDay(filled))
                unread ??= $"'{filled[0]}' in column {_rows.Names[c]} is no time: --time-format says how it is written, {TimeFormat.Said}";
        }
        if (said >= 0) throw new FeedException($"{_file}: {unread ?? $"column {_rows.Names[said]} has no times"}");
        // By what they hold, whatever they are called.
        for (int c = 0; c < _rows.Names.Count; c++)
        {
            if (_others.Contains(c) || _options.Values.Contains(_rows.Names[c]) || named.Contains(c)
                || _rows.Extra.Contains(_rows.Names[c])) continue;
            string[] filled = _sample.Filled(c);
            if (filled.Length < (_sample.Rows.Count + 1) / 2) continue;
            if (form is not null)
            {
                if (filled.Count(text => form.Read(text) is not null) > filled.Length / 2) return (c, -1, form);
                continue;
            }
            if (ColumnTimes.Recognise(filled, _rows.Names[c], named: false, IsYearLast(filled) ? order(c) : null, _options.Zone,
                out string? trouble) is { } times)
                return Joined(c, filled, times);
            if (trouble is not null) throw new FeedException($"{_file}: {trouble}");
        }
        if (unread is not null) throw new FeedException($"{_file}: {unread}");
        if (form is not null)
            throw new FeedException($"{_file}: no column holds times written as --time-format has it; --time-column names it");
        return (-1, -1, null);
    }

    ColumnTimes Tried(int column, ColumnTimes form)
    {
        string[] filled = _sample.Filled(column);
        return filled.Length == 0 || filled.Any(text => form.Read(text) is not null) ? ColumnTimes.Of(_options.TimeFormat!, _options.Zone)!
            : throw new FeedException($"{_file}: '{filled[0]}' in column {_rows.Names[column]} is not written as --time-format "
                + $"{_options.TimeFormat} says");
    }

    // A column of days and one of times of day are one time.
    (int, int, ColumnTimes) Joined(int column, string[] filled, ColumnTimes times)
    {
        if (filled.All(text => !text.Contains(':', StringComparison.Ordinal)))
            for (int c = 0; c < _rows.Names.Count; c++)
                if (c != column && IsTimeOfDay(_sample.Filled(c))) return (column, c, times);
        return (column, -1, times);
    }

    static bool IsTimeOfDay(string[] filled) => filled.Length > 0 && filled.All(text => TimeText.OfDay(text) is not null);

    static bool IsYearLast(string[] filled) => filled.Count(text => TimeText.Numbers(text) is not null) > filled.Length / 2;
}
