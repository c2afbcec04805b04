using Xunit;

namespace Esn.Tests;

/// <summary>What holds for every member of the family of raw scores; a new one is found by reflection.</summary>
public sealed class ScoreFamilyTests
{
    const int Channels = 3, Steps = 2500, Jump = 2000;

    static readonly ReadoutSpec Readouts = new() { Horizons = [1, 60], Regularisation = 1 };

    public static TheoryData<string> Members =>
        [.. typeof(ScoreSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ScoreSpec))).Select(type => type.Name)];

    static ScoreSpec Member(string name) => (ScoreSpec)Activator.CreateInstance(typeof(ScoreSpec).Assembly.GetType($"Esn.{name}")!)!;

    // A stream in small: what a score sees of it, step by step.
    sealed class Stream
    {
        readonly NetworkPredictor _predictor;
        readonly FreeRuns _runs;
        readonly double[] _errors = new double[2 * Channels];
        readonly bool[] _held;
        readonly double[] _feed = Feeds.Sines(Steps, Channels, noise: .1);
        int _step;

        public Stream(ScoreSpec spec)
        {
            var network = EchoStateNetwork.Of(new ReservoirSpec { Units = 30, Degree = 5, SpectralRadius = .9 },
                new RandomWeightsSpec(), Channels);
            _predictor = new NetworkPredictor(network, new Readout(network.Regressors, Channels, Readouts));
            _runs = new FreeRuns(new FreeRunSpec(), _predictor, [spec.FreeRunLength > 0 ? spec.FreeRunLength : 25]);
            _held = new bool[spec.PerChannel ? Channels : 1];
            Score = spec.Create(new ScoreContext(Channels, Readouts.Horizons, _runs));
            for (int i = 0; i < _feed.Length; i++) _feed[i] += (i >= Jump * Channels ? 8 : 0) - 20;
        }

        public Score Score { get; }

        public void Step()
        {
            ReadOnlySpan<double> u = _feed.AsSpan(_step % Steps * Channels, Channels);  // again from its beginning
            DateTime time = DateTime.UnixEpoch.AddSeconds(_step);
            _predictor.Begin(new ReadOnlySpan<DateTime>(in time), u);
            _predictor.Settle(u, _errors);
            _runs.Settle(_step, u);
            Score.Step(new ScoreInput { Input = u, Errors = _errors, Frozen = false, Held = new HeldChannels(_held) });
            _predictor.Learn();
            _predictor.Predict();
            _runs.Launch(_step++, time, learnt: true);
        }
    }

    static double[][] Run(string name)
    {
        var stream = new Stream(Member(name));
        var squares = new double[Steps][];
        for (int t = 0; t < Steps; t++)
        {
            stream.Step();
            squares[t] = stream.Score.Ready ? [.. stream.Score.Squares] : [];
        }
        return squares;
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void It_has_a_finite_value_for_every_channel_once_its_windows_are_full(string name)
    {
        double[][] squares = Run(name);
        int ready = Array.FindIndex(squares, square => square.Length > 0);
        Assert.InRange(ready, 0, Jump - 500);
        Assert.All(squares[ready..Jump], square => Assert.Equal(Channels, square.Length));
        // One of relations is silent of a channel that the others do not foretell.
        Assert.All(squares.SelectMany(square => square),
            value => Assert.True(double.IsFinite(value) || (double.IsNaN(value) && name == nameof(RelationSpec))));
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void The_same_feed_gives_the_same_bits(string name) =>
        Assert.Equal(Run(name).SelectMany(square => square).Select(BitConverter.DoubleToInt64Bits),
            Run(name).SelectMany(square => square).Select(BitConverter.DoubleToInt64Bits));

    [Theory]
    [MemberData(nameof(Members))]
    public void A_jump_of_all_channels_is_the_largest_value_so_far_but_no_noise(string name)
    {
        double[][] squares = Run(name);
        double before = squares[(Jump - 500)..Jump].Max(square => square.DefaultIfEmpty(0).Max()),
            after = squares[Jump..].Max(square => square.DefaultIfEmpty(0).Max());
        Assert.True(after > 2 * before != (name == nameof(SpreadSpec)), $"{before} before, {after} after");
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Nothing_is_allocated_per_step(string name)
    {
        var stream = new Stream(Member(name));
        for (int t = 0; t < 1000; t++) stream.Step();
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int t = 0; t < 1000; t++) stream.Step();
        }));
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Its_constants_are_checked(string name)
    {
        Member(name).Validate();
        Assert.Throws<ArgumentOutOfRangeException>(() => (Member(name) with { Delay = -1 }).Validate());
    }
}
