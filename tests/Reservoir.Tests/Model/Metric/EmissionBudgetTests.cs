using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

public sealed class EmissionBudgetTests
{
    static readonly EmissionBudgetSpec Grown = new() { Youth = 0 };

    [Fact]
    public void One_is_the_threshold_and_only_an_escalation_is_let_through_in_the_refractory_time()
    {
        var budget = new EmissionBudget(Grown with { Cost = 0 }, warmUp: 40);
        double one = budget.Threshold;
        Assert.Equal(1, budget.Step(one), 12);
        Assert.Equal(0, budget.Step(1.19 * one));
        Assert.Equal(1.19, budget.Level, 12);
        Assert.Equal(2, budget.Step(2 * one), 12);
        for (int t = 0; t < 10; t++) Assert.Equal(0, budget.Step(1.9 * one));
        Assert.Equal(1.9, budget.Step(1.9 * one), 12);
    }

    [Fact]
    public void Once_the_feed_was_quiet_the_like_of_what_was_told_is_news()
    {
        var budget = new EmissionBudget(Grown with { Cost = 0 }, warmUp: 750);
        double one = budget.Threshold;
        Assert.Equal(3, budget.Step(3 * one), 12);
        for (int t = 0; t < 9; t++) budget.Step(.4 * one);
        Assert.Equal(0, budget.Step(1.5 * one));             // too soon
        for (int t = 0; t < 10; t++) budget.Step(.4 * one);
        Assert.Equal(1.5, budget.Step(1.5 * one), 12);
        Assert.Equal(10, budget.Again);
        Assert.Equal(0, budget.Step(1.5 * one));             // and what goes on is not
        Assert.Equal(0, budget.Again);
    }

    // Means of the error remember a burst for a while: they hide no quiet, and are no news once it is over.
    [Fact]
    public void What_means_remember_is_neither_noise_nor_news()
    {
        var budget = new EmissionBudget(Grown with { Cost = 0 }, warmUp: 750);
        double one = budget.Threshold;
        Assert.Equal(2, budget.Step(2 * one, 2 * one), 12);
        for (int t = 0; t < 20; t++) Assert.Equal(0, budget.Step(1.8 * one, present: .1 * one));
        Assert.Equal(1.9, budget.Step(1.9 * one, present: 1.1 * one), 12);
    }

    // What comes again and again is what the feed does: each time it costs, until it is not told.
    [Fact]
    public void What_comes_again_and_again_is_told_a_few_times()
    {
        var budget = new EmissionBudget(Grown, warmUp: 750);
        int told = Enumerable.Range(0, 1500).Count(t => budget.Step(t % 30 == 0 ? 2 * budget.Threshold : 0) >= 1);
        Assert.InRange(told, 3, 8);
    }

    [Fact]
    public void What_did_not_alarm_gives_way_to_anything_stronger()
    {
        var budget = new EmissionBudget(Grown, warmUp: 40);
        Assert.Equal(.96, budget.Step(.96 * budget.Threshold), 12);
        Assert.Equal(1.01, budget.Step(1.01 * budget.Threshold), 12);
    }

    [Fact]
    public void An_alarm_costs_once_and_half_a_warm_up_forgives_it()
    {
        var budget = new EmissionBudget(Grown, warmUp: 100);
        double one = budget.Threshold;
        budget.Step(one);
        budget.Step(1.3 * one);  // an escalation of the same alarm
        Assert.Equal(0, budget.Step(.5 * one));
        Assert.Equal(.5 * Math.Exp(-.4 + 2 * .008), budget.Level, 12);
        for (int t = 0; t < 48; t++) budget.Step(0);
        budget.Step(.5 * one);
        Assert.Equal(.5, budget.Level, 12);
    }

    [Fact]
    public void Youth_asks_for_more_and_fades()
    {
        var budget = new EmissionBudget(new EmissionBudgetSpec { Cost = 0 }, warmUp: 100);
        budget.Step(1);
        Assert.Equal(1 / 1.4 / budget.Threshold, budget.Level, 12);
        for (int t = 1; t <= 100; t++) budget.Step(1);
        Assert.Equal(1 / (1 + .4 / Math.E) / budget.Threshold, budget.Level, 12);
    }

    [Fact]
    public void The_threshold_is_the_same_at_two_alarms_in_any_warm_up_and_grows_with_the_logarithm_of_a_budget_a_step()
    {
        double At(int warmUp) => new EmissionBudget(new EmissionBudgetSpec(), warmUp).Threshold;
        Assert.Equal(2.47, At(750), 12);
        Assert.Equal(2.47, At(37), 12);
        foreach (int warmUp in new[] { 37, 750 })
        {
            double rarer = new EmissionBudget(new EmissionBudgetSpec { AlarmsPerStep = 1e-5 }, warmUp).Threshold;
            Assert.Equal(2.47 * Math.Log(1e5) / Math.Log(375), rarer, 12);
        }
    }

    [Fact]
    public void A_record_that_was_foretold_counts_for_a_quarter_and_one_that_surprised_in_full()
    {
        var spec = new EmissionBudgetSpec();
        Assert.Equal(.5, spec.Weigh(0, 2), 12);
        Assert.Equal(.75 + 2 * .625, spec.Weigh(.75, 2), 12);
        Assert.Equal(5, spec.Weigh(3, 2), 12);
    }

    [Fact]
    public void However_strong_and_steady_the_evidence_alarms_thin_out()
    {
        var budget = new EmissionBudget(new EmissionBudgetSpec(), warmUp: 100);
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        int alarms = 0;
        for (int t = 0; t < 100_000; t++)
            if (budget.Step(10 * random.NextDouble()) >= 1) alarms++;
        // 1000 warm-ups: two alarms each are free, e^−β brings 10 down to the threshold with a few more. An alarm may escalate.
        Assert.InRange(alarms, 1500, 4000);
    }
}
