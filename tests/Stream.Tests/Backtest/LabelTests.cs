using Esn.Stream.Tests;
using Esn.Streaming.Backtest;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Streaming.Tests.Backtest;

public sealed class LabelTests : FileTests
{
    static AlarmSpan Span(int start, int end) => new(start, end, start, 1, new AlarmEvent
    {
        Change = AlarmChange.Closed, Position = end, Start = start, Peak = start, Time = default, StartTime = default,
        PeakTime = default, Score = 1, PeakScore = 1,
        Severity = Severity.Minor, Normality = 1, Expected = [0], Observed = [0], Contributions = [], Scores = [],
        Forecast = null, Drift = null,
    }, null);

    static LabelTally Tally(int rows, NabWindow[] windows, (int Start, int End)[] alarms, int ready = 0)
    {
        bool[] alarmed = new bool[rows];
        foreach ((int start, int end) in alarms) alarmed.AsSpan(start..end).Fill(true);
        return LabelTally.Of(alarmed, [.. alarmed.Select(open => open ? 1.0 : 0)],
            [.. alarms.Select(alarm => Span(alarm.Start, alarm.End))], windows, ready);
    }

    [Fact]
    public void Windows_are_caught_missed_and_false_as_counted_by_hand()
    {
        LabelSummary summary = Tally(100,
            [new(5, 9), new(30, 39), new(60, 69)],  // within the warm-up, caught after 4, missed
            [(34, 44), (80, 85)], ready: 20).Summary();
        Assert.Equal((2, 1, .5, 1, 1e5 / 80, 4.0), (summary.Windows, summary.Caught, summary.EventRecall, summary.FalseAlarms,
            summary.FalseAlarmsPer100000Steps, summary.MedianDelay));
        Assert.Equal((6 / 15.0, 6 / 20.0), (summary.Precision, summary.Recall));
        Assert.Equal(2 * 6 / (15.0 + 20), summary.F1!.Value, 12);
    }

    // Open since before it tells on-call nothing of a fault; what is escalated in it, or opens again, does.
    [Fact]
    public void A_window_is_caught_by_what_is_told_in_it_and_not_by_an_alarm_of_before()
    {
        NabWindow[] windows = [new(30, 39), new(50, 59), new(70, 79), new(90, 94)];
        bool[] alarmed = [.. Enumerable.Range(0, 100).Select(row => row is >= 20 and < 74 or >= 76 and < 80)];
        AlarmSpan alarm = Span(20, 80) with { Told = [20, 53, 76] };
        LabelSummary summary = LabelTally.Of(alarmed, new double[100], [alarm], windows, ready: 0).Summary();
        Assert.Equal((4, 2, 1, 0), (summary.Windows, summary.Caught, summary.StillOpen, summary.FalseAlarms));
        Assert.Equal(4.5, summary.MedianDelay);
        Assert.Equal(2, LabelTally.Sum([summary.Tally, summary.Tally]).Summary().StillOpen);
    }

    [Fact]
    public void An_alarm_is_news_where_it_opens_opens_again_and_is_escalated()
    {
        (AlarmChange? Change, bool Open)[] rows =
        [
            (AlarmChange.Opened, true), (AlarmChange.Updated, true), (AlarmChange.Escalated, true), (AlarmChange.Closed, false),
            (null, false), (AlarmChange.Reopened, true), (null, true), (AlarmChange.Adapted, false),
        ];
        var alarms = new List<AlarmSpan>();
        for (int row = 0; row < rows.Length; row++)
        {
            AlarmEvent? told = rows[row].Change is { } change ? Span(0, row).Last with { Change = change } : null;
            AlarmSpan.Follow(alarms, row, new StepResult { Alarm = told, AlarmOpen = rows[row].Open });
        }
        Assert.Equal([0, 2, 5], Assert.Single(alarms).Told);
    }

    // A row that is not taken gives no step: it tells neither that an alarm closed nor that it goes on.
    [Theory]
    [InlineData(true, new[] { 0 })]
    [InlineData(false, new[] { 0, 3 })]
    public void An_alarm_that_was_open_before_a_row_that_is_not_taken_is_no_news_after_it(bool open, int[] told)
    {
        var alarms = new List<AlarmSpan>();
        AlarmSpan.Follow(alarms, 0, new StepResult { Alarm = Span(0, 1).Last with { Change = AlarmChange.Opened }, AlarmOpen = true });
        AlarmSpan.Follow(alarms, 1, new StepResult { AlarmOpen = open });
        AlarmSpan.Follow(alarms, 3, new StepResult { AlarmOpen = true });
        Assert.Equal((0, 4), (alarms[0].Start, Assert.Single(alarms).End));
        Assert.Equal(told, alarms[0].Told);
    }

