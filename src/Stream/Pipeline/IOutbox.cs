using Esn.Streaming.Streams;

namespace Esn.Streaming.Pipeline;

/// <summary>
/// Where everything goes that must last: events, dead letters, and how far the source has been read. It takes them as one thing,
/// so that a member of this family can say what "once" means: it owns the producer and the commit.
/// </summary>
public interface IOutbox
{
    /// <summary>
    /// Returns once all that came of a batch is stored and the offsets of its message are marked as done; of partitions that are
    /// revoked, once they are committed too. Called for one batch after the other, in their order.
    /// </summary>
    /// <exception cref="OutboxException">Something can't be stored, now or later: nothing further may be.</exception>
    Task Store(ScoredBatch batch, CancellationToken cancel);
}

/// <summary>What can't be stored, where, and why.</summary>
public sealed class OutboxException(string message, Exception? cause = null) : Exception(message, cause);
