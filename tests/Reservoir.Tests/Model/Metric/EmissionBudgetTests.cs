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
        Assert.Equal(1, budget.Step(2.4), 12);
        Assert.Equal(0, budget.Step(2.8));
        Assert.Equal(2.8 / 2.4, budget.Level, 12);
        Assert.Equal(2, budget.Step(4.8), 12);
        for (int t = 0; t < 10; t++) Assert.Equal(0, budget.Step(4.7));
        Assert.Equal(4.7 / 2.4, budget.Step(4.7), 12);
    }

    [Fact]
    public void What_did_not_alarm_gives_way_to_anything_stronger()
    {
        var budget = new EmissionBudget(Grown, warmUp: 40);
        Assert.Equal(2.3 / 2.4, budget.Step(2.3), 12);
        Assert.Equal(2.41 / 2.4, budget.Step(2.41), 12);
    }

    [Fact]
    public void An_alarm_costs_once_and_half_a_warm_up_forgives_it()
    {
        var budget = new EmissionBudget(Grown, warmUp: 100);
        budget.Step(3);
        budget.Step(4);  // an escalation of the same alarm
        Assert.Equal(0, budget.Step(1));
        Assert.Equal(Math.Exp(-.15 + 2 * .003) / 2.4, budget.Level, 12);
        for (int t = 0; t < 48; t++) budget.Step(0);
        budget.Step(1);
        Assert.Equal(1 / 2.4, budget.Level, 12);
    }

    [Fact]
    public void Youth_asks_for_more_and_fades()
    {
        var budget = new EmissionBudget(new EmissionBudgetSpec { Cost = 0 }, warmUp: 100);
        budget.Step(1);
        Assert.Equal(1 / 1.4 / 2.4, budget.Level, 12);
        for (int t = 1; t <= 100; t++) budget.Step(1);
        Assert.Equal(1 / (1 + .4 / Math.E) / 2.4, budget.Level, 12);
    }

    [Fact]
    public void However_strong_and_steady_the_evidence_alarms_thin_out()
    {
        var budget = new EmissionBudget(new EmissionBudgetSpec(), warmUp: 100);
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        int alarms = 0;
        for (int t = 0; t < 100_000; t++)
            if (budget.Step(10 * random.NextDouble()) >= 1) alarms++;
        // 1000 warm-ups: two alarms each are free, e^−β brings 10 down to 2.4 with at most 10 more. An alarm may escalate.
        Assert.InRange(alarms, 1500, 4000);
    }
}
