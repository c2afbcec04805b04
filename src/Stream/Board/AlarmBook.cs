using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Board;

/// <summary>The alarms that are open, and the last ones that ended.</summary>
/// <remarks>Not thread-safe. An open alarm is never dropped: there is at most one a stream.</remarks>
/// <param name="channelNames">Names of the channels; empty: their indices.</param>
sealed class AlarmBook(IReadOnlyList<string> channelNames)
{
    /// <summary>Alarms that are kept, beside the open ones.</summary>
    public const int Most = 1000;

    /// <summary>Steps of a closeup before the alarm, and after its last change.</summary>
    public const int StepsBefore = 100, StepsAfter = 60;

    const int MostCloseup = 400;

    /// <summary>Rows and columns of a heat map at the most.</summary>
    public const int MostCells = 128;

    readonly Dictionary<string, (BoardAlarm Alarm, long Version)> _alarms = [];
    readonly LinkedList<string> _order = new();             // oldest first
    readonly Dictionary<StreamId, string> _mapped = [];     // whose alarm has the stream's heat map

    /// <summary>Whether there were more than are kept.</summary>
    public bool HasForgotten { get; private set; }

    /// <summary>All, newest first.</summary>
    public IEnumerable<BoardAlarm> NewestFirst
    {
        get
        {
            for (LinkedListNode<string>? node = _order.Last; node is not null; node = node.Previous) yield return _alarms[node.Value].Alarm;
        }
    }

    /// <summary>Those that changed after a version of the board.</summary>
    public IEnumerable<BoardAlarm> ChangedAfter(long version) =>
        _alarms.Values.Where(entry => entry.Version > version).Select(entry => entry.Alarm);

    /// <summary>An alarm; null: it is not kept.</summary>
    public BoardAlarm? Find(string? id) => id is not null && _alarms.TryGetValue(id, out (BoardAlarm Alarm, long) entry) ? entry.Alarm
        : null;

    /// <summary>Takes a change.</summary>
    /// <param name="frame">With an alarm in its result.</param>
    /// <param name="kept">Channels that are shown.</param>
    /// <param name="interval">Milliseconds a step.</param>
    /// <param name="version">Of the board.</param>
    public BoardAlarm Take(in ScoredFrame frame, int kept, double interval, long version)
    {
        AlarmEvent told = frame.Result.Alarm!;
        StreamId stream = frame.Frame.Stream;
        string id = frame.AlarmId;
        BoardAlarm? before = Find(id);
        AlarmState state = told.Change switch
        {
            AlarmChange.Closed => frame.Muted ? AlarmState.Muted : AlarmState.Closed,
            AlarmChange.Adapted => AlarmState.Adapted,
            _ => AlarmState.Open,
        };
        if (told.Field is not null && _mapped.TryGetValue(stream, out string? older) && older != id && Find(older) is { } last)
            _alarms[older] = (last with { Field = null }, _alarms[older].Version);
        if (told.Field is not null) _mapped[stream] = id;
        var alarm = new BoardAlarm
        {
            Id = id,
            Topic = stream.Topic,
            Partition = stream.Partition,
            Stream = stream.Key,
            State = state,
            Severity = told.Severity,
            Start = told.StartTime,
            StartPosition = told.Start,
            Peak = told.PeakTime,
            PeakScore = told.PeakScore,
            Updated = told.Time,
            End = state == AlarmState.Open ? null : told.Time,
            Channels = [.. told.Contributions.Select(part => new AlarmChannel(Name(part.Channel), part.Share))],
            LaterChannels = [.. told.LaterChannels.Select(Name)],
            Incidents = told.Incidents,
            Scores = [.. told.Scores.Select(part => new AlarmScore(AnomalyCloudEvent.ScoreName(channelNames, part.Name), part.Margin))],
            Drift = told.Drift is { } drift
                ? new AlarmDrift(Words.Of(drift.Kind), Name(drift.Channel), drift.SinceTime, drift.PerStep, drift.Lead?.TotalSeconds)
                : before?.Drift,
            Forecast = ForecastOf(told, kept, interval) ?? before?.Forecast,
            Field = told.Field is { } field ? Shrunk(field) : before?.Field,
            Closeup = before?.Closeup,
        };
        Put(alarm, version);
        return alarm;
    }

