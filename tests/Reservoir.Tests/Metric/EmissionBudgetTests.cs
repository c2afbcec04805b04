using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

public sealed class EmissionBudgetTests
{
    [Fact]
    public void One_is_the_threshold_and_only_more_is_let_through_in_the_refractory_time()
    {
        var budget = new EmissionBudget(new EmissionBudgetSpec { Cost = 0 }, warmUp: 40);
        Assert.Equal(1, budget.Step(2.4), 12);
        Assert.Equal(0, budget.Step(2.4));
        Assert.Equal(1, budget.Level, 12);
        Assert.Equal(2, budget.Step(4.8), 12);
        for (int t = 0; t < 10; t++) Assert.Equal(0, budget.Step(4.7));
        Assert.Equal(4.7 / 2.4, budget.Step(4.7), 12);
    }

    [Fact]
    public void An_alarm_costs_once_and_is_forgiven_after_a_warm_up()
    {
        var spec = new EmissionBudgetSpec();
        var budget = new EmissionBudget(spec, warmUp: 100);
        budget.Step(3);
        budget.Step(3.5);  // an escalation of the same alarm
        Assert.Equal(0, budget.Step(1));
        Assert.Equal(Math.Exp(-.15 * .98) / 2.4, budget.Level, 12);
        for (int t = 0; t < 97; t++) budget.Step(0);
        budget.Step(1);
        Assert.Equal(Math.Exp(-.15 * 0), budget.Level * 2.4, 12);
    }

    [Fact]
    public void However_strong_and_steady_the_evidence_alarms_thin_out()
    {
        var budget = new EmissionBudget(new EmissionBudgetSpec(), warmUp: 100);
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        int alarms = 0;
        for (int t = 0; t < 100_000; t++)
            if (budget.Step(10 * random.NextDouble()) >= 1) alarms++;
        // 1000 warm-ups: one alarm each is free; e^−β brings 10 down to 2.4 with at most 10 more. An alarm may escalate.
        Assert.InRange(alarms, 500, 3000);
    }
}
