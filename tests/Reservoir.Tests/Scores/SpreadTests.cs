using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>The width of the noise, by the median of the distances from one value to the next.</summary>
public sealed class SpreadTests
{
    static Score Create(int window, int channels) =>
        new SpreadSpec { Window = window }.Create(new ScoreContext(channels, [1], null));

    static void Step(Score score, params double[] values) => score.Step(new ScoreInput
    {
        Input = values, Errors = values, Frozen = false, Held = new HeldChannels(new bool[values.Length]),
        Missing = values.Contains(double.NaN) ? [.. values.Select(double.IsNaN)] : default,
    });

    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    public void It_is_the_median_of_the_last_squared_distances_of_what_came(int window)
    {
        Score score = Create(window, 2);
        var random = new Xoshiro256StarStar(4, threadSafe: false);
        List<double>[] came = [[], []];
        for (int t = 0; t < 400; t++)
        {
            double[] values = [.. Enumerable.Range(0, 2).Select(c => t % 3 == c ? double.NaN : Math.Round(Normal.Sample(random, 0, 2), c))];
            for (int c = 0; c < 2; c++)
                if (!double.IsNaN(values[c])) came[c].Add(values[c]);
            Step(score, values);
            Assert.Equal(t >= window, score.Ready);
            for (int c = 0; c < 2; c++)
            {
                double[] distances = [.. came[c].Zip(came[c].Skip(1), (one, next) => (next - one) * (next - one)).TakeLast(window)];
                if (distances.Length == window) Assert.Equal(distances.Order().ElementAt((window - 1) / 2), score.Squares[c]);
            }
        }
    }

    [Fact]
    public void Steps_and_ramps_do_not_move_it_and_noise_does()
    {
        double Spread(Func<int, double> feed, double noise)
        {
            Score score = Create(40, 1);
            var random = new Xoshiro256StarStar(5, threadSafe: false);
            for (int t = 0; t < 400; t++) Step(score, feed(t) + noise * Normal.Sample(random, 0, 1));
            return score.Squares[0];
        }
        double usual = Spread(_ => 0, .1);
        Assert.InRange(Spread(t => t / 20 * 5, .1), .6 * usual, 1.7 * usual);
        Assert.InRange(Spread(t => .005 * t, .1), .6 * usual, 1.7 * usual);
        Assert.Equal(9 * usual, Spread(_ => 0, .3), 9);
    }

