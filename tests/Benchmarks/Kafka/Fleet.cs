using Esn.Streaming.Configuration;

namespace Esn.Benchmarks.Kafka;

/// <summary>The detectors alone: frames from memory, in the order and the batches in which they come from the broker.</summary>
static class Fleet
{
    /// <summary>Steps all frames, on one thread.</summary>
    public static Cost Run(string servers, KafkaLoad load, ModelSpec spec)
    {
        (int[] streams, double[] values, DateTime[] times) = ClientLoops.Frames(servers, load);
        var watch = new CpuWatch();  // a worker makes its models in that time too
        Detector[] detectors = [.. Enumerable.Range(0, load.Streams).Select(_ => new Detector(spec, 1))];
        int batch = new SourceConfig().BatchSize;
        var results = new StepResult[batch];
        double[] frames = new double[batch], expected = new double[batch];
        var stamps = new DateTime[batch];
        var places = new int[batch];
        for (int start = 0; start < streams.Length; start += batch)
        {
            int count = Math.Min(batch, streams.Length - start);
            if (start <= streams.Length / 2 && start + count > streams.Length / 2) watch.Half();
            for (int i = 0; i < count; i++) places[i] = start + i;
            // Those of a stream behind each other, streams as they come.
            places.AsSpan(0, count).Sort((a, b) => streams[a] != streams[b] ? streams[a].CompareTo(streams[b]) : a.CompareTo(b));
            for (int from = 0, to; from < count; from = to)
            {
                int stream = streams[places[from]];
                for (to = from; to < count && streams[places[to]] == stream; to++)
                    (frames[to], stamps[to]) = (values[places[to]], times[places[to]]);
                detectors[stream].StepMany(stamps.AsSpan(from, to - from), frames.AsSpan(from, to - from), results.AsSpan(from, to - from),
                    expected.AsSpan(from, to - from));
            }
        }
        return watch.Cost(load.Records);
    }
}
