using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Backtest;
using Esn.Streaming.Commands;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Wire;
using Spectre.Console;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What a backtest says to who opens no file.</summary>
public sealed partial class TerminalTests : FileTests
{
    BacktestSummary Run(string file)
    {
        using CsvFeed feed = CsvFeed.Open(file, [], []);
        return BacktestRun.Run(feed, null, Pipelines.Config(), Folder, null, TimeProvider.System, _ => { }, CancellationToken.None);
    }

    string Feed(Func<int, double> value, int rows = 1000) => Write("timestamp,value\n" + Rows(rows, t => string.Create(
        CultureInfo.InvariantCulture, $"{DateTime.UnixEpoch.AddSeconds(5 * t):yyyy-MM-dd HH:mm:ss},{value(t):R}")));

    [Fact]
    public void The_strongest_alarms_say_when_what_and_for_how_long()
    {
        BacktestSummary summary = Run(Feed(t => Pipelines.Value(t)));
        ToldAlarm told = Assert.Single(summary.Strongest, alarm => alarm.Row is >= 600 and < 620);
        Assert.Equal((summary.Alarms, 5.0), (summary.Strongest.Count, summary.IntervalSeconds));
        Assert.Equal("1970-01-01 00:50:00", told.Time);
        Assert.StartsWith("1970-01-01 00:50:00, row 600: value ", told.Says, StringComparison.Ordinal);
        Assert.Contains($" was expected; {told.Why}; open in ", told.Says, StringComparison.Ordinal);
        Assert.NotEqual("", told.Why);
        Assert.True(told.Rows >= 1 && told.Score >= 1);
        Assert.Equal("row 3: flow 2; open in 4 rows, score 1.50", new ToldAlarm(3, "", 4, "minor", 1.5, "flow", 2, double.NaN).Says);
    }

    [Theory]
    [InlineData(1767323045, "2026-01-02T03:54:05Z, row 600: value ")]  // since 1970
    [InlineData(0, "3000, row 600: value ")]                            // since the start of a run
    public void A_time_that_is_a_number_is_told_as_the_date_that_it_is(long first, string says)
    {
        BacktestSummary summary = Run(Write("timestamp,value\n" + Rows(1000, t => string.Create(CultureInfo.InvariantCulture,
            $"{first + 5 * t},{Pipelines.Value(t):R}"))));
        ToldAlarm told = Assert.Single(summary.Strongest, alarm => alarm.Row is >= 600 and < 620);
        Assert.StartsWith(says, told.Says, StringComparison.Ordinal);
        Assert.Equal($"{first + 3000}", told.Time);  // in summary.json as the file has it
    }

