using System.Text.Json;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class EventSizeTests
{
    static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    static ReadOnlyMemory<byte> Data(int channels, int points, int most = AnomalyCloudEvent.MostBytes, double value = 1.0 / 3)
    {
        double[] values = [.. Enumerable.Repeat(value, channels)];
        var alarm = new AlarmEvent
        {
            Change = AlarmChange.Opened, Position = 900, Start = 890, Peak = 895, Time = Now, StartTime = Now, PeakTime = Now,
            Score = 1.2, PeakScore = 1.3,
            Severity = Severity.Minor, Normality = .5, Expected = values, Observed = values,
            Contributions = [new Contribution(0, 1)], Scores = [new ScoreContribution("meanError", 9)],
            Forecast = new Forecast(880, [.. Enumerable.Repeat(value, channels * points)]), Drift = null,
        };
        var stream = new StreamId("steps", 0, "a");
        var frame = new Frame(Pipelines.Record(7, "a", 1), stream, Now, values);
        return AnomalyCloudEvent.Binary(AnomalyCloudEvent.Of(frame, alarm, "steps/0/a/7", [], most)).Data;
    }

    [Fact]
    public void An_event_that_fits_leaves_nothing_out()
    {
        JsonElement data = JsonDocument.Parse(Data(3, 60)).RootElement;
        Assert.False(data.TryGetProperty("leftOut", out _));
        Assert.Equal(60, data.GetProperty("forecast").GetProperty("expected").GetArrayLength());
    }

    [Theory]
    [InlineData(900, 60)]
    [InlineData(1000, 500)]
    [InlineData(100_000, 10)]
    public void A_larger_one_leaves_points_of_the_forecast_out_then_channels_and_says_so(int channels, int points)
    {
        ReadOnlyMemory<byte> bytes = Data(channels, points);
        Assert.InRange(bytes.Length, 1, AnomalyCloudEvent.MostBytes);
        JsonElement data = JsonDocument.Parse(bytes).RootElement, leftOut = data.GetProperty("leftOut");
        int kept = data.TryGetProperty("forecast", out JsonElement forecast) ? forecast.GetProperty("expected").GetArrayLength() : 0;
        Assert.Equal(points, kept + leftOut.GetProperty("forecastPoints").GetInt32());
        Assert.Equal(channels, data.GetProperty("expected").GetArrayLength() + leftOut.GetProperty("channels").GetInt32());
        Assert.Equal(channels < 2000 ? 0 : 1, leftOut.GetProperty("channels").GetInt32() > 0 ? 1 : 0);
        Assert.Equal("steps/0/a/7", data.GetProperty("alarm").GetString());
    }

    [Fact]
    public void What_remains_without_any_list_fits_where_little_does() => Assert.InRange(Data(1000, 500, most: 800).Length, 1, 800);

    [Fact]
    public void A_number_that_JSON_does_not_have_costs_no_event() =>
        Assert.Equal("NaN", JsonDocument.Parse(Data(1, 3, value: double.NaN)).RootElement.GetProperty("expected")[0].GetString());
}
