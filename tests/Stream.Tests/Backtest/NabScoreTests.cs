using Esn.Streaming.Backtest;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Streaming.Tests.Backtest;

public sealed class NabScoreTests
{
    static readonly NabWindow Window = new(500, 599);

    // 1000 rows, so 150 of probation; one window of 100 rows.
    static NabSeries Alarms(params int[] rows) => Series([Window], rows);

    static NabSeries Series(NabWindow[] windows, params int[] rows)
    {
        double[] scores = new double[1000];
        foreach (int row in rows) scores[row] = 1;
        return new NabSeries("folder/file.csv", scores, windows);
    }

    static double Score(NabSeries series, NabProfile profile) => NabScore.At([series], .5, profile);

    static double Sigmoid(double x) => 2 / (1 + Math.Exp(-x)) - 1;

    [Fact]
    public void A_detector_that_never_alarms_scores_0_and_a_perfect_one_100()
    {
        foreach (NabProfile profile in NabProfile.All)
        {
            Assert.Equal(0, Score(Alarms(), profile), 12);
            Assert.Equal(100, Score(Alarms(500), profile), 12);
        }
    }

    [Theory]
    [InlineData(500, 5)]
    [InlineData(549, 2.55)]
    [InlineData(550, 2.5)]
    [InlineData(599, .05)]
    public void A_hit_is_worth_the_sigmoid_of_the_part_of_the_window_still_ahead(int row, double argument)
    {
        double hit = Sigmoid(argument) / Sigmoid(5);
        Assert.Equal(100 * (hit + 1) / 2, Score(Alarms(row), NabProfile.Standard), 10);
        Assert.Equal(100 * (hit + 2) / 3, Score(Alarms(row), NabProfile.LowFalseNegatives), 10);
    }

    [Fact]
    public void Only_the_best_row_of_a_window_counts()
    {
        Assert.Equal(Score(Alarms(520), NabProfile.Standard), Score(Alarms(520, 540, 599), NabProfile.Standard), 12);
    }

    [Fact]
    public void A_false_alarm_before_every_window_costs_its_full_weight()
    {
        Assert.Equal(100 * (1 - .11 + 1) / 2, Score(Alarms(300, 500), NabProfile.Standard), 12);
        Assert.Equal(100 * (1 - .22 + 1) / 2, Score(Alarms(300, 500), NabProfile.LowFalsePositives), 12);
        Assert.Equal(100 * (1 - .11 + 2) / 3, Score(Alarms(300, 500), NabProfile.LowFalseNegatives), 12);
    }

    [Theory]
    [InlineData(600, 5 / 99.0)]
    [InlineData(698, 5.0)]
    [InlineData(895, 5 * 296 / 99.0)]
    public void A_false_alarm_behind_a_window_costs_the_more_the_farther_it_lies(int row, double argument)
    {
        Assert.Equal(100 * (1 - .11 * Sigmoid(argument) + 1) / 2, Score(Alarms(500, row), NabProfile.Standard), 10);
    }

    [Fact]
    public void Three_widths_behind_a_window_a_false_alarm_costs_in_full()
    {
        Assert.Equal(100 * (1 - .11 + 1) / 2, Score(Alarms(500, 896), NabProfile.Standard), 12);
    }

    [Fact]
    public void The_probation_counts_for_nothing()
    {
        Assert.Equal(150, NabScore.Probation(1000));
        Assert.Equal(604, NabScore.Probation(4032));
        Assert.Equal(750, NabScore.Probation(22_695));
        Assert.Equal(100, Score(Alarms(0, 17, 149, 500), NabProfile.Standard), 12);
        Assert.True(Score(Alarms(150, 500), NabProfile.Standard) < 95);
    }

    [Fact]
    public void Windows_found_and_missed_of_several_files_are_summed_before_the_scale()
    {
        NabSeries[] corpus = [Alarms(500), Series([new NabWindow(200, 249), Window], 200), Series([], 700)];
        Assert.Equal(100 * (1 + 1 - 1 - .11 + 3) / 6, NabScore.At(corpus, .5, NabProfile.Standard), 10);
        Assert.Equal(100 * (1 + 1 - 2 - .11 + 6) / 9, NabScore.At(corpus, .5, NabProfile.LowFalseNegatives), 10);
    }

    [Fact]
    public void The_best_threshold_is_the_best_of_all_thresholds()
    {
        var random = new Xoshiro256StarStar(11, threadSafe: false);
        NabSeries[] corpus = [.. Enumerable.Range(0, 6).Select(file => new NabSeries($"f{file}",
            [.. Enumerable.Range(0, 400).Select(t => Math.Round(random.NextDouble() * (t % 100 > 70 ? 1.3 : 1), 2))],
            file == 0 ? [] : [new NabWindow(170, 199), new NabWindow(271, 299)]))];
        foreach (NabProfile profile in NabProfile.All)
        {
            (double threshold, double score) = NabScore.Best(corpus, profile);
            Assert.Equal(score, NabScore.At(corpus, threshold, profile), 9);
            double[] others = [double.PositiveInfinity, .. corpus.SelectMany(series => series.Scores).Distinct()];
            Assert.Equal(others.Max(other => NabScore.At(corpus, other, profile)), score, 9);
        }
    }

    [Fact]
    public void A_left_out_group_takes_the_threshold_of_the_others()
    {
        // Alone, each file would be perfect at its own threshold.
        double[] quiet = new double[1000], loud = new double[1000];
        (quiet[500], loud[300], loud[500]) = (1, 2, 3);
        NabSeries a = new("a/x", quiet, [Window]), b = new("b/x", loud, [Window]);
        Assert.Equal(100 * (-1 + 1 - .11 + 2) / 4, NabScore.LeaveOneGroupOut([a, b], series => series.Name, NabProfile.Standard), 10);
    }

    [Fact]
    public void A_span_of_time_becomes_the_rows_within_it()
    {
        DateTime start = new(2014, 4, 1);
        DateTime[] times = [.. Enumerable.Range(0, 10).Select(i => start.AddHours(i))];
        (DateTime, DateTime)[] spans =
        [
            (start.AddHours(2), start.AddHours(4)), (start.AddHours(4.5), start.AddHours(6.5)), (start.AddHours(8), start.AddDays(9)),
            (start.AddDays(20), start.AddDays(21)),
        ];
        Assert.Equal([new NabWindow(2, 4), new NabWindow(5, 6), new NabWindow(8, 9)], NabSeries.Locate(times, spans));
    }

    [Fact]
    public void Without_a_window_there_is_no_score() => Assert.True(double.IsNaN(Score(Series([], 300), NabProfile.Standard)));
}