    /// <summary>Takes the steps that came since into the closeup of an alarm.</summary>
    public void Look(string id, History history)
    {
        if (Find(id) is not { } alarm || alarm.Closeup is { Time.Length: >= MostCloseup }) return;
        HistoryPoints? before = alarm.Closeup;
        HistoryPoints news = history.After(before is { Position: [.., var last] } ? last : alarm.StartPosition - StepsBefore - 1,
            MostCloseup);
        if (news.Time.Length == 0) return;
        _alarms[id] = (alarm with { Closeup = before is null ? news
            : HistoryPoints.Join((before, 0, before.Time.Length), (news, 0, news.Time.Length)) },
            _alarms[id].Version);
    }

    /// <summary>Those of a stream that go on.</summary>
    public IEnumerable<BoardAlarm> OpenOf(StreamId stream) => _alarms.Values.Select(entry => entry.Alarm).Where(alarm =>
        alarm.State == AlarmState.Open && alarm.Stream == stream.Key && alarm.Topic == stream.Topic && alarm.Partition == stream.Partition);

    /// <summary>Puts them in the order of their times, after some came that are older than others.</summary>
    public void Sort()
    {
        string[] sorted = [.. _order.OrderBy(id => _alarms[id].Alarm.Start)];
        _order.Clear();
        foreach (string id in sorted) _order.AddLast(id);
    }

    /// <summary>Something else than a frame changed what is known of an alarm.</summary>
    public void Touch(string id, long version)
    {
        if (_alarms.TryGetValue(id, out (BoardAlarm Alarm, long) entry)) _alarms[id] = (entry.Alarm, version);
    }

    /// <summary>Keeps an alarm in place of what it was.</summary>
    public void Put(BoardAlarm alarm, long version)
    {
        if (!_alarms.ContainsKey(alarm.Id)) _order.AddLast(alarm.Id);
        _alarms[alarm.Id] = (alarm, version);
        for (LinkedListNode<string>? node = _order.First; node is not null && _alarms.Count > Most;)
        {
            LinkedListNode<string>? next = node.Next;
            if (_alarms[node.Value].Alarm.State != AlarmState.Open)
            {
                Drop(node);
                HasForgotten = true;
            }
            node = next;
        }
    }

    /// <summary>A stream is another process's now: so is its open alarm.</summary>
    public void Leave(StreamId stream, string? open)
    {
        _mapped.Remove(stream);
        if (open is not null && _order.Find(open) is { } node) Drop(node);
    }

    /// <summary>The name of a channel.</summary>
    public string Name(int channel) => channel < channelNames.Count ? channelNames[channel] : FormattableString.Invariant($"{channel}");

    void Drop(LinkedListNode<string> node)
    {
        BoardAlarm alarm = _alarms[node.Value].Alarm;
        var stream = new StreamId(alarm.Topic, alarm.Partition, alarm.Stream);
        if (_mapped.GetValueOrDefault(stream) == node.Value) _mapped.Remove(stream);
        _alarms.Remove(node.Value);
        _order.Remove(node);
    }

    static AlarmForecast? ForecastOf(AlarmEvent told, int kept, double interval)
    {
        if (told.Forecast is not { } forecast || !double.IsFinite(interval)) return null;
        int channels = told.Expected.Length, points = forecast.Expected.Length / channels;
        double start = (told.StartTime - DateTime.UnixEpoch).TotalMilliseconds + (forecast.Start - told.Start) * interval;
        return new AlarmForecast([.. Enumerable.Range(0, points).Select(i => start + i * interval)],
            [.. Enumerable.Range(0, kept).Select(c => Enumerable.Range(0, points).Select(i => forecast.Expected[i * channels + c])
                .ToArray())]);
    }

    // Of the cells that make one, the hottest: a small anomaly is not to vanish from the map of a large field.
    static AlarmField Shrunk(FieldEvidence field)
    {
        int cells = (Math.Max(field.Rows, field.Columns) + MostCells - 1) / MostCells;
        int rows = (field.Rows + cells - 1) / cells, columns = (field.Columns + cells - 1) / cells;
        var heat = new float[rows * columns];
        for (int i = 0; i < field.Heat.Count; i++)
        {
            ref float cell = ref heat[i / field.Columns / cells * columns + i % field.Columns / cells];
            cell = Math.Max(cell, field.Heat[i]);
        }
        return new AlarmField(rows, columns, cells, field.Frames, heat, field.Regions);
    }
}
