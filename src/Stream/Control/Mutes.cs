using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Control;

/// <summary>
/// Which streams a person has silenced, for who looks now. The clock is the wall's: somebody who is on call means the next two hours,
/// not two hours of a feed that may lag or be replayed.
/// </summary>
/// <remarks>
/// From which record on a mute holds is noted where the records are scored, so a replay repeats it. A stream need not be here: who
/// stops a pump may say so before the first record comes. Thread-safe.
/// </remarks>
/// <param name="time">The wall clock.</param>
public sealed partial class Mutes(TimeProvider time)
{
    /// <summary>Longest mute; what is to last longer belongs into the configuration.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>Mutes at the same time: each is asked for each stream of each batch.</summary>
    public const int Most = 100;

    readonly Lock _changing = new();
    volatile Entry[] _entries = [];  // in force; replaced, never changed: who looks does not wait

    sealed record Entry(ControlMute Mute, StreamPattern Pattern);

    /// <summary>A mute began, or was ended by a person: which streams it is of.</summary>
    public event Action<Func<StreamId, bool>>? Changed;

    /// <summary>The mutes in force, by name.</summary>
    public IReadOnlyList<ControlMute> All
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

    /// <summary>The mute of a pattern and topic that is in force; null: there is none.</summary>
    public ControlMute? Find(string streams, string? topic) =>
        All.FirstOrDefault(mute => mute.Streams == streams && mute.Topic == topic);

    /// <summary>A mute was said or changed.</summary>
    public void Take(ControlMute mute)
    {
        var entry = new Entry(mute, new StreamPattern([mute.Streams]));
        lock (_changing)
        {
            DateTimeOffset now = time.GetUtcNow();
            Entry[] others = [.. _entries.Where(other => other.Mute.Until > now && other.Mute.Id != mute.Id)];
            _entries = mute.Until > now ? [.. others, entry] : others;
        }
        Changed?.Invoke(stream => Holds(entry, stream));
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

    static bool Holds(Entry entry, StreamId stream) =>
        (entry.Mute.Topic is null || entry.Mute.Topic == stream.Topic) && entry.Pattern.Matches(stream.Key);

    const string Number = @"[0-9]{1,9}(\.[0-9]{1,3})?";

    [GeneratedRegex($"^(?=.)((?<d>{Number})d)?((?<h>{Number})h)?((?<m>{Number})m)?((?<s>{Number})s)?$")]
    private static partial Regex Form();
}
