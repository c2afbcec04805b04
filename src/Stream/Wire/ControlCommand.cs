using System.Globalization;
using System.Text.Json.Serialization;

namespace Esn.Streaming.Wire;

/// <summary>
/// What a person asks of streams or says of alarms, with who and why: a record of the topic of commands, in which the last one of a
/// key stands for it.
/// </summary>
/// <param name="Id">Of the command; a later one of the same id takes its place.</param>
/// <param name="At">When it was said, wall clock.</param>
/// <param name="By">Who said it: the name of the token.</param>
/// <param name="Why">What was said with it; may be empty.</param>
public abstract record ControlCommand(string Id, DateTimeOffset At, string By, string Why)
{
    /// <summary>Key of its record.</summary>
    [JsonIgnore]
    public abstract string Key { get; }
}

/// <summary>Streams are not to be judged for some time.</summary>
/// <param name="Id">Of the mute.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
/// <param name="Why">May be empty.</param>
/// <param name="Streams">Name of a stream, or a pattern: * stands for any letters.</param>
/// <param name="Topic">Of the streams; null: of any.</param>
/// <param name="Until">First moment after it, wall clock.</param>
public sealed record ControlMute(string Id, DateTimeOffset At, string By, string Why, string Streams, string? Topic, DateTimeOffset Until)
    : ControlCommand(Id, At, By, Why)
{
    /// <summary>Who ended it before its time; null: nobody.</summary>
    public string? EndedBy { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Key => $"mute/{Id}";
}

/// <summary>Somebody takes an alarm on.</summary>
/// <param name="Alarm">Its id.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
/// <param name="Why">May be empty.</param>
public sealed record ControlAcknowledgement(string Alarm, DateTimeOffset At, string By, string Why)
    : ControlCommand($"acknowledgement/{Alarm}", At, By, Why)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Key => Id;
}

/// <summary>Whether an alarm was one.</summary>
/// <param name="Alarm">Its id.</param>
/// <param name="At">When it was said.</param>
/// <param name="By">Who said it.</param>
/// <param name="Why">May be empty.</param>
/// <param name="Anomaly">True: it was one; false: what the feed did there is normal.</param>
/// <param name="PeakScore">Its highest score, where the process knew that was told; else 0.</param>
public sealed record ControlFeedback(string Alarm, DateTimeOffset At, string By, string Why, bool Anomaly, double PeakScore)
    : ControlCommand(string.Create(CultureInfo.InvariantCulture, $"feedback/{Alarm}/{At.UtcTicks}"), At, By, Why)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Key => Id;
}

/// <summary>
/// From which record of a partition on a command holds: said by the process that has the partition, so that every replay, wherever it
/// runs, does the same to the same records.
/// </summary>
/// <param name="Command">Id of the command.</param>
/// <param name="Topic">Of the source.</param>
/// <param name="Partition">Of the topic.</param>
/// <param name="From">Offset of the first record that it holds for.</param>
/// <param name="To">Offset of the first record that it no longer holds for; null: it goes on, or holds once.</param>
/// <param name="At">When it was said.</param>
public sealed record ControlTaken(string Command, string Topic, int Partition, long From, long? To, DateTimeOffset At)
    : ControlCommand($"taken/{Command}/{Topic}/{Partition.ToString(CultureInfo.InvariantCulture)}", At, "esn", "")
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Key => Id;

    /// <summary>Of which it is said.</summary>
    [JsonIgnore]
    public PartitionId Of => new(Topic, Partition);
}

/// <summary>What people said of an alarm last.</summary>
/// <param name="Taken">Who has taken it on; null: nobody.</param>
/// <param name="Judged">Whether it was one; null: nobody has said.</param>
public readonly record struct AlarmNote(ControlAcknowledgement? Taken, ControlFeedback? Judged);

/// <summary>The id of an alarm: topic/partition/key/offset of the record that opened it.</summary>
public static class AlarmIds
{
    /// <summary>The stream of an alarm; null: it is no id of an alarm.</summary>
    public static StreamId? StreamOf(string alarm)
    {
        int first = alarm.IndexOf('/', StringComparison.Ordinal), last = alarm.LastIndexOf('/');
        int second = first < 0 ? -1 : alarm.IndexOf('/', first + 1);
        if (first <= 0 || second < 0 || last <= second + 1) return null;
        return int.TryParse(alarm.AsSpan(first + 1, second - first - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
            && long.TryParse(alarm.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? new StreamId(alarm[..first], partition, alarm[(second + 1)..last]) : null;
    }
}
