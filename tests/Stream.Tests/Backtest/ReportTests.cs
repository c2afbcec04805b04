using System.Globalization;
using System.Text.Json;
using Esn.Stream.Tests;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Streaming.Tests.Backtest;

public sealed class ReportTests : FileTests
{
    [Theory]
    [InlineData(64, 60)]
    [InlineData(64, 64)]
    [InlineData(64, 1000)]
    [InlineData(400, 12_345)]
    public void An_envelope_is_bounded_and_keeps_every_extreme_where_it_was(int room, int rows)
    {
        double[] values = new Xoshiro256StarStar(1).NextDoubles(rows);
        values[rows / 2] = 9;
        values[rows / 3] = -9;
        values[rows - 1] = double.NaN;
        var envelope = new Envelope(room);
        foreach (double value in values) envelope.Add(value);
        IReadOnlyList<double> points = envelope.Points();
        Assert.True(points.Count <= room);
        if (rows < room) Assert.Equal(values, points);
        for (int i = 0; i + 1 < points.Count && envelope.Stride > 1; i += 2)
        {
            double[] own = [.. values.Skip(i * envelope.Stride).Take(2 * envelope.Stride).Where(value => !double.IsNaN(value))];
            Assert.Equal((own.Min(), own.Max()), (points[i], points[i + 1]));
        }
    }

    [Fact]
    public void A_running_quantile_is_that_of_its_window_sorted_anew()
    {
        double[] values = [.. new Xoshiro256StarStar(2).NextDoubles(500).Select(value => Math.Round(value, 2))];  // with ties
        var quantile = new RunningQuantile(100, .9);
        Assert.True(double.IsNaN(quantile.Value));
        for (int i = 0; i < values.Length; i++)
        {
            quantile.Add(values[i]);
            double[] window = [.. values[Math.Max(0, i - 99)..(i + 1)].Order()];
            Assert.Equal(window[(int)Math.Ceiling(.9 * window.Length) - 1], quantile.Value);
        }
    }

    [Fact]
    public void The_band_knows_only_the_errors_before_a_row_and_none_of_an_alarm()
    {
        var trace = new Trace(["value"]);
        double[] observed = [1, 2, 30, 4, 5];
        for (int t = 0; t < observed.Length; t++)
            trace.Add(new FeedRow(t, "", DateTime.UnixEpoch.AddSeconds(t), [observed[t]], null, false), taken: true, [0],
                new StepResult(t, false, 0, 1, AlarmOpen: t == 2, null));
        Assert.Equal([double.NaN, 1, 2, 2, 4], trace.Width[0].Points());
        Assert.Equal((0, 1000), trace.Regular!.Value);
    }

    [Fact]
    public void Times_that_are_not_evenly_apart_are_kept()
    {
        var trace = new Trace(["value"]);
        foreach (int second in (int[])[0, 1, 2, 10, 11])
            trace.Add(new FeedRow(0, "", DateTime.UnixEpoch.AddSeconds(second), [0], null, false), taken: true, [0], default);
        Assert.Null(trace.Regular);
        Assert.Equal([0, 1000, 2000, 10_000, 11_000], trace.Times.Points());
    }

    [Fact]
    public void A_row_that_was_refused_before_the_first_that_was_taken_stands_at_its_time()
    {
        DateTime known = DateTime.UnixEpoch.AddYears(50);
        foreach (DateTime unknown in (DateTime[])[default, DateTime.UnixEpoch, DateTime.UnixEpoch.AddYears(200)])
        {
            var trace = new Trace(["value"]);
            foreach (DateTime time in (DateTime[])[unknown, known, unknown, known.AddSeconds(1)])
                trace.Add(new FeedRow(0, "", time, [0], null, false), taken: time != unknown, [0], default);
            double first = (known - DateTime.UnixEpoch).TotalMilliseconds;
            Assert.Null(trace.Regular);
            Assert.Equal([first, first, first, first + 1000], trace.Times.Points());
        }
    }

    [Theory]
    [InlineData("time,value", "some day,3")]
    [InlineData("time,value", ",")]
    [InlineData("time,value", "1970-01-01,3")]
    public void A_report_is_written_of_a_file_whose_first_row_has_no_time_or_a_wrong_one(string header, string row)
    {
        string file = Path.Combine(Folder, "first.csv"), folder = Path.Combine(Folder, "first");
        File.WriteAllText(file, header + "\n" + row + "\n" + string.Concat(Enumerable.Range(0, 3000)
            .Select(t => FormattableString.Invariant($"{DateTime.UnixEpoch.AddYears(50).AddSeconds(t):s},{t % 7}\n"))));
        using CsvFeed feed = CsvFeed.Open(file, [], []);
        BacktestRun.Run(feed, null, Pipelines.Config(), folder, new Dictionary<string, string>(), TimeProvider.System, _ => { },
            CancellationToken.None);
        Assert.True(File.Exists(Path.Combine(folder, "report.html")));
    }