    [Fact]
    public void An_alarm_that_ends_with_the_warm_up_is_no_false_one_and_one_that_goes_on_after_it_is()
    {
        LabelSummary within = Tally(100, [new(5, 9), new(30, 39)], [(6, 8), (15, 20)], ready: 20).Summary();  // in a window, in none
        Assert.Equal((1, 0, 0, 0.0), (within.Windows, within.Caught, within.FalseAlarms, within.FalseAlarmsPer100000Steps));
        LabelSummary beyond = Tally(100, [new(5, 9), new(30, 39)], [(6, 8), (15, 21)], ready: 20).Summary();
        Assert.Equal((1, 1e5 / 80), (beyond.FalseAlarms, beyond.FalseAlarmsPer100000Steps));
    }

    [Fact]
    public void Without_labels_or_alarms_no_ratio_is_made_up()
    {
        LabelSummary summary = Tally(100, [], [], ready: 10).Summary();
        Assert.Equal((null, null, null, null, null),
            (summary.EventRecall, summary.MedianDelay, summary.Precision, summary.Recall, summary.F1));
        Assert.Null(summary.Nab.Standard);
    }

    [Fact]
    public void Feeds_add_up_as_if_they_were_one()
    {
        LabelTally a = Tally(1000, [new(300, 349)], [(310, 320), (700, 705)]), b = Tally(400, [new(200, 219), new(300, 319)], [(205, 206)]);
        LabelSummary sum = LabelTally.Sum([a, b]).Summary();
        Assert.Equal((3, 2, 1, 7.5), (sum.Windows, sum.Caught, sum.FalseAlarms, sum.MedianDelay));
        Assert.Equal(11 / 16.0, sum.Precision);
        Assert.Equal(11 / 90.0, sum.Recall);
        NabSeries[] corpus = [new("a", Scores(1000, (310, 320), (700, 705)), [new(300, 349)]),
            new("b", Scores(400, (205, 206)), [new(200, 219), new(300, 319)])];
        Assert.Equal(NabScore.At(corpus, 1, NabProfile.LowFalsePositives), sum.Nab.LowFalsePositives!.Value, 10);
    }

    static double[] Scores(int rows, params (int Start, int End)[] high)
    {
        double[] scores = new double[rows];
        foreach ((int start, int end) in high) scores.AsSpan(start..end).Fill(1.5);
        return scores;
    }

    static readonly string[] Named = ["/data/nab/art/flat.csv", "/data/art/flat.csv"];

    WindowsFile Windows(string json)
    {
        string file = Path.Combine(Folder, "windows.json");
        File.WriteAllText(file, json);
        return WindowsFile.Load(file);
    }

    [Fact]
    public void A_feed_has_the_windows_of_the_longest_name_its_path_ends_with()
    {
        WindowsFile windows = Windows("""{"flat.csv": [], "art/flat.csv": [["2020-01-01 00:00:00.000000", "2020-01-01 01:00:00"]]}""");
        foreach (string path in Named)
            Assert.Equal((new DateTime(2020, 1, 1), new DateTime(2020, 1, 1, 1, 0, 0)), Assert.Single(windows.Of(path)));
        Assert.Empty(windows.Of("other/flat.csv"));
        Assert.Contains("does not name cart/flat.txt", Assert.Throws<FeedException>(() => windows.Of("cart/flat.txt")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"a.csv": [["2020-01-01"]]}""")]
    [InlineData("""{"a.csv": [["soon", "later"]]}""")]
    [InlineData("{")]
    public void A_windows_file_of_another_form_says_what_is_expected(string json) =>
        Assert.Contains("\"folder/file.csv\"", Assert.Throws<FeedException>(() => Windows(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Rows_within_a_span_are_labelled_and_neighbouring_spans_stay_apart()
    {
        DateTime[] times = [.. Enumerable.Range(0, 20).Select(i => new DateTime(2020, 1, 1).AddMinutes(i))];
        (DateTime, DateTime)[] spans =
            [(times[3], times[6]), (times[7], times[9].AddSeconds(30)), (times[19].AddSeconds(1), times[19].AddSeconds(2))];
        var labels = new FeedLabels(spans);
        bool[] taken = [.. times.Select((time, i) => labels.Take(new FeedRow(i, "", time, [0], null, Anomalous: i is 12 or 13)))];
        Assert.Equal([.. NabSeries.Locate(times, spans), new NabWindow(12, 13)], labels.Windows);
        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 12, 13], taken.Select((anomalous, i) => (anomalous, i)).Where(row => row.anomalous)
            .Select(row => row.i));
    }
}
