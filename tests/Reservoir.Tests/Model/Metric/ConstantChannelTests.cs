using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>Channels that hardly ever move: of a change of these it is not known how much is much.</summary>
public sealed class ConstantChannelTests
{
    const int WarmUp = 300;
    static readonly MetricModelSpec Small = new() { WarmUp = WarmUp, Reservoir = new MetricModelSpec().Reservoir with { Units = 20 } };

    // Events of what opened, [channel] of the frame from the step.
    static AlarmEvent[] Opened(StepResult[] results) =>
        [.. results.Events().Where(alarm => alarm.Change == AlarmChange.Opened)];

    static StepResult[] Run(int steps, params Func<int, double>[] channels) => Feeds.Run(Small,
        [.. Enumerable.Range(0, steps).SelectMany(t => channels.Select(channel => channel(t)))], channels.Length);

    [Theory]
    [InlineData(3)]
    [InlineData(60)]
    [InlineData(1e6)]
    public void The_first_change_of_a_constant_is_minor_and_its_like_after_it(double changed)
    {
        StepResult[] results = Run(2200, _ => 5, t => t is 1200 or 1600 or (>= 2000 and < 2010) ? changed : 2);
        AlarmEvent[] opened = Opened(results);
        Assert.Equal([1200, 1600, 2000], opened.Select(alarm => alarm.Position));
        Assert.All(opened, alarm => Assert.Equal((Severity.Minor, 1.05), (alarm.Severity, alarm.PeakScore)));
        Assert.All(opened, alarm => Assert.Equal(1, alarm.Contributions[0].Channel));
        Assert.All(results, result => Assert.True(result.Score <= 1.05));
    }

    [Fact]
    public void A_larger_one_is_told_a_little_more()
    {
        StepResult[] results = Run(2200, t => t switch { 1200 => 43, 2000 => 142, _ => 42 });
        double[] scores = [.. Opened(results).Select(alarm => alarm.Score)];
        Assert.Equal((2, 1.05), (scores.Length, scores[0]));
        Assert.Equal(1.05 + .1 * Math.Log(100), scores[1], 12);
    }

    // Its last move echoes in slow units, and errors that once were none have no size: what stands still is missed by the model alone.
    [Theory]
    [InlineData(1200, 4.9)]
    [InlineData(1290, 17)]
    public void What_stepped_once_and_stands_is_told_once(int at, double step)
    {
        AlarmEvent opened = Assert.Single(Opened(Feeds.Run(Presets.Metric(),
            [.. Enumerable.Range(0, 3400).Select(t => t < at ? 309 : 309 + step)])));
        Assert.Equal(at, opened.Position);
    }

    // Of what grows by as much each step it is known how much is much.
    [Fact]
    public void A_hole_in_a_ramp_is_told_by_how_many_steps_it_is_deep_and_its_stall_mildly()
    {
        AlarmEvent hole = Opened(Run(2600, t => t is >= 2000 and < 2010 ? 1000 : 2 * t))[0], stall = Opened(Run(2600, t =>
            2 * Math.Min(t, 2000)))[0];
        Assert.Equal((2000L, Severity.Major), (hole.Position, hole.Severity));
        Assert.Equal((2001L, Severity.Minor), (stall.Position, stall.Severity));
    }

    // .1 t, and .3 in two ways: sums that differ in the last bit only.
    [Fact]
    public void Rounding_is_no_move()
    {
        AlarmEvent hole = Opened(Run(2600, t => t is >= 2000 and < 2010 ? 100 : .1 * t)).First(alarm => alarm.Position >= 1000);
        AlarmEvent tick = Opened(Run(2600, t => t == 2000 ? 7 : t % 3 == 0 ? .3 : .1 + .2)).First(alarm => alarm.Position >= 1000);
        Assert.Equal((2000L, Severity.Major), (hole.Position, hole.Severity));
        Assert.Equal((2000L, Severity.Minor, 1.05), (tick.Position, tick.Severity, tick.PeakScore));
    }

    [Fact]
    public void A_feed_that_begins_after_zeros_is_minor()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        StepResult[] results = Run(2400, t => t < 2000 ? 0 : Normal.Sample(random, 50, 3));
        AlarmEvent opened = Opened(results)[0];
        Assert.Equal((2000L, Severity.Minor), (opened.Position, opened.Severity));
        Assert.All(results[..2100], result => Assert.True(result.Score < 1.5, $"{result.Position}: {result.Score}"));
    }

    [Fact]
    public void What_moves_has_no_ceiling_and_is_not_hidden_by_what_does_not()
    {
        var random = new Xoshiro256StarStar(2, threadSafe: false);
        Func<int, double> noise = t => Normal.Sample(random, 10, .1) + (t is >= 2000 and < 2003 ? 50 : 0);
        AlarmEvent alone = Opened(Run(2200, noise))[^1];
        AlarmEvent both = Opened(Run(2200, noise, t => t is >= 2000 and < 2003 ? 1e6 : 0))[^1];
        Assert.Equal((2000L, Severity.Critical), (alone.Position, alone.Severity));
        Assert.Equal((2000L, 0), (both.Position, both.Contributions[0].Channel));
        Assert.True(both.Severity >= Severity.Major, $"{both.Score}");  // two channels ask for more; a ceiling would be 1.05
    }

    [Fact]
    public void The_tick_of_a_constant_hides_nothing_that_comes_elsewhere_soon_after_it()
    {
        var missed = new List<string>();
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            AlarmEvent[] opened = Opened(Run(2200, t => t == 2000 ? 1e6 : 0,
                t => Normal.Sample(random, 10, .1) + (t is >= 2050 and < 2053 ? 1.5 : 0)));
            AlarmEvent? tick = opened.FirstOrDefault(alarm => alarm.Position == 2000);
            if (tick is { Severity: Severity.Minor, Contributions: [{ Channel: 0 }, ..] })
                Assert.All(tick.Scores, score => Assert.InRange(score.Margin, 1, 1.0500001));
            else missed.Add($"tick {seed}");
            if (!opened.Any(alarm => alarm is { Position: >= 2050 and < 2053, Contributions: [{ Channel: 1 }, ..] }))
                missed.Add($"fault {seed}: {string.Join(" ", opened.Select(a => (a.Position, a.Score)))}");
        }
        Assert.True(missed.Count <= 1, $"{string.Join(", ", missed)}");
    }

    [Fact]
    public void Thirty_moves_or_one_frame_in_a_hundred_are_known_well_enough()
    {
        var moves = new Moves();
        for (int t = 0; t < 10_000; t++)
        {
            if (t > 0) Assert.Equal((t - 1) / 250 < 30, double.IsFinite(moves.Ceiling(7)));  // moves before the frame
            moves.Take(t / 250 % 2);
            if (t < 250) Assert.Equal(1.05, moves.Ceiling(7));
        }
        var often = new Moves();
        for (int t = 0; t < 200; t++) often.Take(t % 50 == 0 ? 1 : 0);
        Assert.Equal(double.PositiveInfinity, often.Ceiling(7));
    }
}
