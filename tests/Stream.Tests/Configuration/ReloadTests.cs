using System.Diagnostics;
using Esn.Streaming.Configuration;
using Esn.Streaming.Hosting;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>A configuration that changes while running: validated, taken between two steps, or left alone and told.</summary>
public sealed class ReloadTests : IDisposable
{
    const string Before = "alarms: { budget: 1 per 10000 steps }\nsource: { maxStreams: 100 }\n";

    readonly TemporaryDirectory _directory = new();

    string FileOf(string text)
    {
        string file = Path.Combine(_directory.Path, "esn.yaml");
        File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_judges_is_taken_and_what_takes_a_restart_is_named()
    {
        string file = FileOf(Before);
        var watch = new ConfigWatch(file, ConfigFile.Load(file));
        Assert.Null(watch.Look(asked: false));
        File.WriteAllText(file, """
            alarms: { budget: 1 per 500 steps }
            source: { maxStreams: 200, topics: [other], times: { silentAfter: 30 } }
            detector: { reservoir: { units: 77 }, alarm: { critical: 3 } }
            maintenance: [{ streams: [pump], weekly: "sun 02:00-04:00" }]
            """);
        Reload reload = watch.Look(asked: false)!;
        Assert.Null(reload.Fault);
        Assert.Equal(["alarms.budget", "detector.alarm.critical", "maintenance", "source.maxStreams", "source.times.silentAfter"],
            reload.Changed.Order(StringComparer.Ordinal));
        Assert.Equal(["detector.reservoir.units", "source.topics"], reload.Restart.Order(StringComparer.Ordinal));
        Assert.Equal((200, "timesteps"), (reload.Config!.Source.MaxStreams, reload.Config.Source.Topics[0]));
        Assert.True(reload.Config.Detector.LearnsLike(new EsnConfig().Detector));
        Assert.Equal(3, reload.Config.Detector.Alarm.Critical);
        Assert.Null(watch.Look(asked: false));
        Assert.Empty(watch.Look(asked: true)!.Changed);
    }

    [Theory]
    [InlineData("alarms: { budget: lots }", "alarms.budget must be such as")]
    [InlineData("source: { maxStreams: 0 }", "maxStreams must be in [1, 1000000], was 0")]
    [InlineData("a: [", "esn.yaml")]
    public void What_can_not_be_used_leaves_what_holds_and_is_told_once(string text, string told)
    {
        string file = FileOf(Before);
        var watch = new ConfigWatch(file, ConfigFile.Load(file));
        EsnConfig before = watch.Running;
        File.WriteAllText(file, text);
        Reload reload = watch.Look(asked: false)!;
        Assert.Null(reload.Config);
        Assert.Contains(told, reload.Fault, StringComparison.Ordinal);
        Assert.Same(before, watch.Running);
        Assert.Null(watch.Look(asked: false));
        // Gone for a moment, and back as it was.
        File.Delete(file);
        Assert.Contains("can't read the configuration", watch.Look(asked: false)!.Fault, StringComparison.Ordinal);
        File.WriteAllText(file, Before);
        Assert.Equal((null, 0), (watch.Look(asked: false)!.Fault, ConfigChanges.Of(before, watch.Running).Count));
    }

    [Fact]
    public void A_mounted_file_whose_link_is_put_elsewhere_is_seen_by_its_content()
    {
        foreach ((string folder, string text) in new[] { ("one", Before),
            ("two", Before.Replace("100 }", "300 }", StringComparison.Ordinal)) })
        {
            Directory.CreateDirectory(Path.Combine(_directory.Path, folder));
            File.WriteAllText(Path.Combine(_directory.Path, folder, "esn.yaml"), text);
            File.SetLastWriteTimeUtc(Path.Combine(_directory.Path, folder, "esn.yaml"), DateTime.UnixEpoch);
        }
        string link = Path.Combine(_directory.Path, "data"), file = Path.Combine(_directory.Path, "esn.yaml");
        Directory.CreateSymbolicLink(link, "one");
        File.CreateSymbolicLink(file, Path.Combine("data", "esn.yaml"));
        var watch = new ConfigWatch(file, ConfigFile.Load(file));
        Assert.Null(watch.Look(asked: false));
        Directory.Delete(link);
        Directory.CreateSymbolicLink(link, "two");
        Assert.Equal(["source.maxStreams"], watch.Look(asked: false)!.Changed);
    }

    [Fact]
    public async Task On_SIGHUP_and_by_and_by_it_reaches_the_streams_and_the_metrics_say_whether_it_could_be_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no SIGHUP");
        string file = FileOf(Before);
        EsnConfig config = ConfigFile.Load(file);
        var time = new FakeTimeProvider();
        var metrics = new EsnMetrics(new HttpConfig(), [], time);
        var log = new RecordingLog();
        var seen = new TaskCompletionSource<SourceMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (Reloading.Of(config, metrics, time, log).Subscribe(message => seen.TrySetResult(message)))
        {
            File.WriteAllText(file, "alarms: { budget: nonsense }");
            time.Advance(TimeSpan.FromSeconds(6));
            Assert.Contains("esn_config_last_reload_successful 0", await Shown(metrics), StringComparison.Ordinal);
            Assert.False(seen.Task.IsCompleted);
            File.WriteAllText(file, "alarms: { budget: 1 per 500 steps }\nkafka: { bootstrapServers: \"other:1\" }\n");
            using Process kill = Process.Start("kill",
                ["-HUP", Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            var changed = Assert.IsType<ConfigChanged>(await seen.Task.WaitAsync(TimeSpan.FromMinutes(2),
                TestContext.Current.CancellationToken));
            Assert.Equal((1 / 500.0, "localhost:9092"), (changed.Config.Alarms.Budget!.PerStep, changed.Config.Kafka.BootstrapServers));
        }
        string shown = await Shown(metrics);
        Assert.Contains("esn_config_last_reload_successful 1", shown, StringComparison.Ordinal);
        Assert.Contains("esn_config_needs_restart 1", shown, StringComparison.Ordinal);
        Assert.Contains(log.Lines, line => line.Contains("the one before it holds: alarms.budget must be such "
            + "as", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("take a restart", StringComparison.Ordinal)
            && line.Contains("kafka.bootstrapServers", StringComparison.Ordinal));
    }

    [Fact]
    public void Streams_go_on_where_they_are_and_are_judged_by_what_holds_now()
    {
        EsnConfig config = Pipelines.Config();
        EsnConfig muted = config with { Maintenance = [new MaintenanceConfig { Streams = ["a"] }] };
        AlarmSpec strict = config.Detector.Alarm with { Major = 1.01, Critical = 1.02 };
        EsnConfig severe = config with { Detector = config.Detector with { Alarm = strict } };
        StreamTable plain = new(config, TimeProvider.System), changed = new(config, TimeProvider.System);
        List<ScoredFrame> expected = [], found = [];
        for (int t = 0; t < 700; t++)
        {
            if (t == 300) changed.Take(new ConfigChanged(muted));
            if (t == 301) changed.Take(new ConfigChanged(config));
            if (t == 550) changed.Take(new ConfigChanged(severe));
            FeedRecord record = Pipelines.Record(t, "a", Pipelines.Value(t));
            expected.AddRange(plain.Take(Pipelines.Batch(record)).Frames);
            found.AddRange(changed.Take(Pipelines.Batch(record)).Frames);
        }
        Assert.Equal(Enumerable.Range(0, 700).Select(t => (long)t), found.Select(frame => frame.Result.Position));
        Assert.Equal(expected.Take(300).Select(frame => frame.Expected.Span[0]), found.Take(300).Select(frame => frame.Expected.Span[0]));
        Assert.Equal([300], Enumerable.Range(0, 700).Where(t => found[t].Muted));
        AlarmEvent mild = expected.Select(frame => frame.Result.Alarm).First(alarm => alarm is { Change: AlarmChange.Opened })!;
        AlarmEvent told = found.Select(frame => frame.Result.Alarm).First(alarm => alarm is { Change: AlarmChange.Opened })!;
        Assert.InRange(told.Position, mild.Position, mild.Position + 2);
        Assert.Equal(Severity.Critical, told.Severity);
    }

    static async Task<string> Shown(EsnMetrics metrics)
    {
        using var text = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken);
        return System.Text.Encoding.UTF8.GetString(text.ToArray());
    }
}
