namespace Esn.Streaming.Wire;

/// <summary>What an alarm is about, in words for a person at night.</summary>
static class AlarmText
{
    const double Part = .2;  // of the peak, that is worth a word
    const int Digits = 4, MostDigits = 15;  // all that a double has

    /// <summary>The channels that it is about, most of all first; empty: the feed has one, or is a field, which has regions.</summary>
    public static IReadOnlyList<Contribution> Channels(AlarmEvent alarm) =>
        alarm.Observed.Length < 2 || alarm.Field is not null ? [] : [.. alarm.Contributions.Where(one => one.Share >= Part)];

    /// <summary>The same by name, and those that began to alarm later; empty, or led by a semicolon.</summary>
    /// <param name="alarm">The event.</param>
    /// <param name="names">Of the channels, as configured.</param>
    public static string Named(AlarmEvent alarm, IReadOnlyList<string> names) =>
        Say(alarm, channel => AnomalyCloudEvent.NameOrNumber(names, channel));

    /// <summary>
    /// The same, and what came where what was expected, in units of the feed; of a feed of one channel too. An alarm that ends, or goes on,
    /// is no more about the values of that step: it has the names alone.
    /// </summary>
    public static string Valued(AlarmEvent alarm, IReadOnlyList<string> names)
    {
        if (alarm.Change is not (AlarmChange.Opened or AlarmChange.Reopened or AlarmChange.Escalated)) return Named(alarm, names);
        string? Of(int channel) => Pair(alarm.Observed[channel], alarm.Expected[channel]);
        return alarm is { Observed.Length: 1, Field: null }
            ? Of(0) is { } one ? $"; {one}" : ""
            : Say(alarm, channel => AnomalyCloudEvent.NameOrNumber(names, channel) + (Of(channel) is { } pair ? $" ({pair})" : ""));
    }

    /// <summary>What came where what was expected, with as many digits as tell them apart; null: no value came.</summary>
    /// <param name="observed">In units of the feed.</param>
    /// <param name="expected">The same; not finite: nothing was expected yet.</param>
    public static string? Pair(double observed, double expected)
    {
        if (!double.IsFinite(observed)) return null;
        if (!double.IsFinite(expected)) return Figures.Of(observed);
        int digits = Digits;
        if (observed != expected) while (digits < MostDigits && Figures.Of(observed, digits) == Figures.Of(expected, digits)) digits++;
        return $"{Figures.Of(observed, digits)} where {Figures.Of(expected, digits)} was expected";
    }

    static string Say(AlarmEvent alarm, Func<int, string> word)
    {
        string first = string.Join(", ", Channels(alarm).Select(one => word(one.Channel)));
        string later = string.Join(", ", alarm.LaterChannels.Select(word));
        string incident = alarm.Incidents > 1 ? FormattableString.Invariant($"; incident {alarm.Incidents} of it") : "";
        return (first.Length > 0 ? $"; in {first}" : "") + (later.Length > 0 ? $"; later in {later}" : "") + incident;
    }
}
