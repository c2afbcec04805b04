using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>The streams of one partition: they come and go together.</summary>
/// <param name="partition">Whose they are.</param>
sealed class PartitionGroup(PartitionId partition)
{
    readonly Dictionary<string, StreamSlot> _slots = new(StringComparer.Ordinal);

    /// <summary>Whose they are.</summary>
    public PartitionId Partition { get; } = partition;

    /// <summary>By their names.</summary>
    public IReadOnlyCollection<StreamSlot> Slots => _slots.Values;

    /// <summary>About how much memory they take.</summary>
    public long Bytes { get; private set; }

    /// <summary>The slot of a name, or null.</summary>
    public StreamSlot? Find(string key) => _slots.GetValueOrDefault(key);

    /// <summary>A stream that was not here before.</summary>
    public void Add(StreamSlot slot)
    {
        _slots.Add(slot.Stream.Key, slot);
        Bytes += slot.Bytes;
    }
}
