using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Configuration;

/// <summary>
/// Times, of the feed, in which streams are not to be judged: no alarm opens, an open one ends, nothing is learnt.
/// Without <see cref="From"/>, <see cref="To"/> and <see cref="Weekly"/>: always, which must name its streams.
/// </summary>
public sealed partial record MaintenanceConfig
{
    const int DayMinutes = 24 * 60;

    /// <summary>Names of streams; * stands for any letters. Empty: all.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>First moment, ISO 8601; empty: since ever.</summary>
    public string From { get; init; } = "";

    /// <summary>First moment after it, ISO 8601; empty: for ever.</summary>
    public string To { get; init; } = "";

    /// <summary>Hours of every day ("02:00-04:00") or of a day of the week ("sun 22:00-04:00"), UTC; empty: all.</summary>
    public string Weekly { get; init; } = "";

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (From.Length > 0 && FeedTime.Parse(From) is null)
            throw new ArgumentOutOfRangeException(nameof(From), $"from must be a time such as 2026-01-02T03:04:05Z, was {From}");
        if (To.Length > 0 && FeedTime.Parse(To) is null)
            throw new ArgumentOutOfRangeException(nameof(To), $"to must be a time such as 2026-01-02T03:04:05Z, was {To}");
        if (From.Length > 0 && To.Length > 0 && FeedTime.Parse(From) >= FeedTime.Parse(To))
            throw new ArgumentOutOfRangeException(nameof(To), $"to must be after from ({From}), was {To}");
        if (From.Length + To.Length + Weekly.Length == 0 && (Streams.Count == 0 || Streams.Contains("*")))
            throw new ArgumentOutOfRangeException(nameof(From),
                "an entry needs streams, from, to or weekly: without them it mutes every stream for ever");
        if (Weekly.Length > 0 && Hours(Weekly) is null)
            throw new ArgumentOutOfRangeException(nameof(Weekly),
                $"weekly must be such as 'sun 02:00-04:00' or '02:00-04:00', was {Weekly}");
        if (Weekly.Length > 0 && Hours(Weekly) is (_, var start, DayMinutes) && start > 0)
            throw new ArgumentOutOfRangeException(nameof(Weekly),
                $"weekly must end at another time than it begins, and a whole day is 00:00-24:00, was {Weekly}");
    }

    /// <summary>Whether a frame of this stream is not to be judged: what the record says, made ready to be asked often.</summary>
    public Func<string, DateTime, bool> Compile()
    {
        DateTime from = FeedTime.Parse(From) ?? DateTime.MinValue, to = FeedTime.Parse(To) ?? DateTime.MaxValue;
        var streams = new StreamPattern(Streams);
        (DayOfWeek? day, int start, int length) = Hours(Weekly) ?? (null, 0, DayMinutes);
        return (stream, time) =>
        {
            if (time < from || time >= to || !streams.Matches(stream)) return false;
            int minute = time.Hour * 60 + time.Minute;
            // Hours that pass midnight belong to the day on which they began.
            int since = minute - start;
            DayOfWeek began = time.DayOfWeek;
            if (since < 0) (since, began) = (since + DayMinutes, (DayOfWeek)(((int)began + 6) % 7));
            return since < length && (day is null || day == began);
        };
    }

    static (DayOfWeek? Day, int Start, int Length)? Hours(string weekly)
    {
        Match match = Form().Match(weekly);
        if (!match.Success) return null;
        int[] n = [.. "abcd".Select(group => int.Parse(match.Groups[group.ToString()].Value, CultureInfo.InvariantCulture))];
        if (n[0] > 23 || n[1] > 59 || n[2] > 24 || n[3] > 59) return null;
        int start = n[0] * 60 + n[1], end = n[2] * 60 + n[3];
        DayOfWeek? day = match.Groups["day"].Success
            ? Enum.GetValues<DayOfWeek>().First(known =>
                known.ToString().StartsWith(match.Groups["day"].Value, StringComparison.OrdinalIgnoreCase))
            : null;
        return (day, start, (end - start + DayMinutes - 1) % DayMinutes + 1);
    }

    [GeneratedRegex("^((?<day>mon|tue|wed|thu|fri|sat|sun) +)?(?<a>[0-9]{2}):(?<b>[0-9]{2})-(?<c>[0-9]{2}):(?<d>[0-9]{2})$",
        RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
