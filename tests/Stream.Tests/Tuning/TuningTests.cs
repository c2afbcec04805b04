using System.Globalization;
using Esn.Stream.Tests;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Tuning;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Streaming.Tests.Tuning;

public sealed class TuningTests : FileTests
{
    const int Steps = 3000;

    static readonly ErrorModelSpec Small = (ErrorModelSpec)Pipelines.Config().Detector;

    // Two sines that beat, a little noise: the past beyond the last frame matters.
    static double[] Values(int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, Steps)
            .Select(t => Math.Sin(.3 * t) + .7 * Math.Sin(.113 * t + seed) + .01 * (random.NextDouble() - .5))];
    }

    static TuneFeed Part(double[] values) => new(1, values, [.. values.Select((_, t) => DateTime.UnixEpoch.AddMinutes(5 * t))]);

    [Fact]
    public void The_one_step_error_is_that_of_the_detector_while_nothing_is_frozen()
    {
        double[] values = Values(1), expected = new double[Steps];
        ErrorModelSpec spec = Small with { WarmUp = 10_000 };  // so no alarm
        new Detector(spec, 1).StepMany(new DateTime[Steps], values, new StepResult[Steps], expected);
        double[] late = values[(Steps / 2)..];
        double mean = late.Average(), variance = late.Average(value => (value - mean) * (value - mean));
        double[] squares =
            [.. Enumerable.Range(Steps / 2, Steps / 2)
                .Select(t => (values[t] - expected[t]) * (values[t] - expected[t]) / variance).Order()];
        ForecastError error = ForecastTrial.Run(spec, Part(values), Steps, CancellationToken.None);
        Assert.Equal(Math.Sqrt(squares[..(int)(.99 * squares.Length)].Average()), error.OneStep, 1e-9);
    }

    [Fact]
    public void A_model_that_can_remember_runs_free_for_long_and_one_that_can_not_does_not()
    {
        var feed = Part(Values(1));
        ForecastError good = ForecastTrial.Run(Small with { Reservoir = Small.Reservoir with { Units = 100 } }, feed, Steps,
            CancellationToken.None);
        ForecastError blind = ForecastTrial.Run(Small with { Reservoir = Small.Reservoir with { SpectralRadius = .01, LeakRates = [1] } },
            feed, Steps, CancellationToken.None);
        Assert.True(good.FreeRun < .1, $"{good}");
        Assert.Equal(0, good.Escaped);
        Assert.True(blind.FreeRun > 5 * good.FreeRun, $"{blind}");
    }

    [Fact]
    public void Free_runs_that_leave_the_range_of_the_feed_are_counted()
    {
        // White noise that is hardly regularised, and learnt from little of it: the readout's gain is above 1.
        double[] noise = new Xoshiro256StarStar(3).NextDoubles(400);
        ErrorModelSpec wild = Small with
        {
            Reservoir = new ReservoirSpec { Units = 150, Degree = 10, SpectralRadius = 1.6, InputScale = .3 },
            Readout = new ReadoutSpec { Regularisation = 1e-10 },
        };
        Assert.True(ForecastTrial.Run(wild, Part(noise), 400, CancellationToken.None).Escaped > 0);
    }

    Tuner Tuner(ModelSpec spec, bool labelled = false, int seed = 1)
    {
        string file = Path.Combine(Folder, "feed.csv");
        double[] values = Values(seed);
        File.WriteAllText(file, "value,anomaly\n" + string.Concat(values.Select((value, t) =>
            string.Create(CultureInfo.InvariantCulture,
                $"{value + (t is >= 2000 and < 2010 ? 2 : 0):R},{(t is >= 2000 and < 2020 ? 1 : 0)}\n"))));
        return new Tuner(new BacktestSet([file], [], labelled ? ["anomaly"] : [], null), [Part(values)],
            new EsnConfig { Detector = spec }, labelled);
    }

    [Fact]
    public async Task A_bad_model_is_made_better_also_on_a_feed_and_a_reservoir_it_was_not_chosen_by()
    {
        ErrorModelSpec bad = Small with
        {
            Reservoir = Small.Reservoir with { SpectralRadius = .05, InputScale = .01, LeakRates = [1] },
            Readout = new ReadoutSpec { Regularisation = 1 },
        };
        Tuned tuned = await Tuner(bad).Run(24, 1, (_, _) => { }, CancellationToken.None);
        Assert.False(tuned.KeepsBaseline);
        Assert.Equal(Candidate.Of(bad), tuned.Baseline.Candidate);
        Assert.True(tuned.Best.Loss < tuned.Baseline.Loss - Streaming.Tuning.Tuner.Margin);

        ForecastError Elsewhere(ErrorModelSpec spec) =>
            ForecastTrial.Run(spec with { Reservoir = spec.Reservoir with { Seed = 9 } }, Part(Values(2)), Steps, CancellationToken.None);
        ForecastError before = Elsewhere(bad), after = Elsewhere((ErrorModelSpec)tuned.Best.Candidate.In(bad));
        Assert.True(after.OneStep < .7 * before.OneStep, $"{before} {after}");
        Assert.True(after.FreeRun < .7 * before.FreeRun, $"{before} {after}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_seed_finds_the_same(bool labelled)
    {
        var parts = new List<double>();
        Tuned first = await Tuner(Small, labelled).Run(9, 5, (done, _) => parts.Add(done), CancellationToken.None);
        Tuned again = await Tuner(Small, labelled).Run(9, 5, (_, _) => { }, CancellationToken.None);
        Tuned other = await Tuner(Small, labelled).Run(9, 6, (_, _) => { }, CancellationToken.None);
        Assert.Equal(first.Best.Loss, again.Best.Loss);
        Assert.Equal(first.Best.Candidate.SpectralRadius, again.Best.Candidate.SpectralRadius);
        Assert.Equal(first.Baseline.Loss, other.Baseline.Loss);
        Assert.NotEqual(first.Best.Candidate.SpectralRadius, other.Best.Candidate.SpectralRadius);
        Assert.Equal(parts.Order(), parts);
        Assert.Equal(1, parts[^1], 1e-9);
        Assert.Equal(labelled ? 2 : null, first.Best.Labels?.Windows);  // two reservoirs
    }

    [Fact]
    public async Task Every_preset_can_be_tuned_and_what_is_written_can_be_read()
    {
        double[] none = [];  // lists are compared on their own
        foreach (string preset in Presets.Names)
        {
            ModelSpec configured = EsnConfig.Of(preset).Detector;
            ModelSpec small = (Candidate.Of(configured) with { Units = 30 }).In(configured);
            Tuned tuned = await Tuner(small).Run(6, 2, (_, _) => { }, CancellationToken.None);
            Assert.InRange(tuned.Best.Error.OneStep, 0, 1);
            string text = TunedConfig.Write("", preset, null, tuned.Best.Candidate, 8, []);
            EsnConfig read = ConfigFile.Parse(text, "tuned.yaml", _ => null);
            Assert.Equal(preset, read.Preset);
            Assert.Equal(tuned.Best.Candidate with { LeakRates = none }, Candidate.Of(read.Detector) with { LeakRates = none });
            Assert.Equal(tuned.Best.Candidate.LeakRates, Candidate.Of(read.Detector).LeakRates);
        }
    }

    static Trial Trial(double loss, (int Caught, int False, double? Delay)? found = null) =>
        new(Candidate.Of(Small), default, loss, found is not { } f ? null
        : new LabelSummary(10, f.Caught, null, f.False, 0, f.Delay, null, null, null, new NabSummary(null, null, null), null!));

    [Fact]
    public void Labels_come_first_then_the_delay_then_the_error()
    {
        Assert.True(Trial(9, (8, 1, 50)).Beats(Trial(0, (8, 2, 1))));
        Assert.True(Trial(9, (8, 1, 50)).Beats(Trial(0, (8, 1, 51))));
        Assert.True(Trial(9, (0, 0, 50)).Beats(Trial(0, (0, 0, null))));
        Assert.True(Trial(0, (8, 1, 50)).Beats(Trial(9, (8, 1, 50))));
        Assert.False(Trial(1).Beats(Trial(1.005), Streaming.Tuning.Tuner.Margin));
        Assert.True(Trial(1).Beats(Trial(1.02), Streaming.Tuning.Tuner.Margin));
    }

    [Fact]
    public void Every_candidate_is_a_valid_model_and_stays_in_its_space()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        ModelSpec[] configured = [.. Presets.Names.Select(preset => EsnConfig.Of(preset).Detector), Small,
            Small with { Reservoir = Small.Reservoir with { LeakRates = [1, .5, .02] } }];
        foreach (ModelSpec spec in configured)
        {
            Candidate of = Candidate.Of(spec);
            for (int i = 0; i < 500; i++)
            {
                Candidate anywhere = of.Anywhere(random);
                anywhere.In(spec).Validate();
                anywhere.Nearby(random, of).In(spec).Validate();
                Assert.InRange(anywhere.SpectralRadius, .4, 1.5);
                Assert.InRange(anywhere.Units, of.Units / 3, 1.5 * of.Units);
            }
        }
    }

    [Fact]
    public void What_is_written_is_read_as_what_was_found_and_the_rest_stays()
    {
        const string Before =
            "kafka:\n  bootstrapServers: ${BROKERS:-there:9092}\ndetector:\n  warmUp: 900\n  reservoir: {units: 100, seed: 7}\n";
        var found = new Candidate(.93, .25, [.7, .35], 2e-5, .9999, 66);
        string text = TunedConfig.Write(Before, "signal", "2 per 30000 steps", found, 10, ["one", "", "two"]);
        Assert.StartsWith("# one\n#\n# two\n", text, StringComparison.Ordinal);
        EsnConfig config = ConfigFile.Parse(text, "tuned.yaml", _ => null);
        Assert.Equal("there:9092", config.Kafka.BootstrapServers);
        Assert.Equal(2.0 / 30_000, config.Alarms.Budget?.PerStep);
        ErrorModelSpec detector = Assert.IsType<ErrorModelSpec>(config.Detector);
        Assert.Equal((900, 7, 66, .93, .25), (detector.WarmUp, detector.Reservoir.Seed, detector.Reservoir.Units,
            detector.Reservoir.SpectralRadius, detector.Reservoir.InputScale));
        Assert.Equal([.7, .35], detector.Reservoir.LeakRates);
        Assert.Equal((2e-5, .9999), (detector.Readout.Regularisation, detector.Readout.ForgettingFactor));
        Assert.DoesNotContain("warmUp", TunedConfig.Write("preset: signal\n" + Before, "another", "1 per 100 steps", found, 10, []),
            StringComparison.Ordinal);
        string written = TunedConfig.Write("", "signal", "1 per 100 steps", found, 10, []);
        var read = Assert.IsType<ErrorModelSpec>(ConfigFile.Parse(written, "tuned.yaml", _ => null).Detector);
        Assert.Equal(66, read.Reservoir.Units);
    }

    [Fact]
    public async Task A_feed_too_short_to_tune_by_says_how_long_it_must_be()
    {
        var tuner =
            new Tuner(new BacktestSet([], [], [], null), [Part(new double[100])], new EsnConfig { Detector = Small }, labelled: false);
        Assert.Contains("150 are needed",
            (await Assert.ThrowsAsync<FeedException>(() => tuner.Run(4, 1, (_, _) => { }, CancellationToken.None))).Message,
            StringComparison.Ordinal);
    }
}
