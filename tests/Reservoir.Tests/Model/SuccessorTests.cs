using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>The model that is to take the place of another learns beside that.</summary>
public sealed class SuccessorTests
{
    const int Channels = 3, Steps = 2300, Long = 40, At = 2150;
    static readonly DateTime[] s_times = Feeds.Times(Steps);
    static readonly int[] Faults = [600, 850, 1100, 1350, 1600];

    // Three views of one rhythm, or three rhythms; of faults of one kind the last comes when the new model judges.
    static double[] Feed(int seed, bool related)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] feed = new double[Steps * Channels];
        for (int t = 0; t < Steps; t++)
        {
            for (int c = 0; c < Channels; c++)
            {
                double pace = related ? .2 : .13 + .07 * c;
                feed[t * Channels + c] = Math.Sin(pace * t + c) + .5 * Math.Sin(2 * pace * t + 2 * c) + Normal.Sample(random, 0, .02);
            }
            foreach (int at in (int[])[.. Faults, At])
                if (t >= at && t < at + Long) feed[t * Channels + 2] += .3 * Math.Sin(1.1 * t);
        }
        return feed;
    }

    static bool Alarms(double[] feed, bool told)
    {
        var next = new Successor(Presets.Signal(), Channels, [0]);
        bool alarms = false;
        for (int t = 0; t < Steps; t++)
        {
            bool fault = Faults.Any(at => t >= at && t <= at + Long + 50);
            next.Step(s_times[t], feed.AsSpan(t * Channels, Channels), muted: false, told && fault);
            alarms |= t is >= At and < At + Long && next.Model.Alarm.Open;
        }
        return alarms;
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public void What_the_old_model_tells_of_is_nothing_that_the_new_one_takes_for_usual(int seed, bool related)
    {
        double[] feed = Feed(seed, related);
        Assert.True(Alarms(feed, told: true));
        Assert.False(Alarms(feed, told: false));
    }

    // An old model that alarms all the time does not know what the feed does now.
    [Fact]
    public void It_learns_most_frames_whatever_the_old_model_tells()
    {
        double[] feed = Feed(3, related: true);
        var next = new Successor(Presets.Signal(), Channels, [0]);
        for (int t = 0; t < Faults[0] - 100; t++)
            next.Step(s_times[t], feed.AsSpan(t * Channels, Channels), muted: false, told: true);
        (double[] expected, var result, double error) = (new double[Channels], new StepResult[1], 0);
        for (int t = Faults[0] - 100; t < Faults[0]; t++)
        {
            next.Model.Take(s_times.AsSpan(t, 1), feed.AsSpan(t * Channels, Channels), result, expected, muted: default, whole: true);
            error = Math.Max(error, Math.Abs(feed[t * Channels + 1] - expected[1]));
        }
        Assert.InRange(error, 0, .5);
    }
}
