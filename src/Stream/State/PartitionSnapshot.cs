using System.IO.Hashing;
using System.Text;
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
    /// <summary>Of its topic, by which the brokers know it: one that was made anew has another. 0: not known.</summary>
    public UInt128 TopicId { get; init; }

    /// <summary>
    /// The same for records that are counted in another way: of a partition that was made anew, or has lost its oldest records.
    /// </summary>
    /// <param name="next">Offset of the first record that is still to be taken.</param>
    public PartitionSnapshot At(long next) => this with { Next = next, Slots = [.. Slots.Select(slot => slot with { Next = next })] };

    /// <summary>Tells states of all its streams apart: the exclusive or of their own, so in any order.</summary>
    public ulong Digest => Slots.Aggregate(0UL,
        (all, slot) => all ^ XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(slot.Stream.Key), (long)slot.Digest));

    /// <summary>About how much it takes, bytes.</summary>
    public long Bytes => Slots.Sum(slot => slot.Detector.Length + slot.Gate.Length + slot.Order.Length);
}
