using Esn.Streaming.Backtest;
using Xunit;

namespace Esn.Streaming.Tests.Backtest;

public sealed class NabLevelTests
{
    /// <summary>The level that was measured, less what another processor's rounding may cost.</summary>
    [Fact]
    public void Operational_metrics_are_judged_as_well_as_they_were()
    {
        string? folder = SharedData.Find("nab");
        Assert.SkipUnless(folder is not null, "no ../shared/data/nab");
        IReadOnlyList<NabFile> files = NabCorpus.Load(folder!);
        Assert.Equal(28, files.Count);

        var spec = new MetricModelSpec();
        double standard = 0, cautious = 0;
        const int Seeds = 2;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            NabSeries[] series = new NabSeries[files.Count];
            Parallel.For(0, files.Count, i => series[i] = new NabSeries(files[i].Name, Scores(files[i], spec, seed), files[i].Windows));
            standard += NabScore.At(series, 1, NabProfile.Standard) / Seeds;
            cautious += NabScore.At(series, 1, NabProfile.LowFalsePositives) / Seeds;
        }
        Assert.True(standard > 73, $"standard {standard}");
        Assert.True(cautious > 66, $"low-FP {cautious}");
    }

    static double[] Scores(NabFile file, MetricModelSpec spec, int seed)
    {
        var model = new Detector(spec with { WarmUp = NabScore.Probation(file.Values.Length),
            Reservoir = spec.Reservoir with { Seed = seed } }, channels: 1);
        double[] scores = new double[file.Values.Length], expected = new double[1];
        for (int t = 0; t < scores.Length; t++) scores[t] = model.Step(file.Times[t], file.Values.AsSpan(t, 1), expected).Score;
        return scores;
    }
}
