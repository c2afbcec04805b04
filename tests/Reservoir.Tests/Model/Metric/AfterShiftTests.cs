using Xunit;

namespace Esn.Tests;

/// <summary>Preset metric: errors are compared with those of the level at which the feed is.</summary>
public class AfterShiftTests
{
    [Theory]
    [InlineData(100, 20)]
    [InlineData(100, 60)]
    [InlineData(1000, 30)]
    public void A_spike_after_a_shift_that_stays_is_told(double level, double shift)
    {
        const int at = 3000, spike = 4300, steps = 4400;
        int told = 0;
        for (int seed = 1; seed <= 8; seed++)
        {
            double[] feed = Feeds.Noise(steps, level, seed);
            for (int t = at; t < steps; t++) feed[t] += shift;
            for (int t = spike; t < spike + 3; t++) feed[t] += 14;
            List<AlarmEvent> events = Feeds.Run(Presets.Metric(), feed).Events();
            bool Tells(AlarmEvent e) => e.Position is >= spike and < spike + 5 && e.Change is AlarmChange.Opened or AlarmChange.Escalated;
            if (events.Exists(Tells)) told++;
        }
        Assert.InRange(told, 7, 8);
    }
}
