using Esn.Streaming.Streams;

namespace Esn.Streaming.Demo;

/// <summary>How far the demo is, as its screen shows it.</summary>
/// <remarks>Told by the pipeline, asked by the screen; safe for both.</remarks>
/// <param name="time">For speed and latency.</param>
/// <param name="quiet">Steps at the beginning that come at once: their latency tells nothing.</param>
public sealed class DemoProgress(TimeProvider time, long quiet)
{
    const int Shown = 1000, MostLatencies = 1_000_000;

    readonly Lock _lock = new();
    readonly List<double> _latencies = [];  // seconds, of paced steps
    readonly Queue<double> _values = new(), _scores = new();
    long _firstStep, _alarms;

    /// <summary>Steps scored so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Whether the model is still learning what normal is.</summary>
    public bool WarmingUp { get; private set; } = true;

    /// <summary>Whether an alarm is open.</summary>
    public bool AlarmOpen { get; private set; }

    /// <summary>Changes of alarms that were published so far.</summary>
    public long Alarms => Interlocked.Read(ref _alarms);

    /// <summary>Steps per second of scoring and transport, as measured between the first and the last record.</summary>
    public double StepsPerSecond { get; private set; }

    /// <summary>Takes what went the whole way.</summary>
    public void Take(ScoredBatch batch)
    {
        if (batch.Frames.Count == 0) return;
        if (_firstStep == 0) _firstStep = time.GetTimestamp();
        DateTime now = time.GetUtcNow().UtcDateTime;
        lock (_lock)
        {
            foreach (ScoredFrame frame in batch.Frames)
            {
                if (frame.Result.Position > quiet && frame.Frame.Record.Timestamp is { } sent) _latencies.Add((now - sent).TotalSeconds);
                _values.Enqueue(frame.Frame.Values[0]);
                _scores.Enqueue(frame.Result.Score);
                if (frame.Result.Alarm is not null) Interlocked.Increment(ref _alarms);
            }
            while (_values.Count > Shown) _values.Dequeue();
            while (_scores.Count > Shown) _scores.Dequeue();
            if (_latencies.Count > MostLatencies) _latencies.RemoveRange(0, MostLatencies / 2);
        }
        StepResult last = batch.Frames[^1].Result;
        StepsPerSecond = (last.Position + 1) / Math.Max(time.GetElapsedTime(_firstStep).TotalSeconds, 1e-3);
        (Steps, WarmingUp, AlarmOpen) = (last.Position + 1, last.WarmingUp, last.AlarmOpen);
    }

    /// <summary>The last values and scores, oldest first.</summary>
    public (double[] Values, double[] Scores) Recent()
    {
        lock (_lock) return ([.. _values], [.. _scores]);
    }

    /// <summary>
    /// Latency from a record's timestamp to the end of its way, seconds, at a quantile of the paced steps; NaN before any.
    /// </summary>
    public double Latency(double quantile)
    {
        lock (_lock)
        {
            if (_latencies.Count == 0) return double.NaN;
            double[] sorted = [.. _latencies.Order()];
            return sorted[(int)(quantile * (sorted.Length - 1))];
        }
    }
}
