using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>
/// From which record on what a person said holds, partition by partition. It is noted where a partition is when a command reaches
/// it, and told with what came of the batch: whoever takes the same records again does the same to them.
/// </summary>
/// <remarks>
/// Used by the thread that scores. What a batch costs grows with what holds now, not with what was ever said.
/// </remarks>
/// <param name="time">The wall clock, by which mutes end.</param>
sealed class Interventions(TimeProvider time)
{
    readonly Dictionary<string, (ControlMute Mute, StreamPattern Pattern)> _mutes = [];
    readonly HashSet<string> _inForce = [];  // mutes that are not over, by their ids
    readonly Dictionary<StreamId, List<ControlFeedback>> _feedback = [];
    readonly Dictionary<PartitionId, List<ControlFeedback>> _unheeded = [];  // that no partition has taken yet, as far as is known
    readonly Dictionary<PartitionId, Partition> _partitions = [];

    sealed class Partition
    {
        public Dictionary<string, ControlTaken> Taken { get; } = [];  // by the id of the command
        public HashSet<string> Open { get; } = [];                    // mutes that hold here until something else is said
        public List<ControlTaken> Ahead { get; } = [];                // mutes that hold for records from Next on
        public long Next { get; set; } = long.MaxValue;               // of the last look
    }

    /// <summary>Whether anything was ever said of an alarm.</summary>
    public bool Judges => _feedback.Count > 0;

    /// <summary>A command was said, or another process told from where on it holds.</summary>
    public void Take(ControlCommand command)
    {
        switch (command)
        {
            case ControlMute mute:
                _mutes[mute.Id] = (mute, new StreamPattern([mute.Streams]));
                if (mute.Until > time.GetUtcNow()) _inForce.Add(mute.Id);
                break;
            case ControlFeedback feedback when AlarmIds.StreamOf(feedback.Alarm) is { } stream:
                if (!_feedback.TryGetValue(stream, out List<ControlFeedback>? said)) _feedback.Add(stream, said = []);
                if (said.Exists(one => one.Id == feedback.Id)) break;
                said.Add(feedback);
                var partition = new PartitionId(stream.Topic, stream.Partition);
                if (!_unheeded.TryGetValue(partition, out List<ControlFeedback>? unheeded)) _unheeded.Add(partition, unheeded = []);
                unheeded.Add(feedback);
                break;
            case ControlTaken taken:
                Note(Of(taken.Of), taken);
                break;
        }
    }

    /// <summary>What holds from here on in a partition, and what no longer does.</summary>
    /// <param name="partition">That is here.</param>
    /// <param name="next">Offset of the record that is taken next.</param>
    /// <param name="at">Offset of the first record that is told of for the first time; not below it.</param>
    /// <returns>What is to be told to the others.</returns>
    public IReadOnlyList<ControlTaken> Begin(PartitionId partition, long next, long at)
    {
        if (_mutes.Count == 0 && _feedback.Count == 0) return [];
        DateTimeOffset now = time.GetUtcNow();
        Partition here = Of(partition);
        Look(here, next);
        List<ControlTaken> news = [];
        _inForce.RemoveWhere(id => _mutes[id].Mute.Until <= now);
        foreach (string id in _inForce)
            if (!here.Taken.ContainsKey(id) && (_mutes[id].Mute.Topic ?? partition.Topic) == partition.Topic)
                news.Add(new ControlTaken(id, partition.Topic, partition.Number, at, null, now));
        foreach (string id in here.Open)
            if (_mutes.TryGetValue(id, out var mute) && mute.Mute.Until <= now)
                news.Add(here.Taken[id] with { To = Math.Max(at, here.Taken[id].From), At = now });
        if (_unheeded.Remove(partition, out List<ControlFeedback>? unheeded))
            news.AddRange(unheeded.Where(feedback => !here.Taken.ContainsKey(feedback.Id))
                .Select(feedback => new ControlTaken(feedback.Id, partition.Topic, partition.Number, at, null, now)));
        foreach (ControlTaken one in news) Note(here, one);
        return news;
    }

