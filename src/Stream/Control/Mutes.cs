using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Control;

/// <summary>Streams that are not to be judged for now.</summary>
/// <param name="Streams">Name of a stream, or a pattern: * stands for any letters.</param>
/// <param name="Topic">Of the streams; null: of any.</param>
/// <param name="Until">First moment after it, wall clock.</param>
/// <param name="By">Who said it: the name of the token.</param>
/// <param name="Why">What was said with it; may be empty.</param>
public sealed record Mute(string Streams, string? Topic, DateTimeOffset Until, string By, string Why);

/// <summary>
/// Which streams a person has silenced. The clock is the wall's, at the moment a batch is scored: somebody who is on call means the
/// next two hours, not two hours of a feed that may lag or be replayed.
/// </summary>
/// <remarks>
/// So what a muted stream tells depends on when it was muted: a replay does not repeat it, as it repeats a maintenance window of the
/// configuration. A stream need not be here: who stops a pump may say so before the first record comes. Thread-safe.
/// </remarks>
/// <param name="time">The wall clock.</param>
public sealed partial class Mutes(TimeProvider time)
{
    /// <summary>Longest mute; what is to last longer belongs into the configuration.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>Mutes at the same time: each is asked for each stream of each batch.</summary>
    public const int Most = 100;

    readonly Lock _changing = new();
    volatile Entry[] _entries = [];  // replaced, never changed: scoring asks without waiting

    sealed record Entry(Mute Mute, StreamPattern Pattern);

    /// <summary>A mute began or was ended by a person: by its pattern and topic.</summary>
    public event Action<Func<StreamId, bool>>? Changed;

    /// <summary>The mutes in force, by name.</summary>
    public IReadOnlyList<Mute> All
    {
        get
        {
            DateTimeOffset now = time.GetUtcNow();
            return [.. _entries.Select(entry => entry.Mute).Where(mute => mute.Until > now)
                .OrderBy(mute => mute.Streams, StringComparer.Ordinal).ThenBy(mute => mute.Topic, StringComparer.Ordinal)];
        }
    }

    /// <summary>Whether a stream is muted now.</summary>
    public bool Covers(StreamId stream)
    {
        Entry[] entries = _entries;
        if (entries.Length == 0) return false;
        DateTimeOffset now = time.GetUtcNow();
        return Array.Exists(entries, entry => entry.Mute.Until > now && Holds(entry, stream));
    }

    /// <summary>Mutes streams from now on, in place of a mute of the same pattern and topic.</summary>
    /// <param name="streams">A name or a pattern, not empty.</param>
    /// <param name="topic">Null: of any.</param>
    /// <param name="duration">Above 0, at most <see cref="Longest"/>.</param>
    /// <param name="by">Who says it.</param>
    /// <param name="why">May be empty.</param>
    /// <returns>Null: there are <see cref="Most"/> already.</returns>
    public Mute? Set(string streams, string? topic, TimeSpan duration, string by, string why)
    {
        var entry = new Entry(new Mute(streams, topic, time.GetUtcNow() + duration, by, why), new StreamPattern([streams]));
        lock (_changing)
        {
            DateTimeOffset now = time.GetUtcNow();
            Entry[] others = [.. _entries.Where(other => other.Mute.Until > now && !Same(other.Mute, streams, topic))];
            if (others.Length >= Most) return null;
            _entries = [.. others, entry];
        }
        Changed?.Invoke(stream => Holds(entry, stream));
        return entry.Mute;
    }

    /// <summary>Mutes that were in force before a restart are again; one that is in force already stays as it is.</summary>
    public void Restore(IEnumerable<Mute> mutes)
    {
        lock (_changing)
        {
            Entry[] restored = [.. mutes.Where(mute => !Array.Exists(_entries, entry => Same(entry.Mute, mute.Streams, mute.Topic)))
                .Select(mute => new Entry(mute, new StreamPattern([mute.Streams])))];
            _entries = [.. _entries, .. restored.Take(Math.Max(0, Most - _entries.Length))];
        }
    }

    /// <summary>Ends the mute of a pattern and topic.</summary>
    /// <returns>Whether there was one.</returns>
    public bool End(string streams, string? topic)
    {
        Entry? ended;
        lock (_changing)
        {
            DateTimeOffset now = time.GetUtcNow();
            ended = _entries.FirstOrDefault(entry => entry.Mute.Until > now && Same(entry.Mute, streams, topic));
            _entries = [.. _entries.Where(entry => entry.Mute.Until > now && entry != ended)];
        }
        if (ended is not null) Changed?.Invoke(stream => Holds(ended, stream));
        return ended is not null;
    }

    /// <summary>From "90s", "15m", "1h30m", "2h" or "3d"; null: it is no such text, or out of range.</summary>
    public static TimeSpan? Duration(string? text)
    {
        Match match = Form().Match(text ?? "");
        if (!match.Success) return null;
        double Part(string unit) => match.Groups[unit].Success ? double.Parse(match.Groups[unit].Value, CultureInfo.InvariantCulture) : 0;
        double seconds = Part("s") + 60 * Part("m") + 3600 * Part("h") + 86400 * Part("d");
        return seconds > 0 && seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    static bool Same(Mute mute, string streams, string? topic) => mute.Streams == streams && mute.Topic == topic;

    static bool Holds(Entry entry, StreamId stream) =>
        (entry.Mute.Topic is null || entry.Mute.Topic == stream.Topic) && entry.Pattern.Matches(stream.Key);

    const string Number = @"[0-9]{1,9}(\.[0-9]{1,3})?";

    [GeneratedRegex($"^(?=.)((?<d>{Number})d)?((?<h>{Number})h)?((?<m>{Number})m)?((?<s>{Number})s)?$")]
    private static partial Regex Form();
}
