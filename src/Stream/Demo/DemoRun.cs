using Esn.Streaming.Configuration;

namespace Esn.Streaming.Demo;

/// <summary>How the demo runs.</summary>
/// <param name="Steps">Length of the feed; null: endless.</param>
/// <param name="Exit">End with the feed.</param>
/// <param name="Rate">Steps per second; 0: as fast as it goes.</param>
/// <param name="Seed">Of the feed.</param>
/// <param name="Noise">In standard deviations of the signal.</param>
public sealed record DemoOptions(long? Steps, bool Exit, double Rate, int Seed, double Noise);

/// <summary>
/// A feed through the system of `esn run`. What it shows has gone the whole way: the feed is produced to a topic, the alarms are read
/// from one.
/// </summary>
public sealed class DemoRun : DemoSystem
{
    /// <summary>Steps that come at once, without an anomaly, to learn from.</summary>
    public const int Quiet = 2000;

    readonly DemoOptions _options;
    readonly DemoFeed _feed;

    /// <summary>Starts the broker.</summary>
    public DemoRun(DemoOptions options, TimeProvider time) : base(new EsnConfig(), "timesteps", DemoFeed.Budget, time)
    {
        _options = options;
        _feed = new DemoFeed(options.Seed, Quiet, options.Noise);
        // Unpaced, all that is behind a step waits for it: how long says nothing of a live feed.
        Progress = new DemoProgress(time, options.Rate > 0 ? Quiet : long.MaxValue);
        Host.Batches.Subscribe(Progress.Take);
    }

    /// <summary>What was caught.</summary>
    public DemoReport Report { get; } = new();

    /// <summary>How far it is.</summary>
    public DemoProgress Progress { get; }

    /// <summary>
    /// Alarms as they are read back from the topic of events: position, its delay or null where it is false, and peak score.
    /// </summary>
    public event Action<long, long?, double>? Alarmed;

    private protected override async Task Send(CancellationToken stop)
    {
        await new DemoProducer(Config, _feed, Time).Send(Topic, _options.Steps, _options.Rate, () => Progress.Steps,
            stop).ConfigureAwait(false);
        await Drained(stop).ConfigureAwait(false);
        if (!_options.Exit) await Task.Delay(Timeout.InfiniteTimeSpan, Time, stop).ConfigureAwait(false);
    }

    // All steps are scored, and their alarms are read.
    async Task Drained(CancellationToken stop)
    {
        while (Progress.Steps < _options.Steps || Alarms.Count < Progress.Alarms) await Task.Delay(TimeSpan.FromMilliseconds(50), Time,
            stop).ConfigureAwait(false);
    }

    private protected override void ReadAlarms(CancellationToken stop) => Alarms.Read(Opened, stop);

    private protected override bool IsGood()
    {
        foreach (long anomaly in _feed.Anomalies) Report.Began(anomaly);
        return Report.Good(Progress.Steps);
    }

    void Opened(long position, double score)
    {
        foreach (long anomaly in _feed.Anomalies) Report.Began(anomaly);
        Alarmed?.Invoke(position, Report.Opened(position), score);
    }
}
