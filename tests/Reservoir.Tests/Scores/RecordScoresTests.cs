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
}
