using System.Reflection;
using Xunit;

namespace Esn.Tests;

/// <summary>A specification is what is learnt with, and policy.</summary>
public sealed class PolicyTests
{
    const int Steps = 3000, Change = 2400;

    static StepResult[] Take(Detector detector, double[] frames, int from, int count)
    {
        var results = new StepResult[count];
        detector.StepMany(Feeds.Times(Steps).AsSpan(from, count), frames.AsSpan(from, count), results, new double[count]);
        return results;
    }

    public static TheoryData<string> Kinds => [.. Presets.Names];

    static ModelSpec Small(string name) => name == "signal" ? Feeds.Small() : Presets.Of(name);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Another_budget_takes_hold_at_once_and_nothing_that_was_learnt_is_lost(string name)
    {
        ModelSpec spec = Small(name), strict = spec.WithBudget(1e-6), lax = spec.WithBudget(.02);
        double[] frames = Feeds.Sines(Steps, 1, noise: .3);
        var detector = new Detector(strict, 1);
        Take(detector, frames, 0, Change);
        Detector same = detector.WithPolicy(strict), other = detector.WithPolicy(lax);
        Assert.Equal(detector.Position, other.Position);
        double[] expected = new double[Steps - Change], unchanged = new double[Steps - Change];
        var results = new StepResult[Steps - Change];
        same.StepMany(Feeds.Times(Steps).AsSpan(Change), frames.AsSpan(Change), new StepResult[Steps - Change], unchanged);
        other.StepMany(Feeds.Times(Steps).AsSpan(Change), frames.AsSpan(Change), results, expected);
        Assert.Equal(unchanged[0], expected[0]);  // the same readout
        StepResult[] before = Take(detector, frames, Change, Steps - Change);
        Assert.False(results[0].WarmingUp);
        Assert.True(results.Sum(result => result.Score) >= before.Sum(result => result.Score), "a lax budget scores at least as high");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_marked_as_policy_is_no_part_of_the_fingerprint_and_everything_else_is(string name)
    {
        ModelSpec spec = Small(name);
        Assert.True(spec.LearnsLike(spec.WithBudget(.01)));
        Assert.True(spec.LearnsLike(spec with { Alarm = spec.Alarm with { Critical = 9, MinimumDeviation = [3] } }));
        Assert.False(spec.LearnsLike(spec with { WarmUp = spec.WarmUp + 1 }));
        Assert.False(spec.LearnsLike(spec with { Reservoir = spec.Reservoir with { Seed = 99 } }));
        Assert.Throws<ArgumentException>(() => new Detector(spec, 1).WithPolicy(spec with { WarmUp = spec.WarmUp + 1 }));
    }

    [Fact]
    public void Policy_is_marked_on_specifications_alone()
    {
        PropertyInfo[] marked = [.. typeof(ModelSpec).Assembly.GetTypes().SelectMany(type => type.GetProperties())
            .Where(property => property.IsDefined(typeof(PolicyAttribute)))];
        Assert.NotEmpty(marked);
        Assert.All(marked, property => Assert.EndsWith("Spec", property.DeclaringType!.Name, StringComparison.Ordinal));
    }
}