    [Theory]
    [InlineData(720, true)]
    [InlineData(610, false)]
    public void Windows_in_which_an_alarm_was_still_open_have_a_column_of_several_files(int end, bool any)
    {
        using CsvFeed feed = CsvFeed.Open(Write("timestamp,value,label\n" + Rows(1000, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},{Pipelines.Value(t) + (t >= 610 && t < end ? 3 : 0):R},"
            + $"{(t is >= 690 and < 700 ? 1 : 0)}"))), [], ["label"]);
        BacktestSummary summary = BacktestRun.Run(feed, new FeedLabels(), Pipelines.Config(), Folder, null, TimeProvider.System, _ => { },
            CancellationToken.None);
        using var written = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(written) });
        console.Profile.Width = 120;
        console.Write(BacktestCommand.Several(BacktestTotal.Of([summary, summary with { File = "other.csv" }], TimeSpan.FromSeconds(1)),
            nab: false));
        string[] all = written.ToString().Split('\n').Single(line => line.Contains("all 2", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(any, written.ToString().Contains("still open", StringComparison.Ordinal));
        Assert.Equal(any ? ["0/2", "2"] : ["0/2"], all[4..(any ? 6 : 5)]);
        Assert.Equal(any ? 9 : 8, all.Length);
    }

    [Fact]
    public void A_preset_that_nobody_said_is_doubted_on_noise_and_not_on_a_swing()
    {
        var chance = new Random(7);
        BacktestSummary noise = Run(Feed(t => 100 + chance.NextDouble(), 600)), swing = Run(Feed(t => Math.Sin(.2 * t), 600));
        Assert.Equal((true, false), (noise.IsRough, swing.IsRough));
        Assert.Contains("--preset metric", BacktestCommand.HintAtPreset([noise])!, StringComparison.Ordinal);
        Assert.Null(BacktestCommand.HintAtPreset([swing]));
        Assert.Null(BacktestCommand.HintAtPreset([noise with { Preset = "sensors" }]));
        Assert.Null(BacktestCommand.HintAtPreset([]));
    }

    [Fact]
    public void A_budget_by_steps_is_told_by_the_day_where_the_interval_is_known()
    {
        BacktestSummary Of(string preset, string? budget = null) => Run(Feed(t => t % 7, 40)).By(EsnConfig.Of(preset) with
        {
            Alarms = new AlarmsConfig { Budget = budget is null ? null : AlarmBudget.Parse(budget) },
        }, "pump");
        Assert.Equal(", so about 6.9 false alarms a day at 5 s a row", BacktestCommand.Daily(Of("sensors").AlarmsAStep, 5));
        Assert.Equal(", so about one false alarm in 6.2 min at 1 s a row", BacktestCommand.Daily(Of("metric").AlarmsAStep, 1));
        Assert.Equal(", so about one false alarm in 210 years at 1 month a row", BacktestCommand.Daily(Of("sensors").AlarmsAStep, 2678400));
        Assert.Equal(", so about one false alarm in 21 s at 0.0083 s a row", BacktestCommand.Daily(Of("sensors").AlarmsAStep, .0083));
        Assert.Equal(", so about one false alarm in 52 days at 30 min a row", BacktestCommand.Daily(Of("sensors").AlarmsAStep, 1800));
        Assert.Equal("", BacktestCommand.Daily(Of("sensors").AlarmsAStep, null));
        Assert.Equal("", BacktestCommand.Daily(Of("sensors", "2 per day").AlarmsAStep, 5));
    }

    [Fact]
    public void Preset_metric_is_named_where_a_feed_follows_the_hours_of_the_day()
    {
        string Half(Func<int, double> value) => Write("time,load\n" + Rows(48 * 14, t => string.Create(CultureInfo.InvariantCulture,
            $"{new DateTime(2025, 3, 3).AddMinutes(30 * t):s},{value(t):R}")));
        BacktestSummary day = Run(Half(t => 30 + 10 * Math.Sin(Math.PI * t / 24) + .1 * (t * 7919 % 101) / 101)),
            other = Run(Half(t => 30 + 10 * Math.Sin(Math.PI * t / 31)));
        Assert.Equal((true, false), (day.IsDaily, other.IsDaily));
        Assert.Contains("follows the hours of the day: --preset metric", BacktestCommand.HintAtPreset([day])!, StringComparison.Ordinal);
        Assert.Null(BacktestCommand.HintAtPreset([other]));
        Assert.Null(BacktestCommand.HintAtPreset([day with { Preset = "metric" }]));
    }

    [Fact]
    public void Rows_in_which_alarms_were_open_add_up_to_those_of_the_feed()
    {
        BacktestSummary summary = Run(Feed(t => Pipelines.Value(t) + (t is >= 700 and < 900 && t % 12 < 2 ? 9 : 0)));
        Assert.InRange(summary.Alarms, 1, BacktestSummary.MostTold);
        Assert.Equal(summary.AlarmRows, summary.Strongest.Sum(alarm => alarm.Rows));
    }

    [Theory]
    [InlineData("quiet 40[1]", 1, "noise that vanished (quiet 40)")]
    [InlineData("level 10[0]", 1, "the level of the channel in flow (level 10)")]
    [InlineData("mean error ahead of time", 0, "errors of a forecast (mean error ahead of time)")]
    [InlineData("other", 0, "other")]
    public void What_a_score_looks_at_is_told_in_words(string score, int told, string says)
    {
        Assert.Equal(says, ScoreText.Says(score, ["flow", "pressure"], told));
        Assert.EndsWith($"flow 2; {says}; open in 4 rows, score 1.50", new ToldAlarm(3, "", 4, "minor", 1.5, "flow", 2, double.NaN)
            { Why = says }.Says, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_has_the_same_words_for_scores()
    {
        string page = File.ReadAllText(Path.Combine(SharedData.Root, "src/Stream/Http/wwwroot/format.js"));
        MatchCollection looks = Looks().Matches(page);
        Assert.NotEmpty(looks);
        Assert.All(looks, match => Assert.Equal(match.Groups["looks"].Value, ScoreText.Looks(match.Groups["score"].Value)));
        Assert.Equal(looks.Count, ScoreText.Count);
    }

    [Theory]
    [InlineData("pump-1", "sensors", "1 per 1000 steps", true)]
    [InlineData("valve-1", "metric", "2 per day", true)]
    [InlineData("fan-1", "signal", "2 per day", false)]
    [InlineData("other", "signal", "2 per day", false)]
    public void A_backtest_is_told_by_the_model_that_was_used(string stream, string preset, string budget, bool said)
    {
        EsnConfig config = ConfigFile.Parse("alarms: { budget: 2 per day }\nmodels:\n"
            + "  - { streams: [pump-*], preset: sensors, budget: 1 per 1000 steps }\n  - { streams: [valve-*], preset: metric }\n"
            + "  - { streams: [fan-*], detector: { warmUp: 900 } }\n", "esn.yaml", _ => null);
        BacktestSummary summary = Run(Feed(t => t % 7, 40)).By(config, stream);
        Assert.Equal((preset, budget, said), (summary.Preset, summary.Budget, config.SaysPreset(stream)));
        Assert.Equal(preset == "sensors" ? .001 : null, summary.AlarmsAStep);
        Assert.Equal(budget, summary.With(new Dictionary<string, string>())["budget"]);
    }

    [Fact]
    public void Rows_that_share_a_stamp_share_its_time()
    {
        string file = Write("timestamp,value\n" + Rows(600, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddMinutes(t / 6):yyyy-MM-dd HH:mm},{Pipelines.Value(t):R}")));
        Assert.Equal(10, Run(file).IntervalSeconds);
    }

    [Theory]
    [InlineData(123456.4, 123457.1, "123456 where 123457 was expected")]
    [InlineData(100.00012, 100.0002, "100.0001 where 100.0002 was expected")]
    [InlineData(7, 7, "7 where 7 was expected")]
    [InlineData(2.5, double.NaN, "2.5")]
    [InlineData(.0000123456, 1.5e9, "0.00001235 where 1.5E+09 was expected")]
    [InlineData(double.NaN, 1, null)]
    public void What_came_and_what_was_expected_can_be_told_apart(double observed, double expected, string? says) =>
        Assert.Equal(says, AlarmText.Pair(observed, expected));

    [Theory]
    [InlineData(AlarmChange.Opened, "; in pressure (3 where 1 was expected), flow (2)")]
    [InlineData(AlarmChange.Escalated, "; in pressure (3 where 1 was expected), flow (2)")]
    [InlineData(AlarmChange.Updated, "; in pressure, flow")]
    [InlineData(AlarmChange.Closed, "; in pressure, flow")]
    public void Values_are_told_where_the_alarm_is_about_them(AlarmChange change, string says) => Assert.Equal(says,
        AlarmText.Valued(EsnMetricsTests.OfThree(change) with { Expected = [1, double.NaN, 1] }, ["heat", "flow", "pressure"]));

    [Fact]
    public void Rows_of_several_series_are_no_result_to_rely_on()
    {
        string file = Write("timestamp,tag,value\n" + Rows(1200, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t % 600):yyyy-MM-dd HH:mm:ss},{(t < 600 ? "a" : "b")},{Pipelines.Value(t):R}")));
        Assert.EndsWith("--key-column tag parts them", Run(file).Unfit, StringComparison.Ordinal);
    }

    [Fact]
    public void The_warm_up_of_a_feed_that_ended_in_it_is_said_in_steps()
    {
        Assert.EndsWith("for now 1800 steps of preset signal; preset sensors needs 400",
            BacktestCommand.NothingAlarmed(EsnConfig.Of("signal")), StringComparison.Ordinal);
        Assert.EndsWith("for now 400 steps", BacktestCommand.NothingAlarmed(EsnConfig.Of("sensors")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("level 10[1]", "level 10[pressure]")]
    [InlineData("level 10[7]", "level 10[7]")]
    [InlineData("meanError", "meanError")]
    public void Scores_of_a_channel_have_its_name(string score, string says) =>
        Assert.Equal(says, AnomalyCloudEvent.ScoreName(["flow", "pressure"], score));

    [Fact]
    public void A_replay_says_how_names_of_columns_go_along()
    {
        Assert.Contains("""source: { fields: { channels: ["flow","p 1"] } }""".Replace(",", ", ", StringComparison.Ordinal),
            ReplayCommand.NamesLost(new FrameFields(), ["flow", "p 1"])!, StringComparison.Ordinal);
        Assert.Null(ReplayCommand.NamesLost(new FrameFields(), ["flow"]));
        Assert.Null(ReplayCommand.NamesLost(new FrameFields { Channels = ["flow", "p 1"] }, ["flow", "p 1"]));
    }

    [GeneratedRegex(@"\[/\^?(?<score>[^/]+)/, ""(?<looks>[^""]+)""\]")]
    private static partial Regex Looks();
}
