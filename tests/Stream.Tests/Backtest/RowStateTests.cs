using System.Globalization;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>A score of 0 is calm, or nobody looked: a row says which.</summary>
public sealed class RowStateTests : FileTests
{
    [Fact]
    public void A_row_says_whether_it_was_judged_and_the_summary_counts_those_that_were_not()
    {
        // Row 600 has no value; rows 700 to 719 are muted; ten minutes of seconds are missing before row 900.
        string file = Write("timestamp,value\n" + Rows(1000, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t + (t < 900 ? 0 : 600)):yyyy-MM-dd HH:mm:ss},"
            + $"{(t == 600 ? "" : $"{Math.Sin(.3 * t) + .01 * Math.Sin(12.9898 * t * t):R}")}")));
        BacktestSummary summary;
        EsnConfig config = Pipelines.Config() with
        {
            Maintenance = [new MaintenanceConfig { From = "1970-01-01T00:11:40Z", To = "1970-01-01T00:12:00Z" }],
        };
        using (CsvFeed feed = CsvFeed.Open(file, [], []))
            summary = BacktestRun.Run(feed, null, config, Folder, null, TimeProvider.System, _ => { }, CancellationToken.None);
        string[] lines = File.ReadAllLines(Path.Combine(Folder, "scores.csv"));
        string[] states = [.. lines.Skip(1).Select(line => line.Split(',')[^1])];
        Assert.EndsWith(",state", lines[0], StringComparison.Ordinal);
        Assert.Equal(1000, states.Length);
        Assert.Equal(["warming_up", "judged"], states[399..401]);
        Assert.Equal(["judged", "blank", "settling"], states[599..602]);
        Assert.Equal(["judged", "muted"], states[699..701]);
        Assert.Equal(["muted", "settling"], states[719..721]);
        Assert.Equal(["judged", "settling"], states[899..901]);
        Assert.Equal("judged", states[999]);
        Assert.Equal(states.GroupBy(state => state).ToDictionary(same => same.Key, same => (long)same.Count()), summary.States);
        Assert.Equal((400, 20, 1), (summary.States["warming_up"], summary.States["muted"], summary.States["blank"]));
        long settling = summary.States["settling"];
        Assert.Equal($"{420 + settling} rows: 400 as the model warmed up, 20 muted, {settling} as the model settled after a mute or a gap",
            RowState.Blind(summary.States, summary.WarmUps.Count));
    }

    [Fact]
    public void A_model_that_went_with_its_feed_is_not_blind_again()
    {
        string file = Write("timestamp,value\n" + Rows(2500, t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},{Math.Sin(.3 * t) + (t < 1000 ? 0 : 1000):R}")));
        using CsvFeed feed = CsvFeed.Open(file, [], []);
        BacktestSummary summary = BacktestRun.Run(feed, null, Pipelines.Config(), Folder, null, TimeProvider.System, _ => { },
            CancellationToken.None);
        Assert.Equal(400, summary.States["warming_up"]);
        Assert.Equal("400 rows: 400 as the model warmed up", RowState.Blind(summary.States, summary.WarmUps.Count));
        Assert.Equal("800 rows: 800 as 2 models warmed up", RowState.Blind(new Dictionary<string, long> { ["warming_up"] = 800 }, 2));
        Assert.Null(RowState.Blind(new Dictionary<string, long> { ["judged"] = 5 }, 1));
    }
}
