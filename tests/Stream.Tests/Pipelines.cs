using System.Globalization;
using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Stream.Tests;

static class Pipelines
{
    /// <summary>Small models, ready after 400 steps.</summary>
    public static EsnConfig Config(Func<SourceConfig, SourceConfig>? source = null, Func<HttpConfig, HttpConfig>? http = null) => new()
    {
        Source = (source ?? (s => s))(new SourceConfig()),
        Http = (http ?? (h => h))(new HttpConfig()),
        Detector = Presets.Signal() with
        {
            Reservoir = new ReservoirSpec { Units = 20, Degree = 4 },
            Calibrator = new BudgetSpec { Reach = 1000 },  // so young, the preset would not speak of once in 10,000 steps
            ScalingSteps = 50,
            ScoredFrom = 80,
            WarmUp = 400,
        },
    };

    public static FeedRecord Record(long offset, string key, double value, int partition = 0) =>
        new("steps", partition, offset, 1000 * offset, Encoding.UTF8.GetBytes(key),
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"value": {{value:R}}}""")));

    public static RecordBatch Batch(params FeedRecord[] records) => new(records);

    /// <summary>A noisy sine that jumps for ten steps at 600.</summary>
    public static double Value(long t, double phase = 0) => Math.Sin(.3 * t + phase) + .01 * Math.Sin(12.9898 * t * t)
        + (t is >= 600 and < 610 ? 3 : 0);
}
