using System.CommandLine;
using Esn.Streaming.Commands;
using Esn.Streaming.Configuration;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class OptionTests
{
    static Command Of(string name) => name switch
    {
        "demo" => DemoCommand.Make().Item1,
        "replay" => ReplayCommand.Make().Item1,
        "tune" => TuneCommand.Make().Item1,
        _ => BacktestCommand.Make().Item1,
    };

    [Theory]
    [InlineData("demo", "--rate abc", "abc")]
    [InlineData("demo", "--rate -1", "--rate must be in [0, 1e7], was -1")]
    [InlineData("demo", "--rate NaN", "--rate must be in [0, 1e7], was NaN")]
    [InlineData("demo", "--steps many", "many")]
    [InlineData("demo", "--steps 10", "--steps must be in [5000, 100000000], was 10")]
    [InlineData("demo", "--exit", "--exit needs --steps")]
    [InlineData("demo", "--noise x", "x")]
    [InlineData("demo", "--bootstrap-servers kafka:9092", "--bootstrap-servers needs --to")]
    [InlineData("demo", "--field --to timesteps", "--to sends the signal alone")]
    [InlineData("demo", "--to timesteps --steps 5000 --exit", "with --to nothing is watched here")]
    [InlineData("replay", "feed.csv --to t --rate abc", "abc")]
    [InlineData("replay", "feed.csv --to t --rate -1", "--rate must be in [0, 1e9], was -1")]
    [InlineData("tune", "feed.csv --trials abc", "abc")]
    [InlineData("tune", "feed.csv --trials 1", "--trials must be in [2, 10000], was 1")]
    [InlineData("backtest", "feed.csv --time-format often", "--time-format must be day-first, month-first, s, ms")]
    [InlineData("backtest", "feed.csv --timezone Mars/Olympus",
        "--timezone must be a name such as Europe/Copenhagen or UTC, was \"Mars/Olympus\"")]
    [InlineData("backtest", "feed.csv --decimal x", "--decimal must be . or , was \"x\"")]
    [InlineData("backtest", "feed.csv --missing nan", "--missing must be a finite number such as -999, was \"nan\"")]
    [InlineData("backtest", "feed.csv --missing=-Infinity", "--missing must be a finite number such as -999, was \"-Infinity\"")]
    [InlineData("backtest", "feed.csv --budget lots", "--budget must be such as")]
    [InlineData("backtest", "feed.csv --windowz w.json", "unknown option --windowz: --help lists them")]
    [InlineData("tune", "feed.csv -z", "unknown option -z: --help lists them")]
    public void A_wrong_option_is_told_in_one_line(string command, string arguments, string says)
    {
        string message = Assert.Single(Of(command).Parse(arguments).Errors).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public async Task Rows_are_refused_where_the_preset_is_for_fields()
    {
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
        var refused = await Assert.ThrowsAsync<Esn.Streaming.Feeds.FeedException>(() => Of("backtest")
            .Parse("feed.csv --preset field --no-report").InvokeAsync(configuration, TestContext.Current.CancellationToken));
        Assert.StartsWith("feed.csv holds rows, and --preset field is for fields", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backtest", "- --sort")]
    [InlineData("demo", "--steps 20000 --exit --rate 0")]
    [InlineData("replay", "feed.csv --to t --key-column host --now --rate 100")]
    [InlineData("backtest", "feed.csv --time-column t --time-format %d/%m/%Y --timezone UTC --decimal , --sort")]
    public void Right_options_pass(string command, string arguments) => Assert.Empty(Of(command).Parse(arguments).Errors);

    [Theory]
    [InlineData("signal", null, "1 per 10,000 steps (the preset's)")]
    [InlineData("sensors", null, "1 per 2,500 steps (the preset's)")]
    [InlineData("metric", null, "1 per 375 steps (the preset's)")]
    [InlineData("metric", "2 per day", "2 per day")]
    public void The_budget_of_a_report_is_a_number_whoever_said_it(string preset, string? said, string shown)
    {
        EsnConfig config = EsnConfig.Of(preset);
        if (said is not null) config = config with { Alarms = config.Alarms with { Budget = AlarmBudget.Parse(said) } };
        Assert.Equal(shown, AlarmBudget.Say(config.Model, config.Alarms.Budget));
    }

    [Fact]
    public async Task The_place_of_a_tuned_configuration_is_checked_before_the_search()
    {
        string feed = Path.Combine(Path.GetTempPath(), $"esn-tune-{Guid.NewGuid():N}.csv");
        await File.WriteAllTextAsync(feed, "time,v\n2026-01-01,1\n2026-01-02,2\n", TestContext.Current.CancellationToken);
        try
        {
            ParseResult parsed = Of("tune").Parse($"{feed} --trials 10000 --out {feed}/nowhere/tuned.yaml");
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
            var refused = await Assert.ThrowsAsync<Esn.Streaming.Feeds.FeedException>(
                () => parsed.InvokeAsync(configuration, TestContext.Current.CancellationToken));
            Assert.StartsWith("can't write --out ", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(feed);
        }
    }
}
