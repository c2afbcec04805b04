using System.Text.Json;
using Esn.Streaming.State;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Control;

/// <summary>
/// Mutes that outlast a restart: all of them in a file beside the snapshots, which the replicas of a group share where they share
/// the directory.
/// </summary>
/// <remarks>Thread-safe. What another replica keeps there meanwhile stays.</remarks>
sealed class KeptMutes
{
    /// <summary>In the directory of the group.</summary>
    public const string File = "mutes.json";

    static readonly JsonSerializerOptions Layout = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    readonly KeptFile _file;
    readonly Mutes _mutes;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Lock _lock = new();
    HashSet<Mute> _ours = [];  // those that are in the file by our doing

    /// <summary>Takes the mutes of the file, and keeps each change from now on.</summary>
    /// <param name="file">Need not be there.</param>
    /// <param name="mutes">Those of the process.</param>
    /// <param name="time">The wall clock.</param>
    /// <param name="log">Told of what can't be kept or read.</param>
    public KeptMutes(KeptFile file, Mutes mutes, TimeProvider time, ILogger log)
    {
        (_file, _mutes, _time, _log) = (file, mutes, time, log);
        Mute[] kept = [.. Read().Where(mute => mute.Until > time.GetUtcNow())];
        mutes.Restore(kept);
        _ours = [.. kept];
        if (kept.Length > 0) log.MutesKept(kept.Length, file.Path);
        mutes.Changed += _ => Save();
    }

    // A file that can't be read costs the mutes, not the alarms.
    Mute[] Read()
    {
        try
        {
            return _file.Read() is { } text ? JsonSerializer.Deserialize<Mute[]>(text, Layout) ?? [] : [];
        }
        catch (Exception e) when (e is SnapshotException or JsonException)
        {
            _log.MutesLost(_file.Path, e.Message);
            return [];
        }
    }

    void Save()
    {
        lock (_lock)
        {
            IReadOnlyList<Mute> ours = _mutes.All;
            IEnumerable<Mute> others = Read().Where(mute => mute.Until > _time.GetUtcNow() && !_ours.Contains(mute)
                && !ours.Any(own => own.Streams == mute.Streams && own.Topic == mute.Topic));
            try
            {
                _file.Write(JsonSerializer.Serialize<Mute[]>([.. ours, .. others], Layout));
                _ours = [.. ours];
            }
            catch (SnapshotException e)
            {
                _log.MutesNotKept(e.Message);
            }
        }
    }
}
