using System.Globalization;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class MaintenanceTests
{
    static bool Muted(MaintenanceConfig maintenance, string time, string stream = "pump-7")
    {
        maintenance.Validate();
        return maintenance.Compile()(stream,
            DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal));
    }

    [Theory]
    [InlineData("pump-*", "pump-7", true)]
    [InlineData("pump-*", "a-pump-7", false)]
    [InlineData("pump.7", "pump-7", false)]
    [InlineData("pump-7", "pump-7", true)]
    public void Streams_are_named_with_stars(string pattern, string stream, bool muted) =>
        Assert.Equal(muted, Muted(new MaintenanceConfig { Streams = ["other", pattern] }, "2026-01-01", stream));

    [Fact]
    public void A_window_ends_before_its_end()
    {
        var window = new MaintenanceConfig { From = "2026-03-01T00:00:00Z", To = "2026-03-02T12:00:00Z" };
        Assert.False(Muted(window, "2026-02-28T23:59:59Z"));
        Assert.True(Muted(window, "2026-03-01T00:00:00Z"));
        Assert.True(Muted(window, "2026-03-02T11:59:59Z"));
        Assert.False(Muted(window, "2026-03-02T12:00:00Z"));
    }

    [Theory]
    [InlineData("sun 22:00-04:00", "2026-11-22T21:59:00Z", false)]  // a Sunday
    [InlineData("sun 22:00-04:00", "2026-11-22T22:00:00Z", true)]
    [InlineData("sun 22:00-04:00", "2026-11-23T03:59:59Z", true)]   // past midnight it is still Sunday's
    [InlineData("sun 22:00-04:00", "2026-11-22T03:00:00Z", false)]
    [InlineData("02:00-04:00", "2026-11-25T03:00:00Z", true)]
    [InlineData("02:00-04:00", "2026-11-25T04:00:00Z", false)]
    [InlineData("mon 00:00-24:00", "2026-11-23T12:00:00Z", true)]
    [InlineData("mon 00:00-24:00", "2026-11-24T00:00:00Z", false)]
    public void Hours_come_back_every_week_or_day(string weekly, string time, bool muted) =>
        Assert.Equal(muted, Muted(new MaintenanceConfig { Weekly = weekly }, time));

    [Fact]
    public void In_maintenance_nothing_alarms_and_nothing_is_learnt()
    {
        EsnConfig config = Pipelines.Config()
            with { Maintenance = [new MaintenanceConfig { From = "1970-01-01T00:09:50Z", To = "1970-01-01T00:10:20Z" }] };
        var table = new StreamTable(config, TimeProvider.System);
        ScoredFrame[] frames = [.. Enumerable.Range(0, 900)
            .SelectMany(t => table.Take(Pipelines.Batch(Pipelines.Record(t, "a", Pipelines.Value(t)))).Frames)];
        Assert.DoesNotContain(frames, frame => frame.Result.Alarm is not null);
        Assert.DoesNotContain(frames, frame => frame.Result.AlarmOpen);
    }
}
