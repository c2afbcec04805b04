using System.Text;
using System.Text.Json;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class DriftEventTests
{
    static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    static AlarmEvent Event(AlarmChange change, Drift? drift) => new()
    {
        Change = change, Position = 900, Start = 890, Peak = 895, Time = Now, StartTime = Now, PeakTime = Now, Score = 1.2, PeakScore = 1.3,
        Severity = Severity.Minor, Normality = .5, Expected = [1, 2], Observed = [1, 2.5], Contributions = [], Scores = [],
        Forecast = null, Drift = drift,
    };

    static Drift Rising(double? lead) =>
        new(DriftKind.Level, 1, 500, Now.AddSeconds(-4000), .002, lead, lead is { } steps ? TimeSpan.FromSeconds(10 * steps) : null);

    static JsonElement Data(AlarmEvent alarm)
    {
        FeedRecord record = Pipelines.Record(7, "a", 1);
        var frame = new Frame(record, new StreamId("topic", 0, "a"), Now, [1, 2.5]);
        return JsonDocument.Parse(AnomalyCloudEvent.Binary(AnomalyCloudEvent.Of(frame, alarm, "topic/0/a/3", ["inlet", "outlet"])).Data)
            .RootElement;
    }

    [Fact]
    public void The_event_brings_the_drift()
    {
        JsonElement drift = Data(Event(AlarmChange.Opened, Rising(300))).GetProperty("drift");
        Assert.Equal("level", drift.GetProperty("kind").GetString());
        Assert.Equal((1, "outlet"), (drift.GetProperty("channel").GetInt32(), drift.GetProperty("name").GetString()));
        Assert.Equal(500, drift.GetProperty("sincePosition").GetInt64());
        Assert.Equal(Now.AddSeconds(-4000), drift.GetProperty("since").GetDateTime().ToUniversalTime());
        Assert.Equal(.002, drift.GetProperty("perStep").GetDouble());
        Assert.Equal((300, 3000), (drift.GetProperty("leadSteps").GetDouble(), drift.GetProperty("leadSeconds").GetDouble()));
    }

    [Fact]
    public void What_is_not_known_is_absent()
    {
        Assert.False(Data(Event(AlarmChange.Opened, null)).TryGetProperty("drift", out _));
        JsonElement drift = Data(Event(AlarmChange.Opened, Rising(null))).GetProperty("drift");
        Assert.False(drift.TryGetProperty("leadSteps", out _));
        Assert.False(drift.TryGetProperty("leadSeconds", out _));
    }
}