    [Fact]
    public void The_page_knows_which_channels_were_never_below_zero_and_what_scores_look_at()
    {
        string file = Write("calls,height\n" + Rows(1000, t => string.Create(CultureInfo.InvariantCulture,
            $"{Math.Abs(Pipelines.Value(t)):R},{Pipelines.Value(t):R}")));
        using (CsvFeed feed = CsvFeed.Open(file, [], []))
            BacktestRun.Run(feed, null, Pipelines.Config(), Folder, new Dictionary<string, string>(), TimeProvider.System, _ => { },
                CancellationToken.None);
        string page = File.ReadAllText(Path.Combine(Folder, "report.html"));
        int data = page.IndexOf("id=\"data\">", StringComparison.Ordinal) + "id=\"data\">".Length;
        JsonElement read = JsonDocument.Parse(page[data..page.IndexOf("</script>", data, StringComparison.Ordinal)]).RootElement;
        Assert.Equal([("calls", true), ("height", false)], read.GetProperty("channels").EnumerateArray()
            .Select(channel => (channel.GetProperty("name").GetString()!, channel.GetProperty("neverBelowZero").GetBoolean())).Order());
        JsonElement[] scores = [.. read.GetProperty("alarms").EnumerateArray().SelectMany(alarm => alarm.GetProperty("scores")
            .EnumerateArray())];
        Assert.NotEmpty(scores);
        Assert.All(scores, score => Assert.NotEqual("", score.GetProperty("looks").GetString()));
    }

