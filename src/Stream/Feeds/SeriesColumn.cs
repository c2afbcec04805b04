using System.Globalization;

namespace Esn.Streaming.Feeds;

/// <summary>
/// A column that looks like the name of a series, of which a file has several: a text that comes again and again, for times that do as
/// well. It is surely one where each of its texts has each time once, and time goes back for the next one, or their values lie apart.
/// What comes in the same order in each stamp may be a part of the time: hours of a day, months of a year. Whole numbers may be names
/// too, where most have most times, and each of those once.
/// </summary>
/// <param name="file">Where the sample is of.</param>
/// <param name="sample">At least one row.</param>
/// <param name="times">The columns of times; there is one.</param>
/// <param name="others">Columns that are known to hold something else.</param>
/// <param name="values">Indices of the channels.</param>
/// <param name="numbers">How the numbers of each channel are written.</param>
sealed class SeriesColumn(ITextRows file, FeedSample sample, TimeColumns times, IReadOnlyCollection<int> others, int[] values,
    NumberText[] numbers)
{
    const int MostKeys = 1000;
    const double MostStamps = .75;  // different ones, of the rows
    const int FewOfKind = 3;        // rows of a series whose values have a range
    const double MostTimes = .5;    // of all times, that numbers must have to be names: measured ones differ from time to time

    /// <summary>Such a column, and whether it surely is one; null: there is none.</summary>
    public (string Column, bool Sure)? Find()
    {
        List<string[]> all = sample.Rows;
        if (all.Count < FeedColumns.FewRows || all.Select(times.At).Distinct(StringComparer.Ordinal).Count() > MostStamps * all.Count)
            return null;
        string? found = null;
        int stamps = all.Select(times.At).Distinct(StringComparer.Ordinal).Count();
        // What the format brings along numbers the series; what they are called stands beside it. So do numbers that may be measured.
        foreach (int c in Enumerable.Range(0, file.Names.Count).OrderBy(c => file.Extra.Contains(file.Names[c]))
            .ThenBy(c => values.Contains(c)))
        {
            if (times.Contains(c) || others.Contains(c) || FeedColumns.IsLabel(file.Names[c])) continue;
            int kinds = all.Select(row => row[c]).Distinct(StringComparer.Ordinal).Count();
            if (kinds <= 1 || kinds > Math.Min(MostKeys, all.Count / 2)) continue;
            bool once = all.Select(row => (row[c], times.At(row))).Distinct().Count() == all.Count;
            if (values.Contains(c) && !(once && values.Length > 1 && all.Count >= MostTimes * kinds * stamps && AreWhole(c))) continue;
            bool sure = once && (ComesBack() || (!HasOneOrder(c) && LieApart(c)));
            // Runs that begin anew, each with another setpoint, have the same shape.
            if (sure && (times.Times is { IsSure: true } || !values.Contains(c))) return (file.Names[c], true);
            found ??= file.Names[c];
        }
        return found is null ? null : (found, false);
    }

    bool AreWhole(int column) => sample.Rows.All(row =>
        long.TryParse(row[column], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));

    // Whether a stamp comes again after others.
    bool ComesBack()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? last = null;
        foreach (string at in sample.Rows.Select(times.At))
        {
            if (at != last && !seen.Add(at)) return true;
            last = at;
        }
        return false;
    }

    // Whether no kind stands right before another in one stamp and right behind it in the next.
    bool HasOneOrder(int column)
    {
        List<string[]> all = sample.Rows;
        var pairs = new HashSet<(string, string)>();
        for (int i = 1; i < all.Count; i++)
        {
            if (times.At(all[i]) != times.At(all[i - 1])) continue;
            (string before, string after) = (all[i - 1][column], all[i][column]);
            if (pairs.Contains((after, before))) return false;
            pairs.Add((before, after));
        }
        return true;
    }

    // Whether some channel's values of one kind lie farther from those of another than either of them moves.
    bool LieApart(int column) => values.Where((value, i) =>
    {
        if (value == column) return false;
        (double Least, double Most)[] ranges = [.. sample.Rows.GroupBy(row => row[column], StringComparer.Ordinal)
            .Select(kind => kind.Select(row => numbers[i].TryRead(row[value], out double number) ? number : double.NaN)
                .Where(double.IsFinite).ToArray())
            .Where(kind => kind.Length >= FewOfKind).Select(kind => (kind.Min(), kind.Max())).OrderBy(range => range.Item1)];
        for (int k = 1; k < ranges.Length; k++)
        {
            double gap = ranges[k].Least - ranges[k - 1].Most;
            if (gap > 0 && gap > Math.Max(ranges[k].Most - ranges[k].Least, ranges[k - 1].Most - ranges[k - 1].Least)) return true;
        }
        return false;
    }).Any();
}
