using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>Channels that tell nothing of each other: what helps to foretell nothing costs the others hardly anything.</summary>
public sealed class ApartChannelsTests
{
    const int Steps = 3600, Fault = 3000, Chosen = 999;

    static readonly ErrorModelSpec Spec = Feeds.Small() with { Reservoir = Feeds.Small().Reservoir with { Units = 80 } };
    static readonly ErrorModelSpec Plain = Spec with { InputMap = new RandomWeightsSpec() };

    static double[] Of(Func<int, double> value) => [.. Enumerable.Range(0, Steps).Select(value)];

    static Xoshiro256StarStar Chance(int seed) => new(seed, threadSafe: false);

    static readonly Dictionary<string, Func<int, double[]>> Irrelevant = new()
    {
        ["noise"] = seed => { var random = Chance(seed); return Of(_ => Normal.Sample(random, 0, 1)); },
        ["a walk"] = seed => { var random = Chance(seed); double x = 0; return Of(_ => x += Normal.Sample(random, 0, 1)); },
        ["a switch"] = seed => { var random = Chance(seed); bool on = false; return Of(_ => (on ^= random.NextDouble() < .02) ? 1 : 0); },
        ["a setpoint"] = seed =>
        {
            var random = Chance(seed);
            double level = 20;
            return Of(t => level = t % 250 == 0 ? Normal.Sample(random, 20, 3) : level);
        },
        ["a constant"] = _ => Of(_ => 7.5),
        ["another rhythm"] = seed => { var random = Chance(seed); return Of(t => Math.Sin(.0917 * t) + Normal.Sample(random, 0, .02)); },
    };

    public static TheoryData<string> Others => [.. Irrelevant.Keys];

    // Two sines; a part of a swing comes backwards.
    static double[] Faulty(int seed)
    {
        double[] feed = Feeds.Sines(Steps, noise: .01, seed: seed);
        feed.AsSpan(Fault, 20).Reverse();
        return feed;
    }

    static double[] Beside(params double[][] columns) =>
        [.. Enumerable.Range(0, Steps).SelectMany(t => columns.Select(column => column[t]))];

    [Theory]
    [MemberData(nameof(Others))]
    public void A_fault_is_told_beside_what_tells_nothing_of_it(string name)
    {
        int told = 0, alone = 0, others = 0;
        for (int seed = 1; seed <= 3; seed++)
        {
            alone += Feeds.Run(Spec, Faulty(seed)).Events()
                .Count(alarm => alarm is { Change: AlarmChange.Opened, Start: >= Fault and < Fault + 45 });
            foreach (AlarmEvent alarm in Feeds.Run(Spec, Beside(Irrelevant[name](10 + seed), Faulty(seed)), 2).Events())
            {
                if (alarm.Change != AlarmChange.Opened) continue;
                if (alarm.Start is >= Fault and < Fault + 45 && alarm.Contributions[0].Channel == 1) told++;
                else others++;
            }
        }
        Assert.Equal(3, alone);
        Assert.Equal(3, told);
        Assert.InRange(others, 0, 1);
    }

    [Fact]
    public void Channels_that_tell_of_each_other_are_judged_together_as_they_were()
    {
        double[] shifted = Feeds.Sines(Steps, channels: 2, noise: .02), lorenz = Lorenz();
        foreach ((double[] feed, int channels) in ((double[], int)[])[(shifted, 2), (lorenz, 3)])
        {
            double[] expected = new double[feed.Length], plain = new double[feed.Length];
            StepResult[] results = Take(new Detector(Spec, channels), feed, expected);
            StepResult[] said = Take(new Detector(Plain, channels), feed, plain);
            Assert.Equal(said.Select(result => result.Score), results.Select(result => result.Score));
            Assert.Equal(plain, expected);
        }
    }

