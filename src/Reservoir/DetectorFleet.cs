namespace Esn;

/// <summary>One stream's frames for a fleet to take, and room for what they tell.</summary>
/// <param name="Detector">The stream's; in at most one block of a call.</param>
/// <param name="Times">Feed time of each frame, [n].</param>
/// <param name="Frames">[n×channels], as <see cref="Detector.StepMany"/> takes them.</param>
/// <param name="Results">[n], overwritten.</param>
/// <param name="Expected">[n×channels], overwritten.</param>
public readonly record struct StreamBlock(
    Detector Detector, ReadOnlyMemory<DateTime> Times, ReadOnlyMemory<double> Frames, Memory<StepResult> Results, Memory<double> Expected);

/// <summary>Steps of many streams at once.</summary>
public static class DetectorFleet
{
    /// <summary>Takes every block, whole streams on whole cores: the results are those of one stream after the other.</summary>
    /// <param name="blocks">Each detector once.</param>
    /// <param name="threads">Most threads at once, −1 = as many as there are cores.</param>
    /// <exception cref="ArgumentException">A detector that is in two blocks: nothing was taken.</exception>
    /// <exception cref="AggregateException">A block that its detector refused; the others were taken.</exception>
    public static void StepMany(IReadOnlyList<StreamBlock> blocks, int threads = -1)
    {
        var seen = new HashSet<Detector>(blocks.Count, ReferenceEqualityComparer.Instance);
        for (int i = 0; i < blocks.Count; i++)
            if (!seen.Add(blocks[i].Detector)) throw new ArgumentException(FormattableString.Invariant($"block {i}: its detector is in an earlier block"), nameof(blocks));

        List<Exception> refused = [];
        Parallel.For(0, blocks.Count, new ParallelOptions { MaxDegreeOfParallelism = threads < 0 ? Environment.ProcessorCount : threads }, i =>
        {
            StreamBlock block = blocks[i];
            try
            {
                block.Detector.StepMany(block.Times.Span, block.Frames.Span, block.Results.Span, block.Expected.Span);
            }
            catch (ArgumentException exception)
            {
                lock (refused) refused.Add(exception);
            }
        });
        if (refused.Count > 0) throw new AggregateException(refused);
    }
}
