using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Streams;
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

    readonly Lock _lock = new();
    readonly HashSet<StreamId> _here = [];
    readonly Dictionary<(string Topic, string Name), DateTimeOffset> _until = [];  // of every name here; the past: not muted

    /// <summary>The mutes in force, by name.</summary>
    public IReadOnlyList<Mute> All
    {
        get
        {
            DateTimeOffset now = time.GetUtcNow();
            lock (_lock)
                return [.. _until.Where(pair => pair.Value > now).Select(pair => new Mute(pair.Key.Topic, pair.Key.Name, pair.Value))
                    .OrderBy(mute => mute.Topic, StringComparer.Ordinal).ThenBy(mute => mute.Stream, StringComparer.Ordinal)];
        }
    }

    /// <summary>Whether a stream is muted now.</summary>
    public bool Covers(StreamId stream)
    {
        lock (_lock) return _until.TryGetValue((stream.Topic, stream.Key), out DateTimeOffset until) && until > time.GetUtcNow();
    }

    /// <summary>Mutes a stream from now on, in place of a mute that it has; in every partition that has the name.</summary>
    /// <param name="stream">Its name.</param>
    /// <param name="topic">Null: that of the only topic with this name.</param>
    /// <param name="duration">Above 0, at most <see cref="Longest"/>.</param>
    /// <param name="problem">Why not; null: done.</param>
    public Mute? Set(string stream, string? topic, TimeSpan duration, out MuteProblem? problem)
    {
        lock (_lock)
        {
            if (Find(stream, topic, out problem) is not { } name) return null;
            return new Mute(name.Topic, name.Name, _until[name] = time.GetUtcNow() + duration);
        }
    }

    /// <summary>Judges a stream again.</summary>
    /// <param name="stream">Its name.</param>
    /// <param name="topic">Null: that of the only topic with this name.</param>
    /// <param name="problem">Why not; null: done, or it was not muted.</param>
    public void End(string stream, string? topic, out MuteProblem? problem)
    {
        lock (_lock)
            if (Find(stream, topic, out problem) is { } name) _until[name] = DateTimeOffset.MinValue;
    }

    /// <summary>Learns which streams are here: those of a batch come, those that went take their mute along.</summary>
    public void Observe(ScoredBatch batch)
    {
        lock (_lock)
        {
            foreach (StreamSteps steps in batch.Streams)
                if (_here.Add(steps.Stream)) _until.TryAdd((steps.Stream.Topic, steps.Stream.Key), DateTimeOffset.MinValue);
            if (batch.Gone.Count == 0) return;
            _here.ExceptWith(batch.Gone);
            var names = _here.Select(stream => (stream.Topic, stream.Key)).ToHashSet();
            foreach ((string Topic, string Name) name in _until.Keys.Where(name => !names.Contains(name)).ToList()) _until.Remove(name);
        }
    }

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

    (string Topic, string Name)? Find(string stream, string? topic, out MuteProblem? problem)
    {
        (string Topic, string Name)[] found =
            [.. _until.Keys.Where(key => key.Name == stream && (topic is null || key.Topic == topic)).Take(2)];
        problem = found.Length switch
        {
            1 => null,
            0 => new MuteProblem(Unknown: true,
                $"no stream {stream}{(topic is null ? "" : $" of topic {topic}")} is in this process: its name is the key of its records, and another replica may have it"),
            _ => new MuteProblem(Unknown: false, $"several topics have a stream {stream}: say which with topic="),
        };
        return problem is null ? found[0] : null;
    }

    [GeneratedRegex(@"^(?<count>[0-9]{1,9}(\.[0-9]{1,3})?)(?<unit>[smhd])$")]
    private static partial Regex Form();
}
