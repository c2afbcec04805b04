using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>A rhythm on a base line that wanders: what drives the units is chosen by the first frames of the feed.</summary>
public sealed class WanderingFeedTests
{
    const int Steps = 2600, Chosen = 999;  // the last of the frames that choose

    static readonly ErrorModelSpec Spec = Feeds.Small();
    static readonly ErrorModelSpec Plain = Spec with { InputMap = new RandomWeightsSpec() };
    static readonly ErrorModelSpec HighPass = Spec with { InputMap = new HighPassSpec { Memory = 50, Gain = 2 } };

    // Beats of about 80 steps, of unit deviation, on a slow base line of about as many deviations as asked for.
    static double[] Beats(double wander, int seed = 1, int steps = Steps)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] feed = new double[steps];
        double phase = 0;
        for (int t = 0; t < steps; t++)
        {
            phase += (1 + .1 * Normal.Sample(random, 0, 1)) / 80;
            double at = phase - Math.Floor(phase);
            feed[t] = 3.6 * Math.Exp(-Math.Pow((at - .4) / .05, 2)) + Math.Exp(-Math.Pow((at - .7) / .08, 2))
                + .02 * Normal.Sample(random, 0, 1)
                + wander * (Math.Sin(2 * Math.PI * t / 1300 + seed) + .7 * Math.Sin(2 * Math.PI * t / 800 + 2 * seed));
        }
        return feed;
    }

    static double[] MackeyGlass(int steps, int stride)
    {
        double[] feed = new double[steps];
        double[] past = [.. Enumerable.Repeat(1.2, 170)];
        for (int t = 0, i = 0; t < steps; t++)
            for (int sub = 0; sub < stride; sub++, i++)
            {
                double x = past[(i + 169) % 170], late = past[i % 170];
                feed[t] = past[i % 170] = x + .1 * (.2 * late / (1 + Math.Pow(late, 10)) - .1 * x);
            }
        return feed;
    }

    static double[] Of(Func<int, double> value) => [.. Enumerable.Range(0, Steps).Select(value)];

    static double[] Walk(double keeps)
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        double x = 0;
        return Of(_ => x = keeps * x + Normal.Sample(random, 0, 1));
    }

    public static TheoryData<string> Others => [.. Feed.Keys];

    // Feeds whose level tells where they are, or whose base line keeps to its place.
    static readonly Dictionary<string, double[]> Feed = new()
    {
        ["beats"] = Beats(0),
        ["beats that hardly wander"] = Beats(.2),
        ["two sines"] = Feeds.Sines(Steps),
        ["a chaotic feed"] = MackeyGlass(Steps, 10),
        ["a chaotic feed, sampled finely"] = MackeyGlass(Steps, 2),
        ["a sine longer than what is looked for"] = Of(t => Math.Sin(2 * Math.PI * t / 900) + .3 * Math.Sin(2 * Math.PI * t / 450)),
        ["noise"] = Walk(0),
        ["a level that wanders, without a rhythm"] = Walk(.995),
        ["a constant"] = Of(_ => 7),
        ["a counter with a rhythm"] = Of(t => 10 * t + 8 * Math.Sin(t / 5.0)),
    };

    static (StepResult[] Results, double[] Expected) Take(
        Detector detector, double[] feed, Func<int, int> block, int channels = 1, bool[]? muted = null)
    {
        int steps = feed.Length / channels;
        var results = new StepResult[steps];
        double[] expected = new double[feed.Length];
        for (int t = 0, n; t < steps; t += n)
        {
            n = Math.Min(block(t), steps - t);
            detector.StepMany(new DateTime[n], feed.AsSpan(t * channels, n * channels), results.AsSpan(t, n),
                expected.AsSpan(t * channels, n * channels), muted is null ? default : muted.AsSpan(t, n));
        }
        return (results, expected);
    }

    static IEnumerable<long> Bits(IEnumerable<double> values) => values.Select(BitConverter.DoubleToInt64Bits);

    // What an alarm says is in the scores; arrays in it are other ones each time.
    static StepResult Bare(StepResult result) => result with { Alarm = null, Model = null };

    static void AssertSame((StepResult[] Results, double[] Expected) one, (StepResult[] Results, double[] Expected) other, Range steps)
    {
        Assert.Equal(one.Results[steps].Select(Bare), other.Results[steps].Select(Bare));
        int channels = one.Expected.Length / one.Results.Length;
        (int from, int count) = steps.GetOffsetAndLength(one.Results.Length);
        Range values = (from * channels)..((from + count) * channels);
        Assert.Equal(Bits(one.Expected[values]), Bits(other.Expected[values]));
    }

    [Theory]
    [InlineData(1, .8)]
    [InlineData(2, 1.6)]
    [InlineData(4, 3)]
    public void From_the_frame_that_tells_on_it_is_as_if_it_had_been_known_from_the_first(int seed, double wander)
    {
        double[] feed = Beats(wander, seed);
        var found = Take(new Detector(Spec, 1), feed, _ => Steps);
        Assert.Equal(Chosen, Array.FindIndex(found.Results, result => result.Model is not null));
        ModelChange change = Assert.Single(found.Results, result => result.Model is not null).Model!;
        Assert.Equal((ModelChangeKind.Wandering, 0, false), (change.Kind, change.Channels.Count, change.Restarted));
        AssertSame(Take(new Detector(Plain, 1), feed, _ => Steps), found, ..(Chosen + 1));
        AssertSame(Take(new Detector(HighPass, 1), feed, _ => Steps), found, (Chosen + 1)..);
        Assert.All(found.Results, (result, t) => Assert.Equal(t, result.Position));
        Assert.Equal(Spec.WarmUp, found.Results.Count(result => result.WarmingUp));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void Of_all_other_feeds_it_is_the_frame_that_drives_the_units(string name)
    {
        var found = Take(new Detector(Spec, 1), Feed[name], _ => Steps);
        Assert.DoesNotContain(found.Results, result => result.Model is { Kind: ModelChangeKind.Wandering });
        AssertSame(Take(new Detector(Plain, 1), Feed[name], _ => Steps), found, ..);
    }

    // Mutes and gaps, before the scaling is fixed and after.
    static (double[] Feed, bool[] Muted) Disturbed(int channels)
    {
        double[] feed = new double[Steps * channels];
        for (int c = 0; c < channels; c++)
        {
            double[] one = Beats(2, seed: 5 + c);
            for (int t = 0; t < Steps; t++) feed[t * channels + c] = one[t];
        }
        bool[] muted = new bool[Steps];
        muted.AsSpan(90, 20).Fill(true);
        muted.AsSpan(600, 30).Fill(true);
        for (int t = 600; t < 630; t++) feed[t * channels] = 1e6;  // maintenance: no part of the feed
        feed.AsSpan(40 * channels, 7 * channels).Fill(double.NaN);
        feed.AsSpan(800 * channels, 12 * channels).Fill(double.NaN);
        for (int t = 900; t < 905; t++) feed[t * channels] = double.NaN;
        return (feed, muted);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Neither_batches_nor_a_restart_change_a_bit_of_it(int channels)
    {
        (double[] feed, bool[] muted) = Disturbed(channels);
        var found = Take(new Detector(Spec, channels), feed, _ => 1, channels, muted);
        // What is muted or missing before the scaling is fixed is no frame of the model's.
        int told = Array.FindIndex(found.Results, result => result.Model is not null);
        Assert.Equal(Chosen + 20 + 7, told);
        foreach (int block in (int[])[7, 512, Steps])
            AssertSame(found, Take(new Detector(Spec, channels), feed, _ => block, channels, muted), ..);
        AssertSame(Take(new Detector(HighPass, channels), feed, _ => 64, channels, muted), found, (told + 1)..);
        foreach (int at in (int[])[100, 700, told, told + 1, told + 900])
        {
            var detector = new Detector(Spec, channels);
            Take(detector, feed[..(at * channels)], _ => 100, channels, muted[..at]);
            var saved = new ArrayBufferWriter<byte>();
            detector.Save(saved);
            var (results, expected) = Take(Detector.Load(Spec, channels, saved.WrittenSpan), feed[(at * channels)..], _ => 64, channels,
                muted[at..]);
            Assert.Equal(found.Results[at..].Select(Bare), results.Select(Bare));
            Assert.Equal(found.Results[at..].Count(result => result.Model is not null), results.Count(result => result.Model is not null));
            Assert.Equal(Bits(found.Expected[(at * channels)..]), Bits(expected));
        }
    }

    [Fact]
    public void A_map_that_was_said_is_taken_as_said_and_a_shorter_warm_up_leaves_it_at_the_frame()
    {
        double[] feed = Beats(2);
        foreach (ErrorModelSpec spec in (ErrorModelSpec[])[Plain, HighPass, Spec with { WarmUp = Chosen }, Presets.Sensors()])
            Assert.DoesNotContain(Feeds.Run(spec, feed), result => result.Model is not null);
    }

    [Fact]
    public void Another_policy_goes_on_with_what_was_chosen()
    {
        double[] feed = Beats(2);
        var one = new Detector(Spec, 1);
        Take(one, feed[..2000], _ => 500);
        Detector other = one.WithPolicy(Spec with { Alarm = Spec.Alarm with { Merge = 60 } });
        Assert.Equal(Bits(Take(one, feed[2000..], _ => 64).Expected), Bits(Take(other, feed[2000..], _ => 64).Expected));
    }

    static ModelChangeKind[] Changes(double[] feed) =>
        [.. Feeds.Run(Spec, feed).Select(result => result.Model).OfType<ModelChange>().Select(change => change.Kind)];

    [Fact]
    public void A_model_that_begins_anew_chooses_anew()
    {
        // Beats that wander, and far out of their scaling ones that do not.
        double[] feed = [.. Beats(2), .. Beats(0, seed: 2, steps: 4000).Select(x => x + 1000)];
        Assert.Equal([ModelChangeKind.Wandering, ModelChangeKind.Outgrown], Changes(feed));
        feed = [.. Beats(0), .. Beats(2, seed: 2, steps: 4000).Select(x => x + 1000)];
        Assert.Equal([ModelChangeKind.Outgrown, ModelChangeKind.Wandering], Changes(feed));
    }

    [Fact]
    public void One_that_began_anew_is_loaded_and_takes_another_policy()
    {
        double[] still = [.. Enumerable.Repeat(1000.0, 3000)], again = [.. Beats(2, seed: 3).Select(x => x + 1000)];
        var one = new Detector(Spec, 1);
        ModelChange[] changes = [.. Take(one, [.. Beats(2), .. still], _ => 500).Results.Select(r => r.Model).OfType<ModelChange>()];
        Assert.Equal([ModelChangeKind.Wandering, ModelChangeKind.Outgrown], changes.Select(change => change.Kind));
        Assert.True(changes[1].Restarted);
        var saved = new ArrayBufferWriter<byte>();
        one.Save(saved);
        Detector loaded = Detector.Load(Spec, 1, saved.WrittenSpan);
        Detector other = one.WithPolicy(Spec with { Alarm = Spec.Alarm with { Merge = 60 } });
        string[] expected = [.. Bits(Take(one, again, _ => 64).Expected).Select(bits => $"{bits}")];
        Assert.Equal(expected, Bits(Take(loaded, again, _ => 64).Expected).Select(bits => $"{bits}"));
        Assert.Equal(expected, Bits(Take(other, again, _ => 64).Expected).Select(bits => $"{bits}"));
    }

    [Fact]
    public void Constants_out_of_their_range_are_refused()
    {
        foreach (ByBaseLineSpec wrong in (ByBaseLineSpec[])
            [
                new() { Frames = 999 }, new() { Longest = 3 }, new() { Share = 0 }, new() { Periodic = 1.1 }, new() { Memory = .5 },
                new() { Gain = 0 },
            ])
            Assert.Throws<ArgumentOutOfRangeException>(() => new Detector(Spec with { InputMap = wrong }, 1));
    }
}
