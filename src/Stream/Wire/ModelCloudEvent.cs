using CloudNative.CloudEvents;

namespace Esn.Streaming.Wire;

/// <summary>What a model found of its feed that changes what it models, as others read it.</summary>
public static class ModelCloudEvent
{
    /// <summary>Channels grow without bound; of them the growth is modelled.</summary>
    public const string Growing = "esn.model.growing";

    /// <summary>The model begins anew: nothing alarms until it has warmed up, but for what is told early.</summary>
    public const string Restarted = "esn.model.restarted";

    /// <summary>The scaling was moved to where the feed is now; what was learnt holds there.</summary>
    public const string Rescaled = "esn.model.rescaled";

    /// <summary>A rhythm rides on a base line that wanders: the units are driven by what is left beside it.</summary>
    public const string Wandering = "esn.model.wandering";

    /// <summary>Not all channels tell of each other: each group that does has units of its own, each channel is judged by itself.</summary>
    public const string Apart = "esn.model.apart";

    /// <summary>The data of such an event.</summary>
    /// <param name="Stream">Its name.</param>
    /// <param name="Topic">Of the stream.</param>
    /// <param name="Partition">Of the stream.</param>
    /// <param name="Time">Of the frame, feed time.</param>
    /// <param name="Position">Of the frame in the stream.</param>
    /// <param name="Why">growing, outgrown, wandering, apart.</param>
    /// <param name="Channels">Names of those it is about, or their numbers.</param>
    /// <param name="Says">The same for a person.</param>
    public sealed record ModelData(string Stream, string Topic, int Partition, string Time, long Position, string Why,
        IReadOnlyList<string> Channels, string Says);

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
                Words.Of(change.Kind), Names(change, names), Say(change, names)),
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
        return change.Kind == ModelChangeKind.Wandering
            ? "a rhythm on a base line that wanders: what is left beside it drives the units"
            : change.Kind == ModelChangeKind.Apart
            ? Related(change, names) + ", so far: each channel is judged by itself"
            : change.Kind == ModelChangeKind.Outgrown
            ? $"{(all ? "the feed has" : of)} left the range that its scaling was fixed for: "
                + (change.Restarted ? "the model begins anew" : "the scaling is moved, and what was learnt holds there")
            : $"{of} {(one ? "grows" : "grow")} without bound: modelled by the growth a step"
                + (change.Restarted ? ", the model begins anew" : "");
    }

    static string Related(ModelChange change, IReadOnlyList<string> names)
    {
        string[] groups = [.. change.Groups.Select(of => string.Join(" + ", of.Select(c => AnomalyCloudEvent.NameOrNumber(names, c))))];
        return groups.Length == 0 ? "no channel tells of another" : $"{string.Join(" and ", groups)} tell of each other"
            + (change.Channels.Count == 0 ? "" : $", {string.Join(", ", Names(change, names))} of none");
    }
}
