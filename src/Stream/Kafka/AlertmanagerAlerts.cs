using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>What Alertmanager hears of alarms and silences, and is reminded of for as long as they last.</summary>
/// <param name="names">Of the channels, as configured.</param>
/// <param name="link">To a stream on the page; null: not known.</param>
sealed class AlertmanagerAlerts(IReadOnlyList<string> names, Func<StreamId, string?> link)
{
    static readonly JsonSerializerOptions Layout = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    readonly Dictionary<(StreamId Stream, string What), Alert> _open = [];

    /// <summary>All that is firing, as its API takes it; null: nothing is.</summary>
    public byte[]? Open() => _open.Count == 0 ? null : JsonSerializer.SerializeToUtf8Bytes(_open.Values, Layout);

    /// <summary>A change of an alarm or of a silence, as its API takes it.</summary>
    public byte[] Of(WebhookChange change) => JsonSerializer.SerializeToUtf8Bytes(
        change.Silence is { } silence ? Alerts(change, silence) : Alerts(change, change.Alarm!), Layout);

    /// <summary>
    /// Streams went to another process or came from one: their next owner reminds of them, or they resolve by themselves.
    /// </summary>
    public void HandOver(WebhookChange change)
    {
        HashSet<StreamId> streams = [change.Stream, .. change.Back.Select(back => back.Stream)];
        foreach ((StreamId Stream, string) open in _open.Keys.Where(open => streams.Contains(open.Stream)).ToArray()) _open.Remove(open);
        foreach (StreamBack back in change.Back) Remember(change with { Stream = back.Stream }, back);
    }

    // What the process before this one told goes on firing: it is reminded of with the others.
    void Remember(WebhookChange change, StreamBack back)
    {
        if (back is { Alarm: { } alarm, Severity: { } severity })
            Alerts(change, "alarm", ended: false, LabelsOf(back.Stream, severity, alarm, back.LaterChannels, back.Incidents),
                Misbehaves(back.Stream),
                string.Create(CultureInfo.InvariantCulture, $"Open since before this process began; peak score {back.PeakScore:F2} "
                    + $"(1 = threshold), {Words.Of(severity)}."));
        foreach (int channel in back.Silent ? [-1, .. back.SilentChannels] : back.SilentChannels)
            Alerts(change, FormattableString.Invariant($"silence {channel}"), ended: false, LabelsOf(back.Stream, channel),
                SilentText(back.Stream, channel, null), "Silent since before this process began.");
    }

    Dictionary<string, string> LabelsOf(StreamId stream, Severity severity, string alarm, IReadOnlyList<int> later,
        int incidents)
    {
        var labels = new Dictionary<string, string>
        {
            ["alertname"] = "EsnAnomaly",
            ["severity"] = severity switch { Severity.Critical => "critical", Severity.Major => "warning", _ => "info" },
            ["topic"] = stream.Topic, ["stream"] = stream.Key, ["partition"] = FormattableString.Invariant($"{stream.Partition}"),
            ["alarm"] = alarm,
        };
        // Alertmanager tells again of an alert whose labels are others.
        if (later.Count > 0) labels["later_channels"] = string.Join(", ", later.Select(NameOf));
        if (incidents > 1) labels["incident"] = FormattableString.Invariant($"{incidents}");
        return labels;
    }

    string NameOf(int channel) => AnomalyCloudEvent.NameOrNumber(names, channel);

    static Dictionary<string, string> LabelsOf(StreamId stream, int channel)
    {
        var labels = new Dictionary<string, string>
        {
            ["alertname"] = "EsnFeedSilent", ["severity"] = "warning", ["topic"] = stream.Topic, ["stream"] = stream.Key,
            ["partition"] = FormattableString.Invariant($"{stream.Partition}"),
        };
        if (channel >= 0) labels["channel"] = FormattableString.Invariant($"{channel}");
        return labels;
    }

    static string Misbehaves(StreamId stream) => $"{stream.Key} ({stream.Topic}) does not behave as it used to";

    static string SilentText(StreamId stream, int channel, string? name)
    {
        string what = channel < 0 ? "" : $"channel {name ?? FormattableString.Invariant($"{channel}")} of ";
        return $"{what}{stream.Key} ({stream.Topic}) gives nothing any more";
    }

    List<Alert> Alerts(WebhookChange change, AlarmEvent alarm)
    {
        return Alerts(change, "alarm", ended: alarm.Change is AlarmChange.Closed or AlarmChange.Adapted,
            LabelsOf(change.Stream, alarm.Severity, change.Id, alarm.LaterChannels, alarm.Incidents), Misbehaves(change.Stream),
            string.Create(CultureInfo.InvariantCulture, $"Open since step {alarm.Start}, feed time "
                + $"{FeedTime.Write(alarm.StartTime)}; peak score {alarm.PeakScore:F2} (1 = threshold), "
                + $"{Words.Of(alarm.Severity)}{AlarmText.Valued(alarm, names)}; now {Words.Of(alarm.Change)}."));
    }

    List<Alert> Alerts(WebhookChange change, SilenceChange silence)
    {
        var data = (FeedCloudEvent.FeedData)change.Event!.Data!;
        return Alerts(change, FormattableString.Invariant($"silence {silence.Channel}"), silence.Ended,
            LabelsOf(change.Stream, silence.Channel), SilentText(change.Stream, silence.Channel, data.Name),
            string.Create(CultureInfo.InvariantCulture, $"The last it gave is of feed time {data.Since}; a frame comes every "
                + $"{data.IntervalSeconds:G3} s else; now it {(silence.Ended ? "speaks again" : "is silent")}."));
    }

    // An alert is its labels: one whose severity changes is resolved, and another one fires.
    List<Alert> Alerts(WebhookChange change, string what, bool ended, Dictionary<string, string> labels, string summary, string description)
    {
        var alerts = new List<Alert>();
        Alert? before = _open.GetValueOrDefault((change.Stream, what));
        bool same = before is not null && before.labels.OrderBy(label => label.Key).SequenceEqual(labels.OrderBy(label => label.Key));
        if (before is not null && !same) alerts.Add(before with { endsAt = FeedTime.Write(change.At) });
        var alert = new Alert(labels, new Dictionary<string, string> { ["summary"] = summary, ["description"] = description },
            same ? before!.startsAt : FeedTime.Write(change.At), ended ? FeedTime.Write(change.At) : null, link(change.Stream));
        alerts.Add(alert);
        if (ended) _open.Remove((change.Stream, what));
        else _open[(change.Stream, what)] = alert;
        return alerts;
    }

    // Named as Alertmanager's API names them.
    sealed record Alert(Dictionary<string, string> labels, Dictionary<string, string> annotations, string startsAt, string? endsAt,
        string? generatorURL);
}
