using System.Buffers;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>Feeds that hardly ever move: what a model errs by in between is its own.</summary>
public sealed class RestTests
{
    const int Steps = 5000, Channels = 3, Near = 20;

    // Values that stay, but for moves that last a few rows.
    static double[] Resting(params (int At, int Count, int Channel, double By)[] moves)
    {
        double[] feed = [.. Enumerable.Range(0, Steps).SelectMany(_ => (double[])[5, 10, 2])];
        foreach ((int at, int count, int channel, double by) in moves)
            for (int t = at; t < at + count; t++) feed[t * Channels + channel] += by;
        return feed;
    }

    static readonly (int, int, int, double)[] Ticks = [(3000, 1, 2, 1), (3500, 1, 2, 1), (4000, 10, 2, 1), (4500, 3, 1, 50)];

    static (int, int, int, double)[] Moves(int seed)
    {
        if (seed == 0) return Ticks;
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, 5).Select(i => (2100 + 500 * i + random.Next(200), random.Next(1, 12), random.Next(Channels),
            (double)random.Next(1, 4)))];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Only_where_it_moves_is_anything_told(int seed)
    {
        (int At, int Count, int Channel, double By)[] moves = Moves(seed);
        List<AlarmEvent> told = [.. Feeds.Run(Presets.Signal(), Resting(moves), Channels).Events().Where(e => e.Announced)];
        Assert.NotEmpty(told);
        Assert.All(told, e => Assert.Contains(moves, m => e.Position >= m.At && e.Position < m.At + m.Count + Near));
        if (seed > 0) return;
        // Ten ticks in a row are none, and fifty is none at all.
        Assert.Contains(told, e => e.Position is >= 4000 and < 4010);
        Assert.Contains(told, e => e.Position is >= 4500 and < 4503 && e.Contributions[0].Channel == 1);
    }

    // Beside them a column that never moves, and is given seldom or never; or standstills are not looked for.
    public static TheoryData<int, bool> Beside => new() { { 1, true }, { 400, true }, { 50, true }, { 0, true }, { -1, false } };

    [Theory]
    [MemberData(nameof(Beside))]
    public void A_column_that_is_seldom_given_does_not_wake_it(int every, bool standstills)
    {
        ErrorModelSpec spec = Presets.Signal() with { Unprecedented = new UnprecedentedSpec { Standstills = standstills } };
        double[] feed = Resting(Ticks);
        if (every >= 0)
        {
            feed = [.. Enumerable.Range(0, Steps).SelectMany(t => (double[])
                [.. feed.AsSpan(t * Channels, Channels), every > 0 && t % every == 0 ? 7 : double.NaN])];
        }
        StepResult[] results = Feeds.Run(spec, feed, feed.Length / Steps);
        Assert.All(results.Events().Where(e => e.Announced),
            e => Assert.Contains(Ticks, m => e.Position >= m.Item1 && e.Position < m.Item1 + m.Item2 + Near));
        Assert.All(results[3560..4000], r => Assert.False(r.AlarmOpen));
        Assert.Contains(results.Events(), e => e is { Announced: true, Position: >= 4500 and < 4503 });
    }

    // Where each frame is like all those before it that a move is judged for.
    static bool Rests(double[] feed, long at) => feed.AsSpan((int)(at - Near) * Channels, (Near + 1) * Channels)
        .SequenceEqual(feed.AsSpan((int)(at - Near - 1) * Channels, (Near + 1) * Channels));

    // A setpoint that is moved leaves it with errors a hundred times as large, and still far below what the feed resolves.
    [Fact]
    public void That_its_errors_grow_at_rest_says_nothing()
    {
        ErrorModelSpec spec = Presets.Signal() with
        {
            Scores = [new MeanErrorSpec(), new SlowRiseSpec { Of = new MeanErrorSpec(), Window = 64, Delay = 300 }],
        };
        double[] feed = Resting(Ticks);
        StepResult[] rest = [.. Feeds.Run(spec, feed, Channels)[2500..].Where(r => Rests(feed, r.Position))];
        Assert.InRange(rest.Length, 2000, Steps);
        Assert.All(rest, r => Assert.Equal(0, r.Score));
    }

    // An alarm is open for so long that it is at rest, too.
    static ErrorModelSpec Long => Presets.Signal() with { Alarm = Presets.Signal().Alarm with { QuietSteps = 200 } };

    static ErrorModelSpec ByChannel(double least) => Long with
    {
        Scores = [new MeanErrorSpec { Average = 1, Window = 1, PerChannel = true },
            new MeanErrorSpec { Average = 1, Window = 10, PerChannel = true }],
        Alarm = Long.Alarm with { MinimumDeviation = [least] },
    };

    [Theory]
    [InlineData(3, false)]
    [InlineData(30, false)]
    [InlineData(35, false)]
    [InlineData(3, true)]
    [InlineData(13, true)]
    [InlineData(34, true)]
    public void What_it_errs_by_at_rest_makes_no_open_alarm_worse(int seed, bool byChannel)
    {
        double[] feed = Resting(Moves(seed));
        StepResult[] results = Feeds.Run(byChannel ? ByChannel(0) : Long, feed, Channels);
        StepResult[] open = [.. results.Where(r => r.AlarmOpen && Rests(feed, r.Position))];
        Assert.InRange(open.Length, 300, Steps);
        Assert.All(open, r => Assert.InRange(r.Score, 0, .999));
        Assert.All(results.Events(), e => Assert.False(Rests(feed, e.Peak) || (e.Announced && Rests(feed, e.Position))));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(0, true)]
    [InlineData(3, true)]
    [InlineData(34, true)]
    public void Neither_batches_nor_a_restart_change_a_bit_of_it(int seed, bool byChannel)
    {
        ErrorModelSpec spec = byChannel ? ByChannel(.5) : Presets.Signal();
        (int At, int Count, int Channel, double By)[] moves = Moves(seed);
        // What is less than may be told, while an alarm is open.
        if (byChannel) moves = [.. moves, .. moves.Select(m => (m.At + m.Count + 2, 2, (m.Channel + 1) % Channels, .3))];
        double[] feed = Resting(moves);
        (StepResult[] whole, double[] expected) = Take(spec, feed, Steps);
        foreach (int block in (int[])[1, 97, Steps])
        {
            (StepResult[] results, double[] same) = Take(spec, feed, block, 3505, 3600, 4001);
            Assert.Equal(whole.Select(Bare), results.Select(Bare));
            Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        }
    }

    static (StepResult[] Results, double[] Expected) Take(ErrorModelSpec spec, double[] feed, int block, params int[] restarts)
    {
        var results = new StepResult[Steps];
        double[] expected = new double[feed.Length];
        var detector = new Detector(spec, Channels);
        for (int t = 0, n; t < Steps; t += n)
        {
            n = Math.Min(block, restarts.Where(at => at > t).Append(Steps).Min() - t);
            detector.StepMany(Feeds.Times(Steps).AsSpan(t, n), feed.AsSpan(t * Channels, n * Channels), results.AsSpan(t, n),
                expected.AsSpan(t * Channels, n * Channels));
            if (!restarts.Contains(t + n)) continue;
            var saved = new ArrayBufferWriter<byte>();
            detector.Save(saved);
            detector = Detector.Load(spec, Channels, saved.WrittenSpan);
        }
        return (results, expected);
    }

    static (StepResult, AlarmChange?, long?, double?) Bare(StepResult result) =>
        (result with { Alarm = null, Model = null }, result.Alarm?.Change, result.Alarm?.Peak, result.Alarm?.PeakScore);
}