    [Theory]
    [InlineData(-999, 1)]
    [InlineData(300, 1)]
    [InlineData(65535, 1)]
    [InlineData(double.NaN, 1e45)]
    [InlineData(double.NaN, 1e-50)]
    public void Neither_a_code_of_a_fault_nor_a_unit_tears_channels_apart(double code, double unit)
    {
        double[] lorenz = Lorenz();
        for (int t = 0; t < Steps; t++) lorenz[3 * t + 2] *= unit;
        if (!double.IsNaN(code)) lorenz[3 * 500 + 2] = code;
        Assert.DoesNotContain(Take(new Detector(Spec, 3), lorenz, new double[lorenz.Length]), result => result.Model is not null);
    }

    // What only the model sees: for a while z follows the others with another constant.
    [Theory]
    [InlineData("signal", 500, 1, 1e30)]
    [InlineData("signal", 150, 1, -999)]
    [InlineData("signal", 1500, 3, 65535)]
    public void A_code_of_a_fault_in_the_warm_up_does_not_blind_a_model(string preset, int at, int times, double code)
    {
        double[] feed = Lorenz(faulty: true), coded = [.. feed];
        for (int t = at; t < at + 40 * times; t += 40) coded[3 * t + 2] = code;
        StepResult[] whole = Feeds.Run(Presets.Of(preset), feed, 3), found = Feeds.Run(Presets.Of(preset), coded, 3);
        Assert.True(Told(whole), "without it");
        Assert.True(Told(found), "with it");
        static bool Told(StepResult[] results) =>
            results.Events().Any(e => e is { Change: AlarmChange.Opened, Position: >= Fault and < Fault + 40 });
    }

    // Whatever stands out of nothing: limiting it to some deviations leaves less each time, and comes to an end.
    [Fact(Timeout = 60_000)]
    public async Task A_switch_that_is_thrown_a_few_times_keeps_no_stream()
    {
        double[] sines = Feeds.Sines(1010, channels: 2, noise: .05);
        for (int pulses = 1; pulses <= 12; pulses++)
        {
            int until = 800 + pulses;
            double[] feed = [.. Enumerable.Range(0, 1010).SelectMany(t =>
                (double[])[sines[2 * t], sines[2 * t + 1], t >= 800 && t < until ? 1 : 0])];
            StepResult[] results = await Task.Run(() => Take(new Detector(Spec, 3), feed, new double[feed.Length]),
                TestContext.Current.CancellationToken);
            Assert.Equal(1010, results.Length);
        }
    }

    // Pulses are no codes: what comes again and again is learnt.
    [Fact]
    public void Pulses_far_out_are_learnt_after_some()
    {
        var random = Chance(6);
        double[] feed = [.. Enumerable.Range(0, 6000).Select(t => Normal.Sample(random, 0, 1) + (t > 300 && t % 50 == 0 ? 60 : 0))];
        StepResult[] results = Feeds.Run(Presets.Signal(), feed);
        Assert.DoesNotContain(results, result => result.Model is { Restarted: true });
        Assert.InRange(results.Events().Count(e => e is { Change: AlarmChange.Opened, Position: > 3000 }), 0, 3);
    }

    static double[] Lorenz(bool faulty = false)
    {
        (double x, double y, double z) = (1, 1, 20);
        var random = Chance(4);
        return [.. Enumerable.Range(0, Steps).SelectMany(t =>
        {
            double rho = faulty && t is >= Fault and < Fault + 30 ? 14 : 28;
            for (int i = 0; i < 5; i++)
                (x, y, z) = (x + .004 * 10 * (y - x), y + .004 * (x * (rho - z) - y), z + .004 * (x * y - 8.0 / 3 * z));
            return (double[])[x + Normal.Sample(random, 0, .05), y + Normal.Sample(random, 0, .05), z + Normal.Sample(random, 0, .05)];
        })];
    }