    // Of ten sensors one is three times as noisy for 300 frames, whether its values hang together or not.
    [Theory]
    [InlineData(0)]
    [InlineData(.9)]
    public void Sensors_tell_which_channel_grew_noisy_soon_and_little_else(double coupling)
    {
        (int told, int named, int others) = (0, 0, 0);
        Parallel.For(0, 10, seed =>
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double[] states = new double[10];
            double[][] frames = [.. Enumerable.Range(0, 4000).Select(t => (double[])[.. Enumerable.Range(0, 10).Select(c =>
                50 + (states[c] = coupling * states[c] + Normal.Sample(random, 0, 1))
                    + (c == 4 && t is >= 3000 and < 3300 ? 3 : .5) * Normal.Sample(random, 0, 1))])];
            var detector = new Detector(Presets.Sensors(), 10);
            AlarmEvent[] opened = [.. frames
                .Select((frame, t) => detector.Step(DateTime.UnixEpoch.AddSeconds(t), frame, new double[10]).Alarm)
                .OfType<AlarmEvent>().Where(alarm => alarm.Change == AlarmChange.Opened)];
            AlarmEvent? hit = opened.FirstOrDefault(alarm => alarm.Position is >= 3000 and < 3120);
            Interlocked.Add(ref told, hit is null ? 0 : 1);
            Interlocked.Add(ref named, hit?.Contributions[0].Channel == 4 ? 1 : 0);
            Interlocked.Add(ref others, opened.Count(alarm => alarm.Position < 3000));
        });
        Assert.True(told >= 9 && named >= 7 && others <= 12, $"{told} told, {named} named, {others} others in 30,000 frames");
    }

    // A filter that was switched on, a probe that is damped: it follows the process as before, and no noise is left.
    [Fact]
    public void Sensors_tell_which_channel_lost_its_noise_and_little_else()
    {
        (int told, int named, int others) = (0, 0, 0);
        Parallel.For(0, 10, seed =>
        {
            var random = new Xoshiro256StarStar(40 + seed, threadSafe: false);
            double[] states = new double[8];
            double[][] frames = [.. Enumerable.Range(0, 3300).Select(t => (double[])[.. Enumerable.Range(0, 8).Select(c =>
                50 + (states[c] = .98 * states[c] + Normal.Sample(random, 0, .1))
                    + (c == 4 && t >= 3000 ? 0 : .5) * Normal.Sample(random, 0, 1))])];
            var detector = new Detector(Presets.Sensors(), 8);
            AlarmEvent[] opened = [.. frames
                .Select((frame, t) => detector.Step(DateTime.UnixEpoch.AddSeconds(t), frame, new double[8]).Alarm)
                .OfType<AlarmEvent>().Where(alarm => alarm.Change == AlarmChange.Opened)];
            AlarmEvent? hit = opened.FirstOrDefault(alarm => alarm.Position is >= 3000 and < 3080);
            Interlocked.Add(ref told, hit is null ? 0 : 1);
            Interlocked.Add(ref named, hit?.Contributions[0].Channel == 4 ? 1 : 0);
            Interlocked.Add(ref others, opened.Count(alarm => alarm.Position < 3000));
        });
        Assert.True(told >= 9 && named >= 9 && others <= 12, $"{told} told, {named} named, {others} others in 30,000 frames");
    }

    // Half of its distances are 0, more or less by chance: a median of them falls by all that there is, again and again.
    [Fact]
    public void Of_a_channel_with_few_values_chance_is_no_noise_that_vanished()
    {
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        Score quiet = new SpreadSpec { Vanished = true }.Create(new ScoreContext(1, [1], null));
        (double low, double high) = (double.MaxValue, 0);
        for (int t = 0; t < 2000; t++)
        {
            Step(quiet, Math.Round(Normal.Sample(random, 0, .7)));
            if (quiet.Ready) (low, high) = (Math.Min(low, quiet.Squares[0]), Math.Max(high, quiet.Squares[0]));
        }
        Assert.InRange(high / low, 1, 10);
        for (int t = 0; t < 40; t++) Step(quiet, 0);
        Assert.True(quiet.Squares[0] > 1000 * high);
    }

    // A channel that wanders, with a noise of a third of its last digit: it shows where the reading lies between two counts, and nowhere
    // else. Whether the counts are quite alike or not, as of a sensor that is linearised.
    [Theory]
    [InlineData(0)]
    [InlineData(.1)]
    public void A_last_digit_that_no_longer_comes_and_goes_is_no_noise_that_vanished(double bend)
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        Score quiet = new SpreadSpec { Vanished = true }.Create(new ScoreContext(1, [1], null));
        double wander = 0;
        (int judged, int steps) = (0, 0);
        for (int t = 0; t < 6000; t++)
        {
            wander = .998 * wander + Normal.Sample(random, 0, .12);
            double count = Math.Round(wander + Normal.Sample(random, 0, .32));
            Step(quiet, .1 * (count + bend * Math.Sin(count)));
            if (t < 600) continue;
            steps++;
            if (!double.IsNaN(quiet.Squares[0])) judged++;
        }
        Assert.True(judged < .02 * steps, $"judged at {judged} of {steps} steps");
    }

    // Most of its distances are 0: it has no noise to lose.
    [Fact]
    public void A_reading_that_sits_between_two_counts_is_no_noise_that_vanished()
    {
        int alarms = 0;
        for (int seed = 1; seed <= 5; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double[] feed = [.. Enumerable.Range(0, 6000).Select(_ => random.NextDouble() < .02 * seed ? 20.06 : 20)];
            alarms += Feeds.Run(Presets.Sensors(), feed).Events().Count(e => e.Change == AlarmChange.Opened);
        }
        Assert.True(alarms <= 2, $"{alarms} alarms in 30,000 frames");
    }
}