    [Fact]
    public void A_drift_is_in_the_events_and_on_the_page()
    {
        string file = Path.Combine(Folder, "drift.csv");
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        File.WriteAllText(file, "value\n" + string.Concat(Enumerable.Range(0, 9000)
            .Select(t => FormattableString.Invariant($"{random.NextDouble() + Math.Max(0, t - 7000) / 2000.0:R}\n"))));
        EsnConfig config = Pipelines.Config();
        config = config with { Detector = (ErrorModelSpec)config.Detector with { Scores =
            [new MeanErrorSpec(), new SlowLevelSpec { Delay = 8000, Tail = TailPrior.Central }] } };
        using (CsvFeed feed = CsvFeed.Open(file, [], []))
            BacktestRun.Run(feed, null, config, Folder, new Dictionary<string, string>(), TimeProvider.System, _ => { },
                CancellationToken.None);

        JsonElement told = File.ReadLines(Path.Combine(Folder, "events.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("data"))
            .Last(data => data.TryGetProperty("drift", out _)).GetProperty("drift");
        Assert.Equal("level", told.GetProperty("kind").GetString());
        Assert.InRange(told.GetProperty("sincePosition").GetInt64(), 6700, 7300);
        Assert.InRange(told.GetProperty("perStep").GetDouble(), 2.5e-4, 1e-3);
        string json = File.ReadAllText(Path.Combine(Folder, "report.html")).Split("id=\"data\">")[1].Split("</script>")[0];
        JsonElement shown = JsonDocument.Parse(json).RootElement.GetProperty("alarms").EnumerateArray()
            .Last(alarm => alarm.TryGetProperty("drift", out _)).GetProperty("drift");
        Assert.Equal(("value", told.GetProperty("sincePosition").GetInt64()),
            (shown.GetProperty("channel").GetString(), shown.GetProperty("since").GetInt64()));
    }

    [Fact]
    public void Values_at_the_ends_of_what_a_number_holds_make_a_picture()
    {
        string file = Path.Combine(Folder, "feed.csv");
        File.WriteAllText(file, "value\n" + string.Concat(Enumerable.Range(0, 900).Select(t => (t % 3 - 1) switch
        {
            0 => "0\n",
            int sign => FormattableString.Invariant($"{sign * double.MaxValue:R}\n"),
        })));
        using (CsvFeed feed = CsvFeed.Open(file, [], []))
            BacktestRun.Run(feed, null, Pipelines.Config(), Folder, new Dictionary<string, string>(), TimeProvider.System, _ => { },
                CancellationToken.None);
        Assert.NotEmpty(File.ReadAllBytes(Path.Combine(Folder, "report.png")));
    }

    [Fact]
    public void Channels_that_alarmed_are_plotted_first_and_refused_rows_are_dated()
    {
        string file = Path.Combine(Folder, "plant.csv");
        string names = string.Join(',', Enumerable.Range(0, 14).Select(c => FormattableString.Invariant($"c{c}")));
        File.WriteAllText(file, $"time,{names}\n" + string.Concat(Enumerable.Range(0, 900).Select(t =>
            $"{DateTime.UnixEpoch.AddMinutes(t):yyyy-MM-dd HH:mm},"
            + string.Join(',', Enumerable.Range(0, 14).Select(c => t is >= 20 and < 30 ? "" : FormattableString.Invariant(
                $"{Math.Sin(t * .3 + c) + (c == 13 && t is >= 600 and < 640 ? 9 : 0):R}")))
            + "\n")));
        BacktestSummary summary;
        using (CsvFeed feed = CsvFeed.Open(file, [], []))
            summary = BacktestRun.Run(feed, null, Pipelines.Config(), Folder, new Dictionary<string, string>(), TimeProvider.System,
                _ => { }, CancellationToken.None);
        Assert.Equal(summary.WarmUpSteps + 10, summary.WarmUpRows);
        Assert.Equal(new RefusedRows(20, 29, "1970-01-01 00:20", "1970-01-01 00:29", "blank"), Assert.Single(summary.RefusedRuns));
        string json = File.ReadAllText(Path.Combine(Folder, "report.html")).Split("id=\"data\">")[1].Split("</script>")[0];
        string[] plotted = [.. JsonDocument.Parse(json).RootElement.GetProperty("channels").EnumerateArray()
            .Select(channel => channel.GetProperty("name").GetString()!)];
        Assert.Equal(("c13", Report.MostPlotted), (plotted[0], plotted.Length));
    }

    [Fact]
    public void The_page_holds_the_data_and_no_name_ends_its_script()
    {
        const string Column = "</script><script>alert(1)</script>\" & 'π'";
        string file = Path.Combine(Folder, "feed.csv");
        File.WriteAllText(file, $"\"{Column.Replace("\"", "\"\"", StringComparison.Ordinal)}\",is_anomaly\n"
            + string.Concat(Enumerable.Range(0, 900)
                .Select(t => FormattableString.Invariant($"{Pipelines.Value(t):R},{(t is >= 600 and < 620 ? 1 : 0)}\n"))));
        using (CsvFeed feed = CsvFeed.Open(file, [], ["is_anomaly"]))
        {
            var settings = new Dictionary<string, string> { ["preset"] = "</script>" };
            BacktestRun.Run(feed, new FeedLabels(), Pipelines.Config(), Folder, settings, TimeProvider.System, _ => { },
                CancellationToken.None);
        }
        string page = File.ReadAllText(Path.Combine(Folder, "report.html"));
        Assert.Equal(3, page.Split("</script>").Length - 1);  // the chart library, the data, the page's own
        // The chart library names namespaces; the page around it names no address at all.
        string[] around =
            [.. page.Split("<script>").Select((part, i) => i == 1 ? part[part.IndexOf("</script>", StringComparison.Ordinal)..] : part)];
        Assert.All(around, part => Assert.DoesNotContain("://", part, StringComparison.Ordinal));

        string json = page.Split("id=\"data\">")[1].Split("</script>")[0];
        JsonElement data = JsonDocument.Parse(json).RootElement;
        JsonElement channel = data.GetProperty("channels")[0];
        Assert.Equal(Column, channel.GetProperty("name").GetString());
        byte[] observed = Convert.FromBase64String(channel.GetProperty("observed").GetString()!);
        Assert.Equal(900 * sizeof(float), observed.Length);
        Assert.Equal(Pipelines.Value(601),
            channel.GetProperty("offset").GetDouble() + BitConverter.ToSingle(observed, 601 * sizeof(float)), 1e-6);
        JsonElement alarm = data.GetProperty("alarms").EnumerateArray().First(each => each.GetProperty("start").GetInt32() >= 600);
        Assert.Equal((600, "caught", 0),
            (alarm.GetProperty("start").GetInt32(), alarm.GetProperty("verdict").GetString(), alarm.GetProperty("delay").GetInt32()));

        byte[] picture = File.ReadAllBytes(Path.Combine(Folder, "report.png"));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture[..4]);
    }
}