    static StepResult[] Take(Detector detector, double[] feed, double[] expected, int block = Steps, int from = 0)
    {
        int channels = detector.Channels, steps = feed.Length / channels;
        var results = new StepResult[steps];
        for (int t = 0, n; t < steps; t += n)
        {
            n = Math.Min(block, steps - t);
            detector.StepMany(Feeds.Times(from + steps).AsSpan(from + t, n), feed.AsSpan(t * channels, n * channels), results.AsSpan(t, n),
                expected.AsSpan(t * channels, n * channels));
        }
        return results;
    }

    [Fact]
    public void Neither_batches_nor_a_restart_change_a_bit()
    {
        double[] feed = Beside(Irrelevant["noise"](5), Faulty(1), Irrelevant["another rhythm"](6), Irrelevant["a setpoint"](7));
        const int Channels = 4;
        for (int t = 700; t < 720; t++) feed[t * Channels] = double.NaN;
        double[] one = new double[feed.Length], other = new double[feed.Length];
        StepResult[] all = Take(new Detector(Spec, Channels), feed, one);
        double[] whole = [.. all.Select(result => result.Score)];
        StepResult told = Assert.Single(all, result => result.Model is not null);
        Assert.Equal((Chosen, ModelChangeKind.Apart, false), (told.Position, told.Model!.Kind, told.Model.Restarted));
        Assert.Equal([0, 1, 2, 3], told.Model.Channels);
        Assert.Equal(whole, Take(new Detector(Spec, Channels), feed, other, block: 7).Select(result => result.Score));
        Assert.Equal(one, other);
        foreach (int at in (int[])[150, 600, Chosen, Chosen + 1, 2000, Fault + 5])
        {
            var detector = new Detector(Spec, Channels);
            Take(detector, feed[..(at * Channels)], new double[at * Channels]);
            var saved = new ArrayBufferWriter<byte>();
            detector.Save(saved);
            double[] expected = new double[feed.Length - at * Channels];
            StepResult[] results = Take(Detector.Load(Spec, Channels, saved.WrittenSpan), feed[(at * Channels)..], expected, from: at);
            Assert.Equal(whole[at..], results.Select(result => result.Score));
            Assert.Equal(one[(at * Channels)..], expected);
        }
    }

    static int[]? Groups(params double[][] columns) => Kinship.Find(
        [.. columns.Select(column => column[..1000].Select(x => (float)x).ToArray())], 1000,
        Presets.Signal().Reservoir, new ReadoutSpec(), new Rhythm(250, .4))?.Of.ToArray();

    [Fact]
    public void What_tells_of_each_other_is_a_group_and_what_is_foretold_by_nothing_is_of_none()
    {
        double[] lorenz = Lorenz(), sines = Feeds.Sines(Steps, noise: .02), noise = Irrelevant["noise"](3);
        double[] x = Of(t => lorenz[3 * t]), y = Of(t => lorenz[3 * t + 1]), z = Of(t => lorenz[3 * t + 2]);
        Assert.Null(Groups(x, y, z));
        Assert.Equal([0, -1, 0, 1, -1, 0, -1], Groups(x, noise, y, sines, Irrelevant["a constant"](0), z, Irrelevant["a switch"](8))!);
        // Noise that drives what is foretold is of its group, however little foretells it.
        double v = 0, driven = 0;
        Assert.Null(Groups(noise, Of(t => driven += .2 * (v += .2 * (noise[Math.Max(0, t - 1)] - driven - .2 * v)))));
        // Nothing is foretold: nothing can be won.
        Assert.Null(Groups(noise, Irrelevant["noise"](4)));
    }

