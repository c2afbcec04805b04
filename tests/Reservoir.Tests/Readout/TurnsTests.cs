using Xunit;

namespace Esn.Tests;

public sealed class TurnsTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(8, 0)]
    [InlineData(8, 13)]
    [InlineData(7, 3)]
    public void A_turn_comes_once_in_so_many_steps_and_is_foretold(int every, int phase)
    {
        var turns = new Turns(every, phase);
        Assert.Equal(100, Enumerable.Range(0, 100 * every).Count(step => turns.At(step)));
        for (long step = 0; step < 50; step++)
        {
            Assert.True(turns.At(step + turns.Until(step)));
            for (int ahead = 1; ahead < turns.Until(step); ahead++) Assert.False(turns.At(step + ahead));
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void Periods_begin_with_a_turn_and_those_of_many_readouts_at_different_ones(int period)
    {
        const int Every = 8;
        var folds = new HashSet<int>();
        for (int phase = 0; phase < period; phase++)
        {
            var turns = new Turns(Every, phase);
            int start = turns.Start(period), first = Enumerable.Range(0, period).First(step => (step + start) % period == 0);
            // What is learnt at a turn are the steps after the one before, up to its own: a period begins with the first of these.
            Assert.True(turns.At(first + Every - 1));
            folds.Add(first);
        }
        Assert.Equal(period, folds.Count);
        Assert.Equal(0, Turns.Always.Start(period));
    }
}
