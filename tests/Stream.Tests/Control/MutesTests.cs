using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Prometheus;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class MutesTests
{
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    readonly CommandBook _book;
    readonly Mutes _mutes;

    public MutesTests()
    {
        _book = new CommandBook(_time);
        _mutes = _book.Mutes;
    }

    static StreamId Pump(string topic = "steps") => new(topic, 0, "pump 7/a");

    Task<ControlMute?> Set(string streams, string? topic = null, double minutes = 60) =>
        _book.Mute(streams, topic, TimeSpan.FromMinutes(minutes), "alice", "belt is off", TestContext.Current.CancellationToken);

    Task<bool> End(string streams, string? topic) => _book.Unmute(streams, topic, "bob", TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("2h", 7200)]
    [InlineData("1.5h", 5400)]
    [InlineData("1h30m", 5400)]
    [InlineData("1d2h3m4s", 93784)]
    [InlineData("30d", 30 * 86400)]
    [InlineData("30m1h", null)]
    [InlineData("30d1s", null)]
    [InlineData("31d", null)]
    [InlineData("0s", null)]
    [InlineData("-1h", null)]
    [InlineData("2", null)]
    [InlineData("2 h", null)]
    [InlineData("h", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_duration_is_a_number_and_a_unit(string? text, int? seconds) =>
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, Mutes.Duration(text));

    [Fact]
    public async Task A_mute_ends_by_the_wall_clock()
    {
        ControlMute mute = (await Set("pump 7/a", minutes: 120))!;
        Assert.Equal(("pump 7/a", null, _time.GetUtcNow() + TimeSpan.FromHours(2), "alice", "belt is off"),
            (mute.Streams, mute.Topic, mute.Until, mute.By, mute.Why));
        Assert.True(_mutes.Covers(Pump()));
        Assert.Single(_mutes.All);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.False(_mutes.Covers(Pump()));
        Assert.Empty(_mutes.All);
    }

    [Fact]
    public async Task A_pattern_mutes_streams_that_are_not_here_yet_in_every_partition()
    {
        await Set("pump *");
        Assert.True(_mutes.Covers(Pump()));
        Assert.True(_mutes.Covers(Pump("other") with { Partition = 7 }));
        Assert.False(_mutes.Covers(Pump() with { Key = "a pump 7" }));
        await Set("valve.1", "steps");
        Assert.True(_mutes.Covers(new StreamId("steps", 0, "valve.1")));
        Assert.False(_mutes.Covers(new StreamId("steps", 0, "valve-1")));
        Assert.False(_mutes.Covers(new StreamId("other", 0, "valve.1")));
    }

    [Fact]
    public async Task A_mute_is_ended_by_its_pattern_and_whoever_looks_is_told()
    {
        var told = new List<bool>();
        _mutes.Changed += changed => told.Add(changed(Pump()) && !changed(Pump() with { Key = "b" }));
        await Set("pump *");
        Assert.False(await End("pump 7/a", null));
        Assert.False(await End("pump *", "steps"));
        Assert.True(_mutes.Covers(Pump()));
        Assert.True(await End("pump *", null));
        Assert.False(_mutes.Covers(Pump()));
        Assert.Equal([true, true], told);
    }

    [Fact]
    public async Task There_are_never_more_mutes_than_are_asked_of_each_batch()
    {
        for (int i = 0; i < Mutes.Most; i++) Assert.NotNull(await Set($"{i}"));
        Assert.Null(await Set("one more"));
        Assert.NotNull(await Set("7", minutes: 5));  // in place of the one that is
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.NotNull(await Set("one more"));
    }

    [Fact]
    public async Task A_muted_stream_alarms_nothing_while_the_others_do()
    {
        EsnConfig config = Pipelines.Config();
        var metrics = new EsnMetrics(config.Http, []);
        var table = new StreamTable(config, _time);
        using IDisposable heard = _book.Listen(command => table.Take(new CommandsGiven([command])));
        ScoredBatch Take(long t)
        {
            ScoredBatch batch = table.Take(Pipelines.Batch(Pipelines.Record(t, "a", Pipelines.Value(t)),
                Pipelines.Record(t, "b", Pipelines.Value(t))));
            metrics.Observe(batch);
            return batch;
        }
        List<ScoredFrame> Run(long from, long to) =>
            [.. Enumerable.Range((int)from, (int)(to - from)).SelectMany(t => Take(t).Frames)];
        Run(0, 595);
        await Set("a", minutes: 5);
        List<ScoredFrame> muted = Run(595, 650);
        Assert.DoesNotContain(muted, frame => frame.Frame.Stream.Key == "a" && (frame.Result.AlarmOpen || frame.Result.Alarm is not null));
        Assert.Contains(muted, frame => frame.Frame.Stream.Key == "b" && frame.Result.Alarm?.Change == AlarmChange.Opened);
        Assert.Equal(1, Muted(metrics, "a"));
        Assert.Equal(0, Muted(metrics, "b"));
        _time.Advance(TimeSpan.FromMinutes(5));
        Run(650, 651);
        Assert.Equal(0, Muted(metrics, "a"));
    }

    static double Muted(EsnMetrics metrics, string stream)
    {
        using var text = new MemoryStream();
        metrics.Registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        string line = System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n')
            .Single(line => line.StartsWith("esn_muted{", StringComparison.Ordinal)
            && line.Contains($"\"{stream}\"", StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