    // Thirty-two looks at rhythms of which the frames hold three to sixteen periods: some pairs are alike for as long, by chance.
    [Fact]
    public void Rhythms_of_their_own_are_hardly_ever_joined_and_what_one_machine_does_is()
    {
        int joined = 0, of = 0;
        for (int seed = 1; seed <= 6; seed++)
        {
            Xoshiro256StarStar random = Chance(seed);
            double[][] columns = [.. Enumerable.Range(0, 8).Select(_ =>
            {
                double period = 60 * Math.Pow(5, random.NextDouble()), phase = 6 * random.NextDouble();
                return Of(t => Math.Sin(2 * Math.PI * t / period + phase) + Normal.Sample(random, 0, .05));
            })];
            int[] groups = Groups(columns)!;
            joined += groups.GroupBy(group => group).Where(group => group.Count() > 1).Sum(group => group.Count());
            of += groups.Length;

            // One shaft whose speed is never quite the same.
            double angle = 0;
            double[] angles = Of(_ => angle += .15 * (1 + Normal.Sample(random, 0, .2)));
            Assert.Null(Groups([.. Enumerable.Range(0, 4).Select(c =>
                Of(t => Math.Sin(angles[t] + c) + .3 * Math.Sin(2 * angles[t] + 2 * c) + Normal.Sample(random, 0, .02)))]));
        }
        Assert.InRange(joined, 0, of / 3);
    }

    [Fact]
    public void No_unit_of_a_group_sees_another_one()
    {
        var groups = new ChannelGroups([1, -1, 0]);
        var network = new EchoStateNetwork(new ReservoirSpec { Units = 101, Groups = groups }, new RandomWeightsSpec(), 3);
        var random = Chance(1);
        double[] frame = new double[3], one = new double[network.Regressors], next = new double[network.Regressors];
        double[] other = new double[network.Regressors], after = new double[network.Regressors];
        for (int t = 0; t < 50; t++)
        {
            for (int c = 0; c < 3; c++) frame[c] = Normal.Sample(random, 0, 1);
            network.Step(DateTime.UnixEpoch, frame, one, next);
            (frame[0], frame[1]) = (-frame[0], 5);
            network.Step(DateTime.UnixEpoch, frame, other, after);
            (one, next, other, after) = (next, one, after, other);
        }
        int first = network.Regressors - 101;
        bool[] same = [.. Enumerable.Range(first, 101).Select(i => one[i] == other[i])];
        Assert.Equal(Enumerable.Range(0, 101).Select(unit => groups.Drives(2, unit, 101)), same);
        Assert.InRange(same.Count(unit => unit), 50, 51);
        Assert.Equal(groups, new ChannelGroups([1, -1, 0]));
        Assert.NotEqual(groups, new ChannelGroups([0, -1, 1]));
    }

    [Fact]
    public void Groups_that_are_too_many_for_the_units_share_them()
    {
        var groups = new ChannelGroups([.. Enumerable.Range(0, 40)]);
        Assert.Equal(10, groups.Blocks(300));
        for (int channel = 0; channel < 40; channel++)
            Assert.Equal(30, Enumerable.Range(0, 300).Count(unit => groups.Drives(channel, unit, 300)));
        Assert.Equal(1, groups.Blocks(20));
    }

    [Fact]
    public void The_shape_of_each_channel_is_the_shape_of_a_feed_of_that_channel()
    {
        var spec = new ShapeSpec { PerChannel = true };
        double[] beats = Of(t => Math.Exp(-Math.Pow((t % 61 - 30) / 5.0, 2)) + .001 * (t * 7919 % 13));
        double[] sine = Of(t => Math.Sin(.0917 * t + t * t * 1e-6));
        Score both = spec.Create(new ScoreContext(2, [1], null));
        Score[] each = [.. Enumerable.Range(0, 2).Select(_ => spec.Create(new ScoreContext(1, [1], null)))];
        double[][] columns = [beats, sine];
        bool any = false;
        for (int t = 0; t < Steps; t++)
        {
            both.Step(new ScoreInput { Input = [beats[t], sine[t]], Errors = [0, 0], Frozen = false, Held = new bool[2] });
            for (int c = 0; c < 2; c++)
            {
                each[c].Step(new ScoreInput { Input = [columns[c][t]], Errors = [0], Frozen = false, Held = new bool[1] });
                if (!each[c].Ready) continue;
                any = true;
                Assert.Equal(each[c].Squares[0], both.Squares[c]);
            }
        }
        Assert.True(any);
    }
}
