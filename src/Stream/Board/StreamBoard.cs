using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Board;

/// <summary>
/// What is so now, for who looks: the streams with their state, their last steps and the alarms. Kept from scored batches alone, in
/// bounded memory; a stream's card goes with the stream.
/// </summary>
/// <remarks>Written by the thread at the end of the pipeline, read by HTTP; safe for both. What it gives is never changed later.</remarks>
/// <param name="config">How much of the past is kept.</param>
/// <param name="channelNames">Names of the channels; empty: their indices.</param>
/// <param name="time">Wall clock.</param>
/// <param name="silenced">Whether a person does not want a stream judged now: shown at once, not with the stream's next frame.</param>
/// <param name="said">What people said of an alarm: who has taken it on, and whether it was one.</param>
public sealed class StreamBoard(HttpConfig config, IReadOnlyList<string> channelNames, TimeProvider time, Func<StreamId, bool> silenced,
    Func<string, AlarmNote> said)
{
    /// <summary>Streams of one message about changes.</summary>
    public const int MostChanges = 200;

    const double CloseupPart = .05;

    static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(10);

    readonly Lock _lock = new();
    readonly Dictionary<StreamId, StreamCard> _cards = [];
    readonly AlarmBook _alarms = new(channelNames);
    readonly HashSet<PartitionId> _whole = [];  // of which all is known that was ever told
    readonly SortedDictionary<string, long> _deadLetters = new(StringComparer.Ordinal);
    readonly Queue<(DateTime At, int Steps)> _rate = new();  // batches of the last seconds
    readonly DateTimeOffset _began = time.GetUtcNow();
    long _version, _steps, _modelBytes, _recoveries, _refusals, _rescalings;
    double? _latency;
    DateTime? _scoredAt;
    string? _lastLetter;

    /// <summary>Grows with every change.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>Takes what became of a message: for one thread at a time.</summary>
    public void Observe(ScoredBatch batch)
    {
        lock (_lock)
        {
            long version = _version + 1;
            // What others told of a partition meanwhile is to be read first.
            if (batch.Message is PartitionsAssigned assigned) _whole.ExceptWith(assigned.Partitions);
            foreach (StreamId stream in batch.Gone)
                if (_cards.Remove(stream, out StreamCard? gone)) _alarms.Leave(stream, gone.OpenAlarm);
            foreach (StreamBack back in batch.Back)
            {
                // In the middle of a life it keeps its past.
                if (_cards.TryGetValue(back.Stream, out StreamCard? known) && known.Back is null) known.Take(back);
                else _cards[back.Stream] = known = new StreamCard(back, config.History);
                known.Version = version;
            }
            foreach (StreamSteps steps in batch.Streams) Observe(steps, batch.ScoredAt, version);
            foreach (SilenceChange change in batch.Silences)
                if (_cards.TryGetValue(change.Stream, out StreamCard? card))
                {
                    card.Take(change);
                    card.Version = version;
                }
            foreach (DeadLetter letter in batch.DeadLetters)
                _deadLetters[Words.Of(letter.Reason)] = _deadLetters.GetValueOrDefault(Words.Of(letter.Reason)) + 1;
            if (batch.DeadLetters is [.., { } last])
                _lastLetter = $"{last.Record.Topic}[{last.Record.Partition}]@{last.Record.Offset}: {last.Detail}";
            _modelBytes = batch.ModelBytes;
            if (batch.Frames.Count > 0)
            {
                _steps += batch.Frames.Count;
                _rate.Enqueue((batch.ScoredAt, batch.Frames.Count));
                _scoredAt = batch.ScoredAt;
                if (batch.Frames[^1].Frame.Sent is { } sent) _latency = Math.Max(0, (batch.ScoredAt - sent).TotalSeconds);
            }
            while (_rate.TryPeek(out (DateTime At, int) oldest) && batch.ScoredAt - oldest.At > RateWindow) _rate.Dequeue();
            Interlocked.Exchange(ref _version, version);
        }
    }

    /// <summary>What is known of alarms from before this process; what it has told itself since stands.</summary>
    /// <param name="past">Oldest first, of streams of its partitions.</param>
    /// <param name="whole">Partitions of which it is all that was ever told.</param>
    public void Recall(IReadOnlyList<BoardAlarm> past, IReadOnlyList<PartitionId> whole)
    {
        lock (_lock)
        {
            _whole.UnionWith(whole);
            long version = _version + 1;
            foreach (BoardAlarm alarm in past)
            {
                if (_alarms.Find(alarm.Id) is not null) continue;
                _cards.TryGetValue(IdOf(alarm), out StreamCard? card);
                _alarms.Put(alarm, version);
                if (card is { Back: null }) Settle(card, version);
                else if (card?.OpenAlarm == alarm.Id) card.Version = version;
            }
            _alarms.Sort();
            Interlocked.Exchange(ref _version, version);
        }
    }

    // An alarm that was open when the process before this one ended goes on if its stream's model came back, else it ended with it.
    void Settle(StreamCard card, long version)
    {
        if (_alarms.Find(card.OpenAlarm) is { State: not AlarmState.Open }) card.OpenAlarm = null;
        foreach (BoardAlarm alarm in _alarms.OpenOf(card.Stream).Where(alarm => alarm.Id != card.OpenAlarm).ToArray())
        {
            if (card.AlarmOpen && card.OpenAlarm is null) card.OpenAlarm = alarm.Id;
            else _alarms.Put(alarm with { State = AlarmState.Closed, End = alarm.Updated }, version);
            card.Version = version;
        }
    }

    void Observe(StreamSteps steps, DateTime scoredAt, long version)
    {
        bool first = !_cards.TryGetValue(steps.Stream, out StreamCard? card) || card.Back is not null;
        if (card is null)
            _cards.Add(steps.Stream, card = new StreamCard(steps.Stream, steps.Frames[0].Frame.Span.Length, config.History));
        card.Take(steps, scoredAt);
        card.Version = version;
        foreach (ref readonly ScoredFrame frame in steps.Span)
        {
            if (frame.Result.Alarm is null) continue;
            BoardAlarm alarm = _alarms.Take(frame, card.Kept, card.History.Interval, version);
            card.OpenAlarm = alarm.State == AlarmState.Open ? alarm.Id : null;
            card.Closeup = (alarm.Id, frame.Result.Position + AlarmBook.StepsAfter);
        }
        // What was open in a snapshot may have ended in what is not told again.
        if (first && !card.AlarmOpen) card.OpenAlarm = null;
        if (first) Settle(card, version);
        if (card.Closeup is { } closeup)
        {
            _alarms.Look(closeup.Alarm, card.History);
            if (card.OpenAlarm is null && card.Position > closeup.Until) card.Closeup = null;
        }
        _recoveries += steps.After.Recoveries - steps.Before.Recoveries;
        _refusals += steps.After.Refusals - steps.Before.Refusals;
        _rescalings += steps.After.Rescalings - steps.Before.Rescalings;
    }

    /// <summary>Something else than a frame changed how streams are doing, such as a mute: whoever looks is told.</summary>
    public void Touch(Func<StreamId, bool> changed)
    {
        lock (_lock)
        {
            long version = _version + 1;
            foreach (StreamCard card in _cards.Values)
                if (changed(card.Stream)) card.Version = version;
            Interlocked.Exchange(ref _version, version);
        }
    }

    /// <summary>Something was said of an alarm: whoever looks is told.</summary>
    public void Touch(string alarm)
    {
        lock (_lock)
        {
            if (_alarms.Find(alarm) is not { } known) return;
            long version = _version + 1;
            _alarms.Touch(alarm, version);
            if (_cards.TryGetValue(IdOf(known), out StreamCard? card)) card.Version = version;
            Interlocked.Exchange(ref _version, version);
        }
    }

    /// <summary>A page of the streams.</summary>
    public StreamPage Streams(StreamQuery query)
    {
        (StreamSummary[] all, long version) = Summaries(spark: false);
        IEnumerable<StreamSummary> found = all.Where(stream => (query.State is null || stream.State == query.State)
            && (query.Search.Length == 0 || stream.Stream.Contains(query.Search, StringComparison.OrdinalIgnoreCase)));
        StreamSummary[] sorted = [.. Sorted(found, query.Order)];
        if (query.Reverse) Array.Reverse(sorted);
        StreamSummary[] page = [.. sorted.Skip(query.Offset).Take(query.Limit)];
        lock (_lock)
            for (int i = 0; i < page.Length; i++)
                if (_cards.TryGetValue(IdOf(page[i]), out StreamCard? card)) page[i] =
                    page[i] with { Spark = Summary(card, spark: true).Spark };
        return new StreamPage(version, all.Length, sorted.Length, query.Offset, Counts(all), page);
    }

    /// <summary>Streams of a name.</summary>
    /// <param name="name">Exactly.</param>
    /// <param name="topic">Null: of any.</param>
    /// <param name="partition">Null: of any.</param>
    public IReadOnlyList<StreamId> Find(string name, string? topic, int? partition)
    {
        lock (_lock)
            return [.. _cards.Keys.Where(id => id.Key == name && (topic is null || id.Topic == topic)
                && (partition is null || id.Partition == partition)).OrderBy(id => id.Topic, StringComparer.Ordinal)
                    .ThenBy(id => id.Partition)];
    }

    /// <summary>One stream with its past; null: it is not here.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="from">Feed time, milliseconds since 1970.</param>
    /// <param name="to">The same, included.</param>
    /// <param name="steps">Above 0: the last so many steps instead.</param>
    /// <param name="points">Most points, but that steps around an alarm that is looked at closely may come beside them.</param>
    public StreamDetail? Stream(StreamId stream, double from, double to, long steps, int points)
    {
        lock (_lock)
        {
            if (!_cards.TryGetValue(stream, out StreamCard? card)) return null;
            BoardAlarm[] alarms = [.. _alarms.NewestFirst.Where(alarm => IdOf(alarm) == stream).Select(Shown)];
            HistoryPoints past = steps > 0 ? card.History.Last(steps, points) : card.History.Between(from, to, points);
            if (past.Stride > 1)
                foreach (BoardAlarm alarm in alarms) past =
                    Closer(past, alarm, Math.Max(from, past.Time[0]), Math.Min(to, Milliseconds(card.Time)));
            return new StreamDetail(Summary(card, spark: true), [.. Enumerable.Range(0, card.Kept).Select(_alarms.Name)],
                card.History.Interval,
                past, alarms, card.Health.Recoveries, card.Health.Refusals, card.Health.Rescalings) { Shape = card.Shape };
        }
    }

    /// <summary>The last frame of a stream of fields; null: the stream is not here, is of no fields, or of fewer.</summary>
    public FieldView? Field(StreamId stream, int field)
    {
        lock (_lock) return _cards.TryGetValue(stream, out StreamCard? card) ? card.View(field) : null;
    }

    /// <summary>Index of a stream's last step; −1: it is not here.</summary>
    public long PositionOf(StreamId stream)
    {
        lock (_lock) return _cards.TryGetValue(stream, out StreamCard? card) ? card.Position : -1;
    }

    /// <summary>Steps of a stream after one that is known; null: the stream is not here.</summary>
    public HistoryPoints? After(StreamId stream, long position, int points)
    {
        lock (_lock) return _cards.TryGetValue(stream, out StreamCard? card) ? card.History.After(position, points) : null;
    }

    /// <summary>Alarms, newest first, without forecast and map.</summary>
    /// <param name="open">Only those that go on.</param>
    /// <param name="limit">How many at the most.</param>
    public IReadOnlyList<BoardAlarm> Alarms(bool open, int limit)
    {
        lock (_lock)
            return [.. _alarms.NewestFirst.Select(Shown).Where(alarm => !open || alarm.State == AlarmState.Open).Take(limit).Select(Brief)];
    }

    /// <summary>Whether a stream is here and has never had an alarm; else it may have had it, before this process or long ago.</summary>
    public bool HasNeverHad(StreamId stream, string alarm)
    {
        lock (_lock)
            return _cards.ContainsKey(stream) && _whole.Contains(new PartitionId(stream.Topic, stream.Partition))
                && !_alarms.HasForgotten && _alarms.Find(alarm) is null;
    }

    /// <summary>An alarm as it stands, without forecast and map; null: it is not kept.</summary>
    public BoardAlarm? Alarm(string id)
    {
        lock (_lock) return _alarms.Find(id) is { } alarm ? Brief(Shown(alarm)) : null;
    }

    /// <summary>What has changed since a version.</summary>
    public BoardChanges Changes(long since)
    {
        (StreamSummary[] all, long version, HashSet<StreamId> changed, BoardAlarm[] alarms) = (null!, 0, [], []);
        lock (_lock)
        {
            foreach (StreamCard card in _cards.Values)
                if (card.Version > since) changed.Add(card.Stream);
            alarms = [.. _alarms.ChangedAfter(since).Select(Shown).Select(Brief)];
            (all, version) = Summaries(spark: false);
        }
        StreamSummary[] told = [.. Sorted(all.Where(stream => changed.Contains(IdOf(stream))), StreamOrder.Matter).Take(MostChanges)];
        return new BoardChanges(version, Counts(all), told, changed.Count - told.Length, alarms);
    }

    /// <summary>How the process is doing.</summary>
    public BoardHealth Health(Readiness readiness)
    {
        string? missing = readiness.Missing;
        long waiting = readiness.Waiting;
        lock (_lock)
        {
            (StreamSummary[] all, _) = Summaries(spark: false);
            DateTime now = time.GetUtcNow().UtcDateTime;
            double rate = _rate.Where(batch => now - batch.At <= RateWindow).Sum(batch => batch.Steps)
                / Math.Clamp((now - _began.UtcDateTime).TotalSeconds, 1, RateWindow.TotalSeconds);
            return new BoardHealth(Build.Version, _began, missing is null, missing, waiting, all.Length, Counts(all), _modelBytes, _steps,
                rate,
                _latency, new SortedDictionary<string, long>(_deadLetters),
                    _alarms.NewestFirst.Count(alarm => alarm.State == AlarmState.Open),
                _recoveries, _refusals, _rescalings) { LastDeadLetter = _lastLetter, ScoredAt = _scoredAt };
        }
    }

    (StreamSummary[] All, long Version) Summaries(bool spark)
    {
        lock (_lock) return ([.. _cards.Values.Select(card => Summary(card, spark))], _version);
    }

    StreamSummary Summary(StreamCard card, bool spark) =>
        card.Summary(_alarms.Name, _alarms.Find(card.OpenAlarm) is { } open ? Noted(open) : null, silenced(card.Stream),
            time.GetUtcNow().UtcDateTime, spark);

    // A mute ends an alarm for who looks; the detector closes it with the next frame, which a pump under repair may never send.
    BoardAlarm Shown(BoardAlarm alarm)
    {
        alarm = Noted(alarm);
        return alarm.State == AlarmState.Open && silenced(IdOf(alarm)) ? alarm with { State = AlarmState.Muted } : alarm;
    }

    BoardAlarm Noted(BoardAlarm alarm)
    {
        AlarmNote note = said(alarm.Id);
        if (note.Taken is { } taken) alarm = alarm with { Acknowledged = new Acknowledgement(taken.By, taken.Why, taken.At) };
        if (note.Judged is { } judged) alarm = alarm with { Verdict = new Verdict(judged.Anomaly, judged.By, judged.Why, judged.At) };
        return alarm;
    }

    // Only where an alarm takes a good part of the picture: the coarse points have its extremes.
    static HistoryPoints Closer(HistoryPoints past, BoardAlarm alarm, double from, double to) =>
        alarm.Closeup is { Time: { Length: > 1 } times } closeup && times[0] < to && times[^1] > from
            && times[^1] - times[0] > CloseupPart * (to - from) ? past.With(closeup.Within(from, to)) : past;

    static double Milliseconds(DateTime time) => (time - DateTime.UnixEpoch).TotalMilliseconds;

    static BoardAlarm Brief(BoardAlarm alarm) => alarm with { Forecast = null, Field = null };

    static StreamId IdOf(StreamSummary stream) => new(stream.Topic, stream.Partition, stream.Stream);

    static StreamId IdOf(BoardAlarm alarm) => new(alarm.Topic, alarm.Partition, alarm.Stream);

    static Dictionary<StreamState, int> Counts(StreamSummary[] all)
    {
        Dictionary<StreamState, int> counts = Enum.GetValues<StreamState>().ToDictionary(state => state, _ => 0);
        foreach (StreamSummary stream in all) counts[stream.State]++;
        return counts;
    }

    static IOrderedEnumerable<StreamSummary> Sorted(IEnumerable<StreamSummary> streams, StreamOrder order)
    {
        IOrderedEnumerable<StreamSummary> sorted = order switch
        {
            StreamOrder.Matter => streams.OrderByDescending(stream => stream.Rank)
                .ThenByDescending(stream => stream.AlarmPeak ?? Math.Round(stream.Highest, 1)),  // a list that is read is to stand still
            StreamOrder.Score => streams.OrderByDescending(stream => stream.Score),
            StreamOrder.Seen => streams.OrderByDescending(stream => stream.Seen),
            _ => streams.OrderBy(stream => stream.Stream, StringComparer.Ordinal),
        };
        return sorted.ThenBy(stream => stream.Stream, StringComparer.Ordinal).ThenBy(stream => stream.Topic, StringComparer.Ordinal)
            .ThenBy(stream => stream.Partition);
    }
}
