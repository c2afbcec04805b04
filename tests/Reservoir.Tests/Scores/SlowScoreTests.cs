using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public class SlowScoreTests
{
    static readonly BudgetSpec Budget = new();

    static Margin Slow(int steps, Func<int, double> score, double most = 0)
    {
        var margin = new Margin(Budget, new ScoreShape("slow", 16, TailPrior.Central, 4000));
        for (int t = 0; t < steps; t++)
        {
            margin.Measure(score(t));
            margin.Learn(Math.Max(1 + 1 / Budget.Memory, 1 + 1.0 / (t + 1)));
            if (t % 100 == 99) margin.Rebuild(0);
        }
        if (most > 0) margin.BoostSlow(most);
        return margin;
    }

    static Func<int, double> Square(int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return _ => Math.Pow(Normal.Sample(random, 0, 1), 2);
    }

    static double Value(Margin margin, double score)
    {
        margin.Measure(score);
        return margin.Value;
    }

    [Fact]
    public void A_change_that_lasts_is_not_learnt_before_the_delay_or_as_long_as_it_was_quiet_before()
    {
        // Quiet for 2000 steps, then a hundred times as large.
        static double After(int steps)
        {
            Func<int, double> draw = Square(1);
            return Value(Slow(2000 + steps, t => (t < 2000 ? 1 : 100) * draw(t)), 100);
        }
        double fresh = After(0);
        Assert.InRange(After(1900), .8 * fresh, double.PositiveInfinity);
        Assert.InRange(After(12_000), 0, Budget.UnusualMargin);
    }

    [Fact]
    public void A_score_with_few_looks_is_boosted_only_where_it_is_out_of_the_ordinary()
    {
        Margin same = Slow(20_000, Square(2)), boosted = Slow(20_000, Square(2), most: 1);
        double most = Budget.SlowScoreBoost * Math.Log(1 / boosted.Looks);
        Assert.InRange(boosted.Looks, 1e-3, 1.0 / 16);
        Assert.Equal(Value(same, 1), Value(boosted, 1));
        Assert.Equal(Value(same, 60) + most, Value(boosted, 60), 1e-6);
        Assert.InRange(Value(same, 60), 2 * Budget.UnusualMargin, double.PositiveInfinity);
    }

    [Fact]
    public void A_level_is_measured_by_the_spread_of_its_own_window_and_deviates_in_units_of_the_feed()
    {
        // Twenty thousand steps of σ 1, then as many of σ 4: unmeasured, its squares would grow sixteenfold.
        const int half = 20_000;
        Score score = new SlowLevelSpec { Window = 64 }.Create(new ScoreContext(1, [1], null));
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        double quiet = 0, loud = 0, wide = 0;
        for (int t = 0; t < 2 * half; t++)
        {
            score.Step(new ScoreInput { Input = [(t < half ? 1 : 4) * Normal.Sample(random, 0, 1)], Errors = [0],
                Frozen = false, Held = new HeldChannels([false]) });
            if (t > 1000 && t < half) quiet += score.Squares[0] / (half - 1000);
            // The reference itself comes to the louder spread in 20,000 steps.
            if (t >= half + 64 && t < half + 2064)
                (loud, wide) = (loud + score.Squares[0] / 2000, wide + Math.Pow(score.Deviation(0), 2) / 2000);
        }
        Assert.InRange(loud / quiet, .3, 5);
        Assert.InRange(wide / quiet, 8, 32);
    }

    [Fact]
    public void A_slow_ramp_under_coloured_noise_is_told_before_half_of_it_is_over()
    {
        const int onset = 12_000, length = 20_000, seeds = 5;
        double deviation = 1 / Math.Sqrt(1 - .9 * .9);
        int told = 0;
        for (int seed = 0; seed < seeds; seed++)
        {
            var random = new Xoshiro256StarStar(40 + seed, threadSafe: false);
            double x = 0;
            double[] feed = [.. Enumerable.Range(0, onset + length / 2)
                .Select(t => (x = .9 * x + Normal.Sample(random, 0, 1)) + 10 * deviation * Math.Max(0, t - onset) / length)];
            if (Feeds.Run(Feeds.Small(), feed).Events()
                .Any(e => e.Change == AlarmChange.Opened && e.Position >= onset && e.Scores.Any(s => s.Name == "slow level 256"))) told++;
        }
        Assert.InRange(told, seeds - 1, seeds);
    }
}
