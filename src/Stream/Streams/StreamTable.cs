using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>All streams of this process, made at first sight, partition by partition.</summary>
/// <remarks>Used by one thread at a time; within a batch the streams are stepped on all cores.</remarks>
public sealed class StreamTable
{
    readonly Admission _admission;
    readonly Scorer _scorer;
    readonly TimeProvider _time;
    readonly Dictionary<PartitionId, PartitionGroup> _groups = [];

    /// <param name="config">Validated.</param>
    /// <param name="time">For durations and the time of scoring.</param>
    /// <param name="silenced">Asked once a batch for each of its streams whether a person does not want it judged now; null: none
    /// is silenced.</param>
    public StreamTable(EsnConfig config, TimeProvider time, Func<StreamId, bool>? silenced = null)
    {
        _time = time;
        _admission = new Admission(config);
        _scorer = new Scorer(config, silenced ?? (_ => false), time);
    }

    /// <summary>Does what a message of the source asks for.</summary>
    public ScoredBatch Take(SourceMessage message) => message switch
    {
        RecordBatch batch => Score(batch),
        PartitionsAssigned assigned => Assign(assigned),
        PartitionsRevoked revoked => Forget(revoked, revoked.Partitions),
        PartitionsLost lost => Forget(lost, lost.Partitions),
        _ => throw new NotSupportedException($"{message.GetType().Name} is no message of a source"),
    };

    ScoredBatch Assign(PartitionsAssigned assigned)
    {
        foreach (PartitionId partition in assigned.Partitions) Group(partition);
        return Scored(assigned);
    }

    ScoredBatch Forget(SourceMessage message, IReadOnlyList<PartitionId> partitions)
    {
        var gone = new List<StreamId>();
        foreach (PartitionId partition in partitions)
        {
            if (!_groups.Remove(partition, out PartitionGroup? group)) continue;
            gone.AddRange(group.Slots.Select(slot => slot.Stream));
        }
        return Scored(message) with { Gone = gone };
    }

    ScoredBatch Score(RecordBatch batch)
    {
        var letters = new List<DeadLetter>();
        var places = new List<(int Stream, int Frame)>(batch.Records.Count);  // of each frame that was let in
        var streams = new List<(StreamSlot Slot, List<Frame> Frames)>();
        var indices = new Dictionary<StreamId, int>();
        foreach (FeedRecord record in batch.Records)
        {
            (Frame? frame, DeadLetter? letter) = _admission.Decode(record);
            StreamSlot? slot = null;
            if (frame is not null) (slot, letter) = Admit(frame);
            if (letter is not null)
            {
                letters.Add(letter);
                continue;
            }
            if (!indices.TryGetValue(frame!.Stream, out int index))
            {
                indices.Add(frame.Stream, index = streams.Count);
                streams.Add((slot!, []));
            }
            places.Add((index, streams[index].Frames.Count));
            streams[index].Frames.Add(frame);
        }
        StreamSteps[] steps = _scorer.Step(streams);
        return Scored(batch) with
        {
            DeadLetters = letters,
            Streams = steps,
            Frames = [.. places.Select(place => steps[place.Stream].Frames[place.Frame])],
        };
    }

    // A name becomes a stream only with a frame that fits.
    (StreamSlot? Slot, DeadLetter? DeadLetter) Admit(Frame frame)
    {
        PartitionGroup group = Group(new PartitionId(frame.Stream.Topic, frame.Stream.Partition));
        if (group.Find(frame.Stream.Key) is { } slot)
            return slot.Check(frame.Time, frame.Values, out string detail, frame.Field) is { } reason
                ? (null, new DeadLetter(frame.Record, reason, detail)) : (slot, null);
        (StreamSlot? opened, DeadLetter? letter) = _admission.Open(frame, StreamCount, Bytes);
        if (opened is not null) group.Add(opened);
        return (opened, letter);
    }

    PartitionGroup Group(PartitionId partition)
    {
        if (!_groups.TryGetValue(partition, out PartitionGroup? group)) _groups.Add(partition, group = new PartitionGroup(partition));
        return group;
    }

    ScoredBatch Scored(SourceMessage message) =>
        new(message) { ScoredAt = _time.GetUtcNow().UtcDateTime, StreamCount = StreamCount, ModelBytes = Bytes };

    int StreamCount => _groups.Values.Sum(group => group.Slots.Count);

    long Bytes => _groups.Values.Sum(group => group.Bytes);
}
