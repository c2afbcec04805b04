using System.Diagnostics.Metrics;
using Prometheus;

namespace Esn.Streaming.Telemetry;

/// <summary>A histogram of durations, for whoever scrapes and for whoever is exported to.</summary>
sealed class DurationHistogram
{
    readonly Histogram _scraped;
    readonly Histogram<double> _exported;

    /// <param name="metrics">Where it is scraped.</param>
    /// <param name="meter">Where it is exported from.</param>
    /// <param name="name">With its unit.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="first">Upper end of the first bucket, seconds; each is twice as wide as the one before.</param>
    /// <param name="buckets">How many.</param>
    public DurationHistogram(MetricFactory metrics, Meter meter, string name, string help, double first, int buckets)
    {
        double[] bounds = Histogram.ExponentialBuckets(first, 2, buckets);
        _scraped = metrics.CreateHistogram(name, help, new HistogramConfiguration { Buckets = bounds });
        _exported = meter.CreateHistogram(name, "s", help, [], new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
    }

    /// <summary>So many took so long each.</summary>
    public void Observe(double seconds, int count = 1)
    {
        _scraped.Observe(seconds, count);
        if (!_exported.Enabled) return;
        for (int i = 0; i < count; i++) _exported.Record(seconds);
    }
}
