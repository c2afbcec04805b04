using System.Buffers;
using System.IO.Hashing;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public sealed class ShapeScoreTests
{
    // Against the definition: every earlier shape that ends a length before or more, within the past that is kept.
    [Theory]
    [InlineData(1, 20.0, 0)]
    [InlineData(2, 20.0, 0)]
    [InlineData(1, 150.0, 0)]  // 3 steps a sample
    [InlineData(1, 20.0, 3)]   // on a base line that wanders: of the values less their mean over a length
    [InlineData(2, 20.0, 3)]
    [InlineData(1, 100.0, 3)]  // 2 steps a sample
    public void It_is_the_distance_to_the_nearest_shape_of_the_past(int channels, double period, double wander)
    {
        const int steps = 2400, past = 900;
        var spec = new ShapeSpec { Past = past, Measured = 601, Longest = 150 };
        double[] feed = Periodic(steps, channels, period);
        for (int i = 0; i < feed.Length; i++) feed[i] += wander * Math.Sin(2 * Math.PI * (i / channels) / 760.0);
        int stride = (int)Math.Ceiling(period / spec.Points), length = (int)period / stride;
        double[][] samples = [.. Enumerable.Range(0, steps / stride).Select(t => Enumerable.Range(0, channels)
            .Select(c => Enumerable.Range(t * stride, stride).Average(step => feed[step * channels + c])).ToArray())];
        if (wander > 0)
            samples = [.. samples.Select((sample, t) => sample
                .Select((x, c) => x - samples[Math.Max(0, t + 1 - length)..(t + 1)].Average(s => s[c])).ToArray())];
        Score score = spec.Create(new ScoreContext(channels, [1], null));
        int compared = 0;
        for (int t = 0; t < steps; t++)
        {
            Step(score, feed.AsSpan(t * channels, channels));
            if (!score.Ready || (t + 1) % stride != 0) continue;
            int end = (t + 1) / stride;
            double least = Enumerable.Range(length, Math.Min(past, end - length) - length + 1)
                .Min(lag => Enumerable.Range(0, channels).Sum(c => Apart(samples, c, end, lag, length)));
            Assert.Equal(least, Math.Abs(score.Squares.Sum()), .001 + .01 * least);
            compared++;
        }
        Assert.InRange(compared, 1500 / stride / 2, steps);
    }

    // Levels apart.
    static double Apart(double[][] samples, int channel, int end, int lag, int length)
    {
        double[] differences = [.. Enumerable.Range(end - length, length).Select(t => samples[t][channel] - samples[t - lag][channel])];
        double mean = differences.Average();
        return differences.Average(d => (d - mean) * (d - mean));
    }

    [Fact]
    public void What_repeats_is_no_news_however_large_and_another_level_of_it_neither()
    {
        Score score = new ShapeSpec().Create(new ScoreContext(1, [1], null));
        for (int t = 0; t < 4000; t++)
        {
            Step(score, [10 * Math.Sin(2 * Math.PI * t / 50) + (t < 3000 ? 0 : 5)]);
            // The change of the level is a shape of its own for as long as it lies in it.
            if (score.Ready && t is < 3000 or > 3060) Assert.InRange(score.Squares[0], t < 2000 ? -1e-3 : 0, 1e-3);
        }
        Assert.True(score.Ready);
    }

    // Rössler's band is so thin that its autocorrelation is that of a rhythm: .93 after a period, and after two.
    [Theory]
    [InlineData(0)]
    [InlineData(.02)]
    public void A_chaotic_feed_is_judged_as_if_there_were_no_such_score(double noise)
    {
        const int steps = 8000;
        double[] feed = Roessler(steps, noise);
        ErrorModelSpec preset = Feeds.Small();
        StepResult[] with = Feeds.Run(preset, feed),
            without = Feeds.Run(preset with { Scores = [.. preset.Scores.Where(score => score is not ShapeSpec)] }, feed);
        Assert.Equal(without.Select(r => r.Score), with.Select(r => r.Score));
        Assert.InRange(Told(feed, recurrent: 100), .5, 1);
        Assert.Equal(0, Told(feed, recurrent: 2));
    }

    [Theory]
    [InlineData(40, 0)]
    [InlineData(40, .3)]
    [InlineData(150, .1)]
    public void A_rhythm_is_told_of_once_either_half_of_the_past_has_shown_its_shapes(int period, double noise)
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, 8000)
            .Select(t => (t % period < period / 3 ? 1.4 : -.7) + noise * Normal.Sample(random, 0, 1))];
        Assert.InRange(Told(feed, recurrent: 2), .7, 1);
    }

    // Every cycle is a little longer and higher than the last, and without noise the nearest of the past is now far, now near.
    [Fact]
    public void A_clean_rhythm_whose_cycles_differ_is_told_where_one_is_far_further_out_than_any_before()
    {
        (double[] feed, int first, int last) = UnevenCycles(steps: 9000, seed: 11);
        Score score = new ShapeSpec().Create(new ScoreContext(1, [1], null)), without = new ShapeSpec { Clear = 100 }
            .Create(new ScoreContext(1, [1], null));
        int told = 0;
        for (int t = 0; t < feed.Length; t++)
        {
            Step(score, [feed[t]]);
            Step(without, [feed[t]]);
            if (!score.Ready) continue;
            Assert.Equal(-Math.Abs(score.Squares[0]), without.Squares[0]);
            if (t < first || t > last + 200) Assert.True(score.Squares[0] < 0, $"step {t}");
            else if (score.Squares[0] > 0) told++;
        }
        Assert.InRange(told, 50, last + 201 - first);
    }

    // What an alarm is told of is no record: a second fault need not be further out than the first by as much again.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_second_fault_is_told_as_the_first_was_where_that_one_was_told(bool told)
    {
        (double[] feed, int first, int last) = UnevenCycles(steps: 9000, seed: 11);
        int second = first + 2000, length = last + 1 - first;
        double middle = (feed.Max() + feed.Min()) / 2;
        for (int t = second; t < second + length; t++) feed[t] = 1.6 * middle - feed[t];
        Score score = new ShapeSpec().Create(new ScoreContext(1, [1], null));
        bool heard = false;
        for (int t = 0; t < feed.Length; t++)
        {
            Step(score, [feed[t]], frozen: told && t >= first && t < last + 600);
            if (t >= second && t < second + length) heard |= score.Squares[0] > 0;
        }
        Assert.Equal(told, heard);
    }

    // Pulses whose length and height vary by themselves; the course of one is reversed, from first to last.
    static (double[] Feed, int First, int Last) UnevenCycles(int steps, int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] feed = new double[steps];
        (int begin, int first, int last) = (0, 0, 0);
        while (begin < steps)
        {
            int length = (int)Math.Round(120 + 1.2 * Normal.Sample(random, 0, 1)), end = Math.Min(steps, begin + length);
            double height = 1 + .05 * Normal.Sample(random, 0, 1);
            bool reversed = first == 0 && begin > steps / 2;
            if (reversed) (first, last) = (begin, end - 1);
            for (int t = begin; t < end; t++)
            {
                double u = (double)(t - begin) / length;
                if (reversed) u = 1 - u;
                double rise = (u - .16) / .07, notch = (u - .42) / .06;
                feed[t] = height * (Math.Exp(-rise * rise) + .5 * Math.Exp(-notch * notch) + .35 * Math.Exp(-3.2 * u));
            }
            begin += length;
        }
        return (feed, first, last);
    }

    // Noise that resonates has a period and no rhythm; white noise has neither.
    [Theory]
    [InlineData(0)]
    [InlineData(.98)]
    public void Noise_has_no_rhythm(double resonance)
    {
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        double[] feed = new double[8000];
        for (int t = 2; t < feed.Length; t++)
            feed[t] = 2 * resonance * Math.Cos(2 * Math.PI / 40) * feed[t - 1] - resonance * resonance * feed[t - 2]
                + .1 * Normal.Sample(random, 0, 1);
        Assert.Equal(0, Told(feed, recurrent: 2));
    }

    // What wanders is taken off before a period is looked for: what is left of noise has none for that, or finds new shapes.
    [Theory]
    [InlineData(0, 40, 1)]
    [InlineData(0, 40, 2)]
    [InlineData(.98, 40, 3)]
    [InlineData(.98, 100, 4)]
    [InlineData(.99, 200, 5)]
    public void Noise_that_wanders_has_no_rhythm(double resonance, double period, int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] feed = new double[8000];
        double last = 0, before = 0, walk = 0;
        for (int t = 0; t < feed.Length; t++)
        {
            double now = 2 * resonance * Math.Cos(2 * Math.PI / period) * last - resonance * resonance * before
                + .1 * Normal.Sample(random, 0, 1);
            (before, last) = (last, now);
            feed[t] = now + (walk += .05 * Normal.Sample(random, 0, 1));
        }
        Assert.Equal(0, Told(feed, recurrent: 2));
    }

    [Theory]
    [InlineData(40, .1)]
    [InlineData(100, .1)]
    [InlineData(150, .2)]
    public void A_rhythm_is_told_of_on_a_base_line_that_wanders(int period, double noise)
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        double[] wander = Wander(8000, random);
        double[] feed = [.. Enumerable.Range(0, 8000).Select(t =>
            (t % period < period / 3 ? 1.4 : -.7) + noise * Normal.Sample(random, 0, 1) + 2 * wander[t])];
        Assert.InRange(Told(feed, recurrent: 2), .3, 1);
    }

    // Before its period is known, in the midst of its first comparisons, later; between two samples, too.
    [Theory]
    [InlineData(500)]
    [InlineData(1203)]
    [InlineData(4001)]
    public void A_score_that_is_carried_over_goes_on_with_the_same_bits_on_a_base_line_that_wanders(int at)
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        double[] wander = Wander(6000, random);
        Score one = new ShapeSpec().Create(new ScoreContext(1, [1], null)), other = new ShapeSpec().Create(new ScoreContext(1, [1], null));
        int told = 0;
        for (int t = 0; t < wander.Length; t++)
        {
            if (t == at)
            {
                var bytes = new ArrayBufferWriter<byte>();
                StateCarrier to = StateCarrier.Saving(bytes, new XxHash3());
                one.Carry(ref to);
                StateCarrier from = StateCarrier.From(new ReadOnlySequence<byte>(bytes.WrittenMemory));
                other.Carry(ref from);
            }
            double[] frame = [(t % 100 < 30 ? 1.4 : -.7) + .1 * Normal.Sample(random, 0, 1) + 2 * wander[t]];
            Step(one, frame);
            if (t < at) continue;
            Step(other, frame);
            Assert.Equal((one.Ready, one.Squares[0]), (other.Ready, other.Squares[0]));
            if (one.Ready && one.Squares[0] > 0) told++;
        }
        Assert.InRange(told, 1000, wander.Length);
    }

    // Of unit variance; it turns once in some thousand steps.
    static double[] Wander(int steps, Xoshiro256StarStar random)
    {
        double[] wander = new double[steps];
        double fast = 0, slow = 0;
        for (int t = 0; t < steps; t++)
        {
            fast += (Normal.Sample(random, 0, 1) - fast) / 400;
            wander[t] = slow += (fast - slow) / 400;
        }
        double mean = wander.Average(), size = Math.Sqrt(wander.Average(x => (x - mean) * (x - mean)));
        return [.. wander.Select(x => (x - mean) / size)];
    }

    // From the first fall below 0 to the longest period its autocorrelation has no peak, or none at all.
    [Theory]
    [InlineData(700)]
    [InlineData(990)]
    [InlineData(2000)]
    [InlineData(1e6)]
    public void A_wave_longer_than_the_longest_period_has_none(double period) =>
        Assert.Equal(0, Told([.. Enumerable.Range(0, 4000).Select(t => Math.Sin(2 * Math.PI * t / period))], recurrent: 2));

    // Part of the steps at which a distance is told.
    static double Told(double[] feed, double recurrent)
    {
        Score score = new ShapeSpec { Recurrent = recurrent }.Create(new ScoreContext(1, [1], null));
        int told = 0;
        foreach (double x in feed)
        {
            Step(score, [x]);
            if (score.Ready && score.Squares[0] > 0) told++;
        }
        return (double)told / feed.Length;
    }

    // x of Rössler's equations, ten samples a time unit, in units of its spread.
    static double[] Roessler(int steps, double noise)
    {
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        double x = 1, y = 1, z = 0;
        double[] feed = new double[steps];
        for (int t = -1000; t < steps; t++)
        {
            for (int i = 0; i < 20; i++) (x, y, z) = (x - .005 * (y + z), y + .005 * (x + .2 * y), z + .005 * (.2 + z * (x - 5.7)));
            if (t >= 0) feed[t] = x / 5 + noise * Normal.Sample(random, 0, 1);
        }
        return feed;
    }

    // Beats of an even length, as wide as high; one of them is wider, and no less smooth than the others.
    [Fact]
    public void A_beat_that_is_too_wide_is_told_by_preset_signal_and_by_its_shape()
    {
        (StepResult[] results, int first, int last) = BeatsOneOfThemWide(wander: 0);
        List<AlarmEvent> opened = [.. results.Events().Where(e => e.Change is AlarmChange.Opened or AlarmChange.Escalated)];
        Assert.Contains(opened, e => e.Position >= first && e.Position < last);
        Assert.InRange(opened.Count(e => e.Position < first || e.Position >= last), 0, 2);
        Assert.InRange(results.MaxBy(r => r.Score).Position, first - 120, last);
        Assert.Contains(results.Events(), e => e.Position >= first && e.Scores.Any(s => s.Name == "shape"));
    }

    // Most of the variance is of the base line then, and no rhythm's. Driven by what is left beside it, errors tell before the shape does.
    [Fact]
    public void It_is_told_by_its_shape_on_a_base_line_that_wanders_too()
    {
        (StepResult[] results, int first, int last) = BeatsOneOfThemWide(wander: .6);
        Assert.Contains(results.Events(),
            e => e.Change == AlarmChange.Opened && e.Position >= first && e.Position < last && e.Scores[0].Name == "shape");
    }

    // And from where to where that one may be told.
    static (StepResult[] Results, int First, int Last) BeatsOneOfThemWide(double wander)
    {
        const int period = 120, steps = 12_000, wide = 9000;
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        double[] feed = new double[steps];
        double height = 1;
        for (int t = 0; t < steps; t++)
        {
            if (t % period == 0) height = 1 + .1 * Normal.Sample(random, 0, 1);
            double x = (t % period - 60.0) / (t / period == wide / period ? 13 : 8);
            feed[t] = height * Math.Exp(-x * x) + .03 * Normal.Sample(random, 0, 1);
        }
        if (wander > 0)
        {
            double[] level = Wander(steps, random);
            for (int t = 0; t < steps; t++) feed[t] += wander * level[t];
        }
        return (Feeds.Run(Presets.Signal() with { InputMap = new RandomWeightsSpec() }, feed), wide, wide + 2 * period);
    }

    // What is counted of a score that looks once in a hundred steps is few after a thousand.
    [Fact]
    public void Where_looks_are_few_that_nothing_was_seen_yet_tells_little()
    {
        const double looks = .01, margin = 6;
        double RateAfter(int steps, double prior)
        {
            var episodes = new Episodes(new BudgetSpec()) { PriorLooks = prior, Looks = looks };
            for (int t = 1; t <= steps; t++) episodes.Step(1, Math.Max(1 + 1e-5, 1 + 1.0 / t), alarmOpen: false);
            return Math.Exp(episodes.LogRate(margin)) / (looks * Math.Exp(-margin));
        }
        Assert.InRange(RateAfter(1500, 50), .7, 1);
        Assert.InRange(RateAfter(1500, 0), .2, .5);
        Assert.InRange(RateAfter(100_000, 50), 0, .2);
    }

    static double[] Periodic(int steps, int channels, double period)
    {
        var random = new Xoshiro256StarStar(9, threadSafe: false);
        double[] feed = new double[steps * channels];
        for (int i = 0; i < feed.Length; i++)
            feed[i] = Math.Sin(2 * Math.PI * (i / channels) / period + i % channels) + .1 * Normal.Sample(random, 0, 1);
        return feed;
    }

    static void Step(Score score, ReadOnlySpan<double> frame, bool frozen = false) =>
        score.Step(new ScoreInput { Input = frame, Errors = frame, Frozen = frozen, Held = new HeldChannels(new bool[frame.Length]) });
}
