using Esn.Streaming.Wire;

namespace Esn.Streaming.Joining;

/// <summary>What is told of alarms that were joined.</summary>
/// <param name="Id">Its ce_id: made of the event that it came of, so that whoever sees it twice sees a repeat.</param>
/// <param name="Change">Of the joined alarm.</param>
/// <param name="Time">Feed time of the change.</param>
/// <param name="Data">As an event has it.</param>
public sealed record JoinedEvent(string Id, AlarmChange Change, DateTime Time, AnomalyCloudEvent.AnomalyData Data);

/// <summary>
/// Joins alarms of neighbouring tiles of a field that overlap in feed time into one, whatever worker had which tile and in whatever
/// order they come.
/// </summary>
/// <remarks>
/// What it tells depends on the sequence of events alone: taken again from the beginning, it tells the same. An alarm that closed is
/// kept among the last <see cref="MostClosed"/> of its field: that of a tile whose worker was behind still finds it.
/// </remarks>
public sealed class TileJoin
{
    /// <summary>Closed alarms of a field that are kept.</summary>
    public const int MostClosed = 64;

    readonly Dictionary<string, List<JoinedAlarm>> _fields = [];  // the oldest first
    readonly Dictionary<(string Topic, string Stream), long> _heard = [];  // offset of each tile's last change

    /// <summary>Takes an event.</summary>
    /// <returns>What is to be told of it; nothing where it is a repeat.</returns>
    public IReadOnlyList<JoinedEvent> Take(TileEvent one)
    {
        if (_heard.GetValueOrDefault((one.Topic, one.Stream), -1) is var last && one.Offset <= last) return [];
        _heard[(one.Topic, one.Stream)] = one.Offset;
        if (!_fields.TryGetValue(one.Tile.Field, out List<JoinedAlarm>? alarms)) _fields.Add(one.Tile.Field, alarms = []);
        JoinedAlarm[] met = [.. alarms.Where(alarm => alarm.Holds(one) || alarm.Meets(one))];
        var told = new List<JoinedEvent>();
        if (met.Length == 0)
        {
            var alone = new JoinedAlarm(one);
            alone.Take(one);
            alarms.Add(alone);
            told.Add(Told(one, alone, AlarmChange.Opened));
            // Its beginning is no more in the topic: all that is known of it is that it has ended.
            if (!alone.Open) told.Add(Told(one, alone, AlarmChange.Closed));
        }
        else
        {
            JoinedAlarm joined = met[0];
            bool was = joined.Open, escalates = joined.Take(one);
            foreach (JoinedAlarm other in met.Skip(1))
            {
                // Two that did not know each other turn out to be one: the later one ends, and says where it has gone.
                if (other.Open) told.Add(Told(one, other, AlarmChange.Closed, joined.Id));
                joined.Absorb(other);
                alarms.Remove(other);
            }
            told.Insert(0, Told(one, joined, escalates ? AlarmChange.Escalated : was && !joined.Open ? AlarmChange.Closed
                : !was && joined.Open ? AlarmChange.Reopened : AlarmChange.Updated));
        }
        foreach (JoinedAlarm old in alarms.Where(alarm => !alarm.Open).SkipLast(MostClosed).ToArray()) alarms.Remove(old);
        return told;
    }

    static JoinedEvent Told(TileEvent one, JoinedAlarm alarm, AlarmChange change, string? into = null) =>
        new($"{one.Id}/{alarm.Id}/{Words.Of(change)}", change, one.Time, alarm.Data(change, one.Time, into));
}
