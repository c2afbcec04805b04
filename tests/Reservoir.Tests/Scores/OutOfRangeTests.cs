using Xunit;

namespace Esn.Tests;

public class OutOfRangeTests
{
    static readonly OutOfRangeSpec Spec = new() { Begin = 20, Memory = 1000 };
    readonly Score _score = Spec.Create(new ScoreContext(2, [1], null));

    double[] Step(double first, double second, bool frozen = false)
    {
        _score.Step(new ScoreInput { Input = [first, second], Errors = [0, 0], Frozen = frozen, Held = new HeldChannels([frozen]) });
        return [.. _score.Squares];
    }

    // Channels that swing in ±1 and ±2.
    void Swing(int steps)
    {
        for (int t = 0; t < steps; t++) Step(t % 2 * 2 - 1, t % 2 * 4 - 2);
    }

    [Fact]
    public void Inside_is_nothing_and_outside_is_in_units_of_the_channels_range()
    {
        Swing(20);
        Assert.False(_score.Ready);
        Swing(20);
        Assert.True(_score.Ready);
        Assert.All(Step(.9, -1.9), square => Assert.InRange(square, -.25, 0));
        double[] squares = Step(-3, 6, frozen: true);
        Assert.Equal(1, squares[0], .02);  // 2 beyond a range of 2
        Assert.Equal(1, squares[1], .02);  // 4 beyond a range of 4
    }

    [Fact]
    public void What_was_seen_is_in_range_unless_it_was_frozen()
    {
        Swing(40);
        Step(5, 0, frozen: true);
        Assert.True(Step(5, 0)[0] > 1);
        Assert.InRange(Step(5, 0)[0], -.25, 0);
    }

    [Fact]
    public void The_range_is_forgotten_slowly()
    {
        Swing(40);
        Step(9, 0);
        Swing(1000);
        Assert.InRange(Step(4, 0, frozen: true)[0], -.25, 0);
        Swing(3000);
        Assert.True(Step(4, 0, frozen: true)[0] > .1);
    }

    [Fact]
    public void Adapted_to_it_is_in_range()
    {
        Swing(40);
        Step(5, 0, frozen: true);
        _score.Adapt(new HeldChannels([true]));
        Assert.InRange(Step(5, 0)[0], -.25, 0);
    }

    [Fact]
    public void A_detector_tells_a_value_far_beyond_all_before()
    {
        double[] feed = Feeds.Sines(5000);
        feed[4000] += 40;
        StepResult[] results = Feeds.Run(Feeds.Small(Presets.Signal(1e-3)) with { Scores = [new OutOfRangeSpec()] }, feed);
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Opened && e.Position == 4000
            && e.Scores.Any(score => score.Name == "out of range"));
    }
}
