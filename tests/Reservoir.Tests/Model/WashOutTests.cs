using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>After a gap nothing is judged until the reservoir has forgotten what came before.</summary>
public sealed class WashOutTests
{
    // Two sines; at each gap the time, and so the phase, goes on by as many seconds.
    static (DateTime[] Times, double[] Feed, bool[] Muted) Sines(int steps, Func<int, int> gap, double noise, int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        var (times, feed, muted) = (new DateTime[steps], new double[steps], new bool[steps]);
        int second = 0;
        for (int t = 0; t < steps; t++, second++)
        {
            muted[t] = gap(t) > 0;
            second += gap(t);
            (times[t], feed[t]) = (DateTime.UnixEpoch.AddSeconds(second),
                Math.Sin(.2 * second) + .5 * Math.Sin(.083 * second) + noise * Normal.Sample(random, 0, 1));
        }
        return (times, feed, muted);
    }

    static StepResult[] Run(Detector detector, DateTime[] times, double[] feed, bool[] muted)
    {
        var results = new StepResult[feed.Length];
        detector.StepMany(times, feed, results, new double[feed.Length], muted);
        return results;
    }

    static int Unjudged(StepResult[] results, int from) => results.Skip(from).TakeWhile(result => result.Unjudged).Count();

    [Fact]
    public void A_signal_that_comes_back_in_another_phase_is_no_anomaly_and_a_fault_after_that_is_one()
    {
        (int told, int gaps, int faults) = (0, 0, 0);
        for (int seed = 1; seed <= 3; seed++)
        {
            var (times, feed, muted) = Sines(8000, t => t >= 3000 && t % 700 == 0 ? 60 + t / 10 : 0, noise: .01, seed);
            for (int t = 7900; t < 7940; t++) feed[t] += .3 * Math.Sin(.9 * t);
            StepResult[] results = Run(new Detector(Feeds.Small(), 1), times, feed, muted);
            gaps += muted.Count(gap => gap);
            told += results[..7900].Count(result => result.Alarm is { Change: AlarmChange.Opened });
            faults += results[7900..].Any(result => result.AlarmOpen) ? 1 : 0;
            Assert.Equal(0, results[7000].Score);
        }
        Assert.True(told <= gaps / 8, $"{told} alarms after {gaps} gaps");
        Assert.Equal(3, faults);
    }

    [Fact]
    public void It_takes_the_longer_the_less_noise_could_hide_the_echo()
    {
        int After(double noise)
        {
            var (times, feed, muted) = Sines(4000, t => t == 3000 ? 100 : 0, noise, seed: 4);
            return Unjudged(Run(new Detector(Presets.Signal(), 1), times, feed, muted), 3000);
        }
        (int loud, int quiet, int still) = (After(.3), After(.01), After(0));
        Assert.True(loud > 51 && loud < quiet && quiet < still && still <= 501, $"{loud}, {quiet}, {still}");
    }

    [Fact]
    public void Of_a_feed_in_short_pieces_each_is_judged_but_for_its_beginning()
    {
        var (times, feed, muted) = Sines(4800, t => t >= 2000 && t % 80 == 0 ? 45 : 0, noise: .001, seed: 5);
        StepResult[] results = Run(new Detector(Feeds.Small(), 1), times, feed, muted);
        for (int piece = 3440; piece < 4800; piece += 80)  // sixteen are known
        {
            Assert.InRange(Unjudged(results, piece), 20, 31);
            Assert.DoesNotContain(results[piece..(piece + 29)], result => result.Alarm is { Change: AlarmChange.Opened });
        }
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(8, 5)]
    [InlineData(15, 11)]
    [InlineData(20, 14)]
    public void Of_the_shortest_pieces_the_first_frames_are_not_judged(int piece, int most)
    {
        var (times, feed, muted) = Sines(4000, t => t >= 2000 && t % piece == 0 ? 45 : 0, noise: .01, seed: 7);
        StepResult[] results = Run(new Detector(Feeds.Small(), 1), times, feed, muted);
        for (int t = 3000 / piece * piece; t + piece <= 4000; t += piece) Assert.InRange(Unjudged(results[..(t + piece)], t), 1, most);
        Assert.DoesNotContain(results[3000..], result => result.Alarm is { Change: AlarmChange.Opened });
    }

    [Fact]
    public void What_is_left_of_it_is_the_same_to_the_bit_after_a_restart()
    {
        var (times, feed, muted) = Sines(3600, t => t == 3000 ? 100 : 0, noise: .01, seed: 6);
        StepResult[] whole = Run(new Detector(Presets.Signal(), 1), times, feed, muted);
        int after = Unjudged(whole, 3000);
        Assert.InRange(after, 61, 400);
        foreach (int cut in (int[])[3001, 3030, 3000 + after - 1])
        {
            var detector = new Detector(Presets.Signal(), 1);
            Run(detector, times[..cut], feed[..cut], muted[..cut]);
            var bytes = new ArrayBufferWriter<byte>();
            detector.Save(bytes);
            detector = Detector.Load(Presets.Signal(), 1, new ReadOnlySequence<byte>(bytes.WrittenMemory));
            StepResult[] rest = Run(detector, times[cut..], feed[cut..], muted[cut..]);
            Assert.Equal(whole[cut..].Select(result => (result.Score, result.Unjudged)),
                rest.Select(result => (result.Score, result.Unjudged)));
        }
    }

    // Errors of 25 and 94 steps ahead that a gap lies between are errors of other times.
    [Fact]
    public void A_metric_is_not_judged_by_what_was_foretold_across_a_gap()
    {
        int opened = 0, gaps = 0;
        for (int seed = 1; seed <= 4; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            var detector = new Detector(new MetricModelSpec(), 1);
            DateTime time = new(2026, 1, 5);
            double[] expected = [0];
            long gap = -1000;
            for (int t = 0; t < 4000; t++)
            {
                bool resumes = t >= 1500 && t % 400 == 0;
                time = time.AddMinutes(resumes ? 5 * (100 + t % 7 * 10) : 5);
                if (resumes) (gap, gaps) = (t, gaps + 1);
                double value = 100 + 40 * Math.Sin(2 * Math.PI * time.TimeOfDay.TotalDays) + 4 * Normal.Sample(random, 0, 1);
                StepResult result = detector.Step(time, [value], expected, resumes);
                if (t - gap < 120 && result.Alarm is { Change: AlarmChange.Opened }) opened++;
            }
        }
        Assert.True(opened <= gaps / 4, $"{opened} alarms after {gaps} gaps");
    }
}
