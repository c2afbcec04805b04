using System.Collections;

namespace Esn.Streaming.Streams;

/// <summary>The frames of streams in the order of their records: where each lies, and no copy of them.</summary>
/// <param name="steps">Of the streams.</param>
/// <param name="places">Of each frame: which stream, and which of its frames.</param>
sealed class FramesInOrder(StreamSteps[] steps, List<(int Stream, int Frame)> places) : IReadOnlyList<ScoredFrame>
{
    /// <inheritdoc/>
    public int Count => places.Count;

    /// <inheritdoc/>
    public ScoredFrame this[int index] => steps[places[index].Stream].Frames[places[index].Frame];

    /// <inheritdoc/>
    public IEnumerator<ScoredFrame> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
