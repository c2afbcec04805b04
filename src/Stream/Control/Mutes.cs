using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Control;

/// <summary>A stream that is not to be judged for now.</summary>
/// <param name="Topic">Of the stream.</param>
/// <param name="Stream">Its name.</param>
/// <param name="Until">First moment after it, wall clock.</param>
public sealed record Mute(string Topic, string Stream, DateTimeOffset Until);

/// <summary>Why a stream can't be muted.</summary>
/// <param name="Unknown">There is none of this name; else there are several.</param>
/// <param name="Detail">For a person.</param>
public sealed record MuteProblem(bool Unknown, string Detail);

/// <summary>
/// Which streams are here, and which of them a person has silenced. The clock is the wall's, at the moment a batch is
/// scored: somebody who is on call means the next two hours, not two hours of a feed that may lag or be replayed.
/// </summary>
/// <remarks>
/// So what a muted stream tells depends on when it was muted: a replay does not repeat it, as it repeats a maintenance
/// window of the configuration. A mute ends with the process, or when the stream goes to another replica. Thread-safe.
/// </remarks>
/// <param name="time">The wall clock.</param>
public sealed partial class Mutes(TimeProvider time)
{
    /// <summary>Longest mute; what is to last longer belongs into the configuration.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    readonly ConcurrentDictionary<StreamId, DateTimeOffset> _until = new();  // of every stream here; the past: not muted

    /// <summary>The mutes in force, by name.</summary>
    public IReadOnlyList<Mute> All
    {
        get
        {
            DateTimeOffset now = time.GetUtcNow();
            return [.. _until.Where(pair => pair.Value > now).Select(pair => new Mute(pair.Key.Topic, pair.Key.Name, pair.Value))
                .OrderBy(mute => mute.Topic, StringComparer.Ordinal).ThenBy(mute => mute.Stream, StringComparer.Ordinal)];
        }
    }

    /// <summary>Whether a stream is muted now.</summary>
    public bool Covers(StreamId stream) => _until.TryGetValue(stream, out DateTimeOffset until) && until > time.GetUtcNow();

    /// <summary>Mutes a stream from now on, in place of a mute that it has.</summary>
    /// <param name="stream">Its name.</param>
    /// <param name="topic">Null: that of the only stream of this name.</param>
    /// <param name="duration">Above 0, at most <see cref="Longest"/>.</param>
    /// <param name="problem">Why not; null: done.</param>
    public Mute? Set(string stream, string? topic, TimeSpan duration, out MuteProblem? problem)
    {
        if (Find(stream, topic, out problem) is not { } id) return null;
        var mute = new Mute(id.Topic, id.Name, time.GetUtcNow() + duration);
        // A stream that has left meanwhile stays away.
        return _until.TryGetValue(id, out DateTimeOffset before) && _until.TryUpdate(id, mute.Until, before) ? mute : Set(stream, topic, duration, out problem);
    }

    /// <summary>Judges a stream again.</summary>
    /// <param name="stream">Its name.</param>
    /// <param name="topic">Null: that of the only stream of this name.</param>
    /// <param name="problem">Why not; null: done, or it was not muted.</param>
    public void End(string stream, string? topic, out MuteProblem? problem)
    {
        if (Find(stream, topic, out problem) is { } id && _until.TryGetValue(id, out DateTimeOffset before)) _until.TryUpdate(id, DateTimeOffset.MinValue, before);
    }

    /// <summary>A stream got its model.</summary>
    public void Arrive(StreamId stream) => _until.TryAdd(stream, DateTimeOffset.MinValue);

    /// <summary>A stream went to another replica, and its mute with it.</summary>
    public void Leave(StreamId stream) => _until.TryRemove(stream, out _);

    /// <summary>From "90s", "15m", "2h" or "3d"; null: it is no such text, or out of range.</summary>
    public static TimeSpan? Duration(string? text)
    {
        Match match = Form().Match(text ?? "");
        if (!match.Success) return null;
        double seconds = double.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) * match.Groups["unit"].Value switch
        {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => 86400,
        };
        return seconds > 0 && seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    StreamId? Find(string stream, string? topic, out MuteProblem? problem)
    {
        StreamId[] found = [.. _until.Keys.Where(id => id.Name == stream && (topic is null || id.Topic == topic)).Take(2)];
        problem = found.Length switch
        {
            1 => null,
            0 => new MuteProblem(Unknown: true, $"no stream {stream}{(topic is null ? "" : $" of topic {topic}")} is in this process: its name is the key of its records, and another replica may have it"),
            _ => new MuteProblem(Unknown: false, $"several topics have a stream {stream}: say which with topic="),
        };
        return problem is null ? found[0] : null;
    }

    [GeneratedRegex(@"^(?<count>[0-9]{1,9}(\.[0-9]{1,3})?)(?<unit>[smhd])$")]
    private static partial Regex Form();
}