    /// <summary>What was said of alarms of a stream, in order, and from which record on it holds.</summary>
    /// <param name="stream">Of this process.</param>
    /// <param name="from">Only what holds from this offset on: what was before is in the stream's state already.</param>
    public IEnumerable<(long From, ControlFeedback Feedback)> Of(StreamId stream, long from)
    {
        if (!_feedback.TryGetValue(stream, out List<ControlFeedback>? said)) return [];
        Dictionary<string, ControlTaken> taken = Of(new PartitionId(stream.Topic, stream.Partition)).Taken;
        return said.Where(feedback => taken.TryGetValue(feedback.Id, out ControlTaken? one) && one.From >= from)
            .Select(feedback => (taken[feedback.Id].From, feedback)).OrderBy(one => one.From).ThenBy(one => one.feedback.At);
    }

    /// <summary>Whether a mute may hold for records that are still to come: only then frames need to be asked for.</summary>
    public bool Mutes(PartitionId partition) => _partitions.TryGetValue(partition, out Partition? here) && here.Ahead.Count > 0;

    /// <summary>Marks the frames of a stream that a person does not want judged.</summary>
    /// <param name="stream">Of this process.</param>
    /// <param name="frames">Of the stream, in order, at least one.</param>
    /// <param name="muted">[frames]; set where it is so, else left.</param>
    public void Mark(StreamId stream, IReadOnlyList<Frame> frames, Span<bool> muted)
    {
        foreach (ControlTaken one in Of(new PartitionId(stream.Topic, stream.Partition)).Ahead)
        {
            (long from, long to) = (one.From, one.To ?? long.MaxValue);
            if (to <= frames[0].Offset || from > frames[^1].Offset || !_mutes.TryGetValue(one.Command, out var mute)
                || !mute.Pattern.Matches(stream.Key)) continue;
            for (int t = 0; t < frames.Count; t++) muted[t] |= frames[t].Offset >= from && frames[t].Offset < to;
        }
    }

    /// <summary>The mute that a record of a stream fell under, whoever asks when; null: none.</summary>
    public ControlMute? MuteOf(StreamId stream, long offset) =>
        _partitions.TryGetValue(new PartitionId(stream.Topic, stream.Partition), out Partition? here)
            ? here.Taken.Values.Where(one => one.From <= offset && !(one.To <= offset))
                .OrderBy(one => one.From).ThenBy(one => one.Command, StringComparer.Ordinal)
                .Select(one => _mutes.TryGetValue(one.Command, out var mute) && mute.Pattern.Matches(stream.Key) ? mute.Mute : null)
                .FirstOrDefault(mute => mute is not null)
            : null;

    /// <summary>What was said last, by a record, of an alarm, if that is that it was none; else null.</summary>
    public ControlFeedback? DenialOf(StreamId stream, string alarm, long offset) =>
        _feedback.TryGetValue(stream, out List<ControlFeedback>? said)
        && _partitions.TryGetValue(new PartitionId(stream.Topic, stream.Partition), out Partition? here)
            && said.Where(feedback => feedback.Alarm == alarm && here.Taken.TryGetValue(feedback.Id, out ControlTaken? one)
                && one.From <= offset).MaxBy(feedback => feedback.At) is { Anomaly: false } last ? last : null;

    // What is over before the next record is not looked at any more, unless the partition comes again from further back.
    static void Look(Partition here, long next)
    {
        if (next < here.Next)
        {
            here.Ahead.Clear();
            here.Ahead.AddRange(here.Taken.Values);
        }
        here.Ahead.RemoveAll(one => one.To <= next);
        here.Next = next;
    }

    // What is known here of its own partitions is never younger than what comes back from the topic.
    static void Note(Partition here, ControlTaken taken)
    {
        if (here.Taken.TryGetValue(taken.Command, out ControlTaken? before)) taken = before with { To = before.To ?? taken.To };
        here.Taken[taken.Command] = taken;
        here.Ahead.RemoveAll(one => one.Command == taken.Command);
        here.Ahead.Add(taken);
        if (taken.To is null) here.Open.Add(taken.Command);
        else here.Open.Remove(taken.Command);
    }

    Partition Of(PartitionId partition)
    {
        if (!_partitions.TryGetValue(partition, out Partition? here)) _partitions.Add(partition, here = new Partition());
        return here;
    }
}
