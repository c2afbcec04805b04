using CloudNative.CloudEvents;

namespace Esn.Streaming.Wire;

/// <summary>What a model found of its feed that changes what it models, as others read it.</summary>
public static class ModelCloudEvent
{
    /// <summary>Channels grow without bound; of them the growth is modelled.</summary>
    public const string Growing = "esn.model.growing";

    /// <summary>The model begins anew: nothing alarms until it has warmed up, but for what is told early, and for channels that stayed
    /// where some are set aside.</summary>
    public const string Restarted = "esn.model.restarted";

    /// <summary>The scaling was moved to where the feed is now; what was learnt holds there.</summary>
    public const string Rescaled = "esn.model.rescaled";

    /// <summary>A rhythm rides on a base line that wanders: the units are driven by what is left beside it.</summary>
    public const string Wandering = "esn.model.wandering";

    /// <summary>Not all channels tell of each other: each group that does has units of its own, each channel is judged by itself.</summary>
    public const string Apart = "esn.model.apart";

    /// <summary>The model that began anew has warmed up beside the former one, and judges all channels from here on.</summary>
    public const string Succeeded = "esn.model.succeeded";

    /// <summary>What was set aside is back: the former model goes on.</summary>
    public const string Kept = "esn.model.kept";

    /// <summary>The data of such an event.</summary>
    /// <param name="Stream">Its name.</param>
    /// <param name="Topic">Of the stream.</param>
    /// <param name="Partition">Of the stream.</param>
    /// <param name="Time">Of the frame, feed time.</param>
    /// <param name="Position">Of the frame in the stream.</param>
    /// <param name="Why">growing, outgrown, wandering, apart, succeeded, kept.</param>
    /// <param name="Channels">Names of those it is about, or their numbers.</param>
    /// <param name="Says">The same for a person.</param>
    /// <param name="SetAside">
    /// Of <see cref="Restarted"/>: the channels are set aside, the others go on being judged; null: the model does not begin anew.
    /// </param>
    /// <param name="WarmUp">
    /// Of <see cref="Restarted"/>: frames that the new model still warms up for, at the least; 0: it judges. Null: the model does not begin
    /// anew, and nothing is said of whether it judges.
    /// </param>
    public sealed record ModelData(string Stream, string Topic, int Partition, string Time, long Position, string Why,
        IReadOnlyList<string> Channels, string Says, bool? SetAside, int? WarmUp);

    /// <summary>The events of a change: its own, and those of what the model that begins or succeeds found.</summary>
    /// <inheritdoc cref="Of"/>
    public static IEnumerable<CloudEvent> All(Frame frame, long position, ModelChange change, IReadOnlyList<string> names) =>
        All(change).Select(one => Of(frame, position, one, names));

    /// <summary>The change, and what was found with it.</summary>
    public static IEnumerable<ModelChange> All(ModelChange change) => [change, .. change.Found];

    /// <summary>The event.</summary>
    /// <param name="frame">With which it was found.</param>
    /// <param name="position">Of the frame in the stream.</param>
    /// <param name="change">What.</param>
    /// <param name="names">Names of the channels; empty: none.</param>
    public static CloudEvent Of(Frame frame, long position, ModelChange change, IReadOnlyList<string> names)
    {
        string type = change.Restarted ? Restarted : change.Kind switch
        {
            ModelChangeKind.Wandering => Wandering,
            ModelChangeKind.Apart => Apart,
            ModelChangeKind.Outgrown => Rescaled,
            ModelChangeKind.Succeeded => Succeeded,
            ModelChangeKind.Kept => Kept,
            _ => Growing,
        };
        string what = type[(type.LastIndexOf('.') + 1)..];
        return new CloudEvent
        {
            Id = FormattableString.Invariant($"{frame.Stream.Topic}/{frame.Stream.Partition}/{frame.Stream.Key}/{position}/model/{what}"),
            Type = type,
            Source = new Uri($"/esn/{Uri.EscapeDataString(frame.Stream.Topic)}", UriKind.Relative),
            Subject = frame.Stream.Key,
            Time = frame.Time,
            DataContentType = "application/json",
            Data = new ModelData(frame.Stream.Key, frame.Stream.Topic, frame.Stream.Partition, FeedTime.Write(frame.Time), position,
                Words.Of(change.Kind), Names(change, names), Say(change, names),
                change.Restarted ? change.SetsAside : null, change.Restarted ? change.WarmUp : null),
        };
    }

    static string[] Names(ModelChange change, IReadOnlyList<string> names) =>
        [.. change.Channels.Select(c => AnomalyCloudEvent.NameOrNumber(names, c))];

    /// <summary>The change in a line for a person.</summary>
    /// <param name="change">What.</param>
    /// <param name="names">Names of the channels; empty: none.</param>
    public static string Say(ModelChange change, IReadOnlyList<string> names)
    {
        string of = string.Join(", ", Names(change, names));
        bool all = change.Channels.Count == 0 || change.Channels.Count == names.Count, one = change.Channels.Count == 1;
        return change.Kind switch
        {
            ModelChangeKind.Wandering => "a rhythm on a base line that wanders: what is left beside it drives the units",
            ModelChangeKind.Apart => Related(change, names) + ", so far: each channel is judged by itself",
            ModelChangeKind.Outgrown => $"{(all ? "the feed has" : of)} left the range that its scaling was fixed for: "
                + (change.Restarted ? Anew(change, of, one) : "the scaling is moved, and what was learnt holds there"),
            ModelChangeKind.Succeeded => "the model that began anew has warmed up: it judges all channels from here on"
                + (change.Channels.Count == 0 ? "" : $", {of} too"),
            ModelChangeKind.Kept => $"{of} {(one ? "is back where it was" : "are back where they were")}: "
                + "the former model goes on, and judges all channels",
            _ => $"{of} {(one ? "grows" : "grow")} without bound: modelled by the growth a step"
                + (change.Restarted ? ", " + Anew(change, of, one) : ""),
        };
    }

    static string Anew(ModelChange change, string of, bool one) => change switch
    {
        { SetsAside: true } => $"{of} {(one ? "is" : "are")} set aside, judged by what is unprecedented alone, until another model has "
            + $"warmed up, in {change.WarmUp} frames at the earliest; the other channels are judged as before",
        { WarmUp: > 0 } => $"the model begins anew, and warms up for {change.WarmUp} frames",
        _ => "the model begins anew, and judges at once",
    };

    static string Related(ModelChange change, IReadOnlyList<string> names)
    {
        string[] groups = [.. change.Groups.Select(of => string.Join(" + ", of.Select(c => AnomalyCloudEvent.NameOrNumber(names, c))))];
        return groups.Length == 0 ? "no channel tells of another" : $"{string.Join(" and ", groups)} tell of each other"
            + (change.Channels.Count == 0 ? "" : $", {string.Join(", ", Names(change, names))} of none");
    }
}
