using Xunit;

namespace Esn.Tests;

/// <summary>Spikes that grow are told, each as no less than the one before.</summary>
public class RecordScoresTests
{
    [Theory]
    [InlineData("signal", 1.4)]
    [InlineData("signal", 2)]
    [InlineData("sensors", 1.4)]
    [InlineData("sensors", 2)]
    [InlineData("metric", 1.4)]
    [InlineData("metric", 2)]
    public void Scores_do_not_fall_as_spikes_grow(string preset, double factor)
    {
        for (int seed = 1; seed <= 3; seed++)
        {
            const int first = 3000, apart = 400, count = 6;
            double[] feed = Feeds.Noise(first + count * apart, 1000, seed, deviation: 10);
            for (int i = 0; i < count; i++) feed[first + i * apart] += 10 * 14 * Math.Pow(factor, i);
            StepResult[] results = Feeds.Run(Presets.Of(preset), feed);
            double before = 1;
            for (int i = 0; i < count; i++)
            {
                int at = first + i * apart;
                double score = results[at..(at + 3)].Max(r => r.Score);
                Assert.True(score >= before - 1e-9, FormattableString.Invariant($"seed {seed}, spike {i}: {score} after {before}"));
                before = Math.Max(before, results[at].Score);  // as it was when it came
            }
        }
    }

    // A fault of the first shakes the second, which then has one of its own.
    [Fact]
    public void A_record_is_of_the_channel_that_is_told()
    {
        var records = new RecordScores(2);
        double Step(double score, int of, double first, double second) => records.Step(score, of, [first, second], [0, 0]);
        for (int t = 0; t < 100; t++) Assert.Equal(0, Step(0, -1, 3, 3));
        Assert.Equal(2.4, Step(2.4, 0, 140, 4));
        Assert.Equal(1.1, Step(1.1, 1, 3, 8));      // no record of it was told
        Assert.Equal(1.6, Step(1.6, -1, 150, 100)); // of all: the second breaks its own by more
        Assert.Equal(2.4, Step(1.6, 0, 196, 100));
        Assert.Equal(1.2, Step(1.2, 0, 190, 3));    // no record
        Assert.Equal(1.3, Step(1.3, 0, double.NaN, 3));
        Assert.Equal(.9, Step(.9, 0, 300, 3));
        Assert.Equal(1.6, Step(1.5, 1, 3, 110));
    }
}
