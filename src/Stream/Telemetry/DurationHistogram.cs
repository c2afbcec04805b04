using System.Diagnostics.Metrics;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>A histogram of durations, for whoever scrapes and for whoever is exported to.</summary>
sealed class DurationHistogram
{
    readonly Histogram _scraped;
    readonly Histogram<double> _exported;
    readonly double[] _bounds;
    readonly (double Sum, int Count)[] _gathered;  // of each bucket, to be observed
    int _bucket;                                   // of the last of them

    /// <param name="metrics">Where it is scraped.</param>
    /// <param name="meter">Where it is exported from.</param>
    /// <param name="name">With its unit.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="first">Upper end of the first bucket, seconds; each is twice as wide as the one before.</param>
    /// <param name="buckets">How many.</param>
    public DurationHistogram(MetricFactory metrics, Meter meter, string name, string help, double first, int buckets)
    {
        _bounds = Histogram.ExponentialBuckets(first, 2, buckets);
        _gathered = new (double, int)[buckets + 1];
        _scraped = metrics.CreateHistogram(name, help, new HistogramConfiguration { Buckets = _bounds });
        _exported = meter.CreateHistogram(name, "s", help, [], new InstrumentAdvice<double> { HistogramBucketBoundaries = _bounds });
    }

    /// <summary>One of many that are observed together by <see cref="ObserveGathered"/>, which costs less: for one thread.</summary>
    public void Gather(double seconds)
    {
        // Mostly they are like the one before.
        while (_bucket > 0 && seconds <= _bounds[_bucket - 1]) _bucket--;
        while (_bucket < _bounds.Length && seconds > _bounds[_bucket]) _bucket++;
        ref (double Sum, int Count) gathered = ref _gathered[_bucket];
        gathered = (gathered.Sum + seconds, gathered.Count + 1);
    }

    /// <summary>Those that were gathered: each counts in its own bucket, and their sum is theirs.</summary>
    public void ObserveGathered()
    {
        foreach (ref (double Sum, int Count) gathered in _gathered.AsSpan())
        {
            if (gathered.Count > 0) Observe(gathered.Sum / gathered.Count, gathered.Count);
            gathered = default;
        }
    }

    /// <summary>So many took so long each.</summary>
    public void Observe(double seconds, int count = 1)
    {
        _scraped.Observe(seconds, count);
        if (!_exported.Enabled) return;
        for (int i = 0; i < count; i++) _exported.Record(seconds);
    }
}
