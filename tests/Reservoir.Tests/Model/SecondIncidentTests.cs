using Xunit;

namespace Esn.Tests;

/// <summary>A fault that was over and comes again is told again: as another alarm, or of the one that is open.</summary>
public class SecondIncidentTests
{
    // Noise, but for preset signal a rhythm in little of it; two shifts of as many rows, so far apart.
    static (double[] Feed, int Second) Two(string preset, int rows, int apart, int seed)
    {
        int steps = 3600, first = 3000;
        double[] feed = preset == "signal" ? Feeds.Sines(steps, seed: seed) : Feeds.Noise(steps, 100, seed);
        double size = preset == "signal" ? 25 * .05 : 15;
        for (int i = 0; i < rows; i++)
        {
            feed[first + i] += size;
            feed[first + rows + apart + i] += size;
        }
        return (feed, first + rows + apart);
    }

    [Theory]
    [InlineData("signal", 20, 40)]
    [InlineData("signal", 4, 40)]
    [InlineData("signal", 20, 90)]
    [InlineData("sensors", 20, 40)]
    [InlineData("sensors", 4, 40)]
    [InlineData("sensors", 4, 90)]
    [InlineData("metric", 20, 40)]
    [InlineData("metric", 20, 90)]
    public void The_second_of_two_like_incidents_is_told(string preset, int rows, int apart)
    {
        int told = 0;
        for (int seed = 3; seed < 8; seed++)
        {
            (double[] feed, int second) = Two(preset, rows, apart, seed);
            List<AlarmEvent> events = Feeds.Run(Presets.Of(preset), feed).Events();
            bool Told(int from) => events.Any(e => e.Change is AlarmChange.Opened or AlarmChange.Escalated or AlarmChange.Reopened
                && e.Position >= from && e.Position < from + rows + 10);
            Assert.True(Told(3000));
            if (Told(second)) told++;
        }
        Assert.InRange(told, 4, 5);
    }

    [Theory]
    [InlineData("signal")]
    [InlineData("sensors")]
    public void A_spike_is_told_while_the_alarm_of_a_shift_that_stays_is_open(string preset)
    {
        double[] feed = preset == "signal" ? Feeds.Sines(3600) : Feeds.Noise(3600, 100, seed: 5);
        double size = preset == "signal" ? .05 : 1;
        for (int t = 3000; t < feed.Length; t++) feed[t] += 8 * size;
        feed[3350] += 20 * size;
        Assert.Contains(Feeds.Run(Presets.Of(preset), feed).Events(), e => e.Position is >= 3350 and < 3355
            && e.Change is AlarmChange.Opened or AlarmChange.Escalated or AlarmChange.Reopened);
    }

    // Deviations that fade away to what doubles resolve, and their usual sizes with them.
    [Fact]
    public void What_stepped_once_and_stands_is_told_once_by_preset_sensors()
    {
        double[] feed = [.. Enumerable.Range(0, 15_000).Select(t => t < 2800 ? 200.6 : 191.6)];
        AlarmEvent opened = Assert.Single(Feeds.Run(Presets.Sensors(), feed).Events(), e => e.Change == AlarmChange.Opened);
        Assert.InRange(opened.Position, 2800, 2802);
    }
}
