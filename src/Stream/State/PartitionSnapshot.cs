using Esn.Streaming.Wire;

namespace Esn.Streaming.State;

/// <summary>The streams of a partition as they are once the records before an offset have been taken.</summary>
/// <param name="Partition">Whose they are.</param>
/// <param name="Next">
/// Offset of the first record that is still to be taken. A slot whose own <see cref="SlotSnapshot.Next"/> is beyond it has
/// had the records before that already.
/// </param>
/// <param name="TakenAt">When, UTC.</param>
/// <param name="Slots">One a stream.</param>
public sealed record PartitionSnapshot(PartitionId Partition, long Next, DateTime TakenAt, IReadOnlyList<SlotSnapshot> Slots)
{
    /// <summary>About how much it takes, bytes.</summary>
    public long Bytes => Slots.Sum(slot => slot.Detector.Length + slot.Gate.Length);
}
