using System.Globalization;

namespace Esn.Streaming.Wire;

/// <summary>What an alarm is about, in words for a person at night.</summary>
static class AlarmText
{
    const double Part = .2;  // of the peak, that is worth a word

    /// <summary>The channels that it is about, most of all first; empty: the feed has one, or is a field, which has regions.</summary>
    public static IReadOnlyList<Contribution> Channels(AlarmEvent alarm) =>
        alarm.Observed.Length < 2 || alarm.Field is not null ? [] : [.. alarm.Contributions.Where(one => one.Share >= Part)];

    /// <summary>The same by name, and those that began to alarm later; empty, or led by a semicolon.</summary>
    /// <param name="alarm">The event.</param>
    /// <param name="names">Of the channels, as configured.</param>
    public static string Named(AlarmEvent alarm, IReadOnlyList<string> names) =>
        Say(alarm, channel => AnomalyCloudEvent.NameOrNumber(names, channel));

    /// <summary>The same, and what came where what was expected, in units of the feed; of a feed of one channel too.</summary>
    public static string Valued(AlarmEvent alarm, IReadOnlyList<string> names) => alarm is { Observed.Length: 1, Field: null }
        ? $"; {Pair(alarm, 0)}"
        : Say(alarm, channel => $"{AnomalyCloudEvent.NameOrNumber(names, channel)} ({Pair(alarm, channel)})");

    static string Say(AlarmEvent alarm, Func<int, string> word)
    {
        string first = string.Join(", ", Channels(alarm).Select(one => word(one.Channel)));
        string later = string.Join(", ", alarm.LaterChannels.Select(word));
        return (first.Length > 0 ? $"; in {first}" : "") + (later.Length > 0 ? $"; later in {later}" : "");
    }

    static string Pair(AlarmEvent alarm, int channel) =>
        string.Create(CultureInfo.InvariantCulture, $"{alarm.Observed[channel]:G4} where {alarm.Expected[channel]:G4} was expected");
}
