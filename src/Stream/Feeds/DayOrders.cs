using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>Which comes first in the dates of a column, the day or the month, by all rows: 13/01/2026 and 2026-13-01 settle it.</summary>
sealed class DayOrders
{
    // Of dates whose year comes first: fewer that only read day first are broken rows, and not how it is written.
    const double FewShare = .01;
    const int Few = 3;

    readonly Dictionary<int, (long All, string? Day, string? Month)> _yearLast = [];  // by column: how many, and one that only reads so
    readonly Dictionary<int, (long All, long Day, long Month)> _yearFirst = [];

    /// <summary>A row of the file.</summary>
    public void See(TextRow row)
    {
        for (int c = 0; c < row.Fields.Length; c++)
        {
            string field = row.Fields[c];
            if (field.Length is < 6 or > 40 || !char.IsAsciiDigit(field[0])) continue;
            if (TimeText.BehindYear(field) is { } behind)
            {
                (long all, long day, long month) = _yearFirst.GetValueOrDefault(c);
                _yearFirst[c] = (all + 1, day + (behind is { First: > 12 and <= 31, Second: >= 1 and <= 12 } ? 1 : 0),
                    month + (behind is { First: >= 1 and <= 12, Second: > 12 and <= 31 } ? 1 : 0));
                continue;
            }
            if (field[..Math.Min(4, field.Length)].AsSpan().IndexOfAny("-/.") is < 1 or > 2) continue;
            if (TimeText.Numbers(field) is not { } date) continue;
            (long count, string? dayFirst, string? monthFirst) = _yearLast.GetValueOrDefault(c);
            // Nobody writes 01.13.2026.
            if (date.First > 12 || date.Separator == '.') dayFirst ??= field;
            if (date.Second > 12) monthFirst ??= field;
            _yearLast[c] = (count + 1, dayFirst, monthFirst);
        }
    }

    /// <summary>What all rows say of a column; null: nothing. Behind a year, the month comes first where a row may be so.</summary>
    /// <param name="column">Its index.</param>
    /// <param name="says">The file and the column, for errors.</param>
    /// <exception cref="FeedException">Rows say both.</exception>
    public DayOrder? Of(int column, string says)
    {
        (long dates, string? day, string? month) = _yearLast.GetValueOrDefault(column);
        if (_yearFirst.GetValueOrDefault(column) is var behind && behind.All > dates)
            return behind.Month == 0 && behind.Day >= Few && behind.Day >= FewShare * behind.All ? DayOrder.DayFirst : null;
        if (day is not null && month is not null)
            throw new FeedException($"{says} has '{day}', which only reads day first, and '{month}', which "
                + "only reads month first: say which with --time-format day-first or month-first");
        return day is not null ? DayOrder.DayFirst : month is not null ? DayOrder.MonthFirst : null;
    }
}
