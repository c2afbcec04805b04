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
    public ScoredFrame this[int index] => steps[places[index].Stream].Span[places[index].Frame];

    /// <summary>Those with an alarm or a change of the model in their results.</summary>
    public List<ScoredFrame> Telling()
    {
        List<ScoredFrame> telling = [];
        if (!Array.Exists(steps, one => one.Tells)) return telling;
        foreach ((int stream, int frame) in places)
        {
            if (!steps[stream].Tells) continue;
            ref readonly ScoredFrame scored = ref steps[stream].Span[frame];
            if (scored.Result.Alarm is not null || scored.Result.Model is not null) telling.Add(scored);
        }
        return telling;
    }

    /// <inheritdoc/>
    public IEnumerator<ScoredFrame> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
