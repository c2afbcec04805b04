using Esn.Streaming.Configuration;

namespace Esn.Streaming.Kafka;

/// <summary>
/// Which topics the patterns of a source mean. That is known by all topics there are, of which a cluster may have thousands: they are
/// asked for now and then, as long as none is known, and when a topic is read that was not known.
/// </summary>
/// <param name="source">Which topics it reads.</param>
/// <param name="time">The clock.</param>
sealed class MatchedTopics(SourceConfig source, TimeProvider time)
{
    /// <summary>Between two questions for all topics.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    readonly HashSet<string> _named = [.. source.Named];
    HashSet<string> _known = [];
    long? _asked;

    /// <summary>Those that patterns mean, beside those that are named, as far as is known.</summary>
    public IReadOnlyCollection<string> Known => _known;

    /// <summary>Whether all topics must be asked for.</summary>
    /// <param name="held">Topics that are read by now.</param>
    public bool MustAsk(IEnumerable<string> held) => _named.Count < source.Topics.Count
        && (_known.Count == 0 || _asked is not { } last || time.GetElapsedTime(last) >= Every
            || held.Any(topic => !_named.Contains(topic) && !_known.Contains(topic)));

    /// <summary>All topics that there are.</summary>
    public void Take(IEnumerable<string> all) =>
        (_known, _asked) = ([.. all.Where(topic => source.Reads(topic) && !_named.Contains(topic))], time.GetTimestamp());
}
