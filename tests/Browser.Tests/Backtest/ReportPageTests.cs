using System.Globalization;
using System.Text.RegularExpressions;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using SkiaSharp;
using Xunit;

namespace Esn.Browser.Tests;

/// <summary>
/// Two channels with two jumps in one of them, through a small model, and the page that shows it: one window is caught, nothing is in the
/// next, and the last begins when the alarm of its jump has been open for a while.
/// </summary>
public sealed class ReportFixture : IDisposable
{
    public const int Rows = 1200;
    readonly string _directory = Directory.CreateTempSubdirectory("esn-page-").FullName;

    public ReportFixture()
    {
        string file = Path.Combine(_directory, "a<b>&'feed'.csv");
        File.WriteAllText(file, "timestamp,\"</script><i>flow\",pressure,anomaly\n"
            + string.Concat(Enumerable.Range(0, Rows).Select(Line)));
        using CsvFeed feed = CsvFeed.Open(file, [], ["anomaly"]);
        ErrorModelSpec spec = Presets.Signal() with { Reservoir = new ReservoirSpec { Units = 20, Degree = 4 },
            Calibrator = new BudgetSpec { Reach = 1000 }, ScalingSteps = 50, ScoredFrom = 80, WarmUp = 400 };
        var settings = new Dictionary<string, string> { ["preset"] = "signal" };
        Summary = BacktestRun.Run(feed, new FeedLabels(), new EsnConfig { Detector = spec }, _directory, settings, TimeProvider.System,
            _ => { }, CancellationToken.None);
    }

    public BacktestSummary Summary { get; }

    public string Page => Path.Combine(_directory, "report.html");

    public string Picture => Path.Combine(_directory, "page.png");

    static string Line(int t)
    {
        double ripple = .01 * Math.Sin(12.9898 * t * t), jump = t is >= 600 and < 610 or >= 1000 and < 1060 ? 3 : 0;
        return string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddMinutes(t):yyyy-MM-dd HH:mm:ss},{Math.Sin(.3 * t) + ripple + jump:R},"
            + $"{1e6 + Math.Cos(.3 * t) + ripple:R},{(t is >= 600 and < 620 or >= 900 and < 910 or >= 1020 and < 1030 ? 1 : 0)}\n");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}

public sealed partial class ReportPageTests(ReportFixture report) : IClassFixture<ReportFixture>
{
    const string NoBrowser = "no Chromium: set CHROME_PATH or install chromium";

    Task<(string Dom, Func<string, string?> State)> Open(string fragment = "") => Open(report.Page, fragment);

    static async Task<(string Dom, Func<string, string?> State)> Open(string page, string fragment)
    {
        string dom = await Chrome.Run(page, fragment, "--dump-dom");
        string body = Body().Match(dom).Value;
        return (dom, name => Regex.Match(body, $"data-{name}=\"([^\"]*)\"") is { Success: true } found ? found.Groups[1].Value : null);
    }

    static int Count(string dom, string pattern) => Regex.Count(dom.Split("id=\"data\"")[0].Split("<script>")[0], pattern);

    [Fact]
    public async Task The_page_draws_without_an_error_and_lists_every_alarm()
    {
        Assert.SkipUnless(Chrome.Path is not null, NoBrowser);
        Assert.True(report.Summary.Alarms > 0);
        (string dom, Func<string, string?> state) = await Open();
        Assert.Null(state("error"));
        Assert.Equal("true", state("ready"));
        Assert.Equal(report.Summary.Alarms.ToString(CultureInfo.InvariantCulture), state("alarms"));
        Assert.Equal(report.Summary.Alarms, Count(dom, "<tr data-alarm="));
        Assert.Equal(report.Summary.Labels!.FalseAlarms, Count(dom, "<td class=\"false\">"));
        LabelSummary labels = report.Summary.Labels;
        Assert.Equal((3, 1, 1), (labels.Windows, labels.Caught, labels.StillOpen));
        Assert.Equal(labels.Windows - labels.Caught - labels.StillOpen, Count(dom, "<td class=\"missed\">missed<"));
        Assert.Equal(labels.StillOpen, Count(dom, "<td class=\"still-open\">an alarm of before was still open<"));
        Assert.Equal(1, Count(dom, "<td class=\"begun-before\">begun before<"));
        Assert.Equal(1, Count(dom, "event recall 33 %; in 1 an alarm of before was open<"));
        Assert.Equal(FormattableString.Invariant($"0-{ReportFixture.Rows}"), state("view"));
        Assert.Contains("&lt;/script&gt;&lt;i&gt;flow", dom, StringComparison.Ordinal);
        Assert.Contains("1970-01-01 10:00:00", dom, StringComparison.Ordinal);  // row 600
    }

    [Fact]
    public async Task An_alarm_is_looked_at_closely()
    {
        Assert.SkipUnless(Chrome.Path is not null, NoBrowser);
        (string dom, Func<string, string?> state) = await Open("#alarm=1");
        Assert.Null(state("error"));
        Assert.Equal(1, Count(dom, "<tr data-alarm=\"0\" class=\"on\">"));
        int[] view = [.. state("view")!.Split('-').Select(row => int.Parse(row, CultureInfo.InvariantCulture))];
        Assert.InRange(view[1] - view[0], 20, ReportFixture.Rows / 2);
    }

    [Fact]
    public async Task Hands_move_the_view()
    {
        Assert.SkipUnless(Chrome.Path is not null, NoBrowser);
        (string Moves, int From, int To)[] all =
        [
            ("look(300, 600)", 300, 600),
            ("look(300, 600); key('-')", 200, 700),
            ("look(300, 600); chart.getDom().dispatchEvent(new MouseEvent('dblclick'))", 0, 1200),
            ("key('n'); key('0')", 0, 1200),
            ("look(100, 300); key('ArrowRight')", 140, 340),
            ("look(1100, 1104)", 1092, 1112),
            ("document.querySelector('#missed tbody tr').click()", 840, 970),
        ];
        const string Hands = """
            const key = name => dispatchEvent(new KeyboardEvent("keydown", { key: name }));
            const views = [];
            """;
        string script = string.Concat(all.Select(each => $"whole(); {each.Moves}; views.push(document.body.dataset.view);\n"));
        string page = Path.Combine(Path.GetDirectoryName(report.Page)!, "moved.html");
        string whole = await File.ReadAllTextAsync(report.Page);
        int end = whole.LastIndexOf("</body>", StringComparison.Ordinal);  // the library has the word, too
        await File.WriteAllTextAsync(page, whole.Insert(end,
            $"<script>{{ {Hands}\n{script} document.body.dataset.views = views.join(' '); }}</script>"));
        (_, Func<string, string?> state) = await Open(page, "");
        Assert.Null(state("error"));
        string[] views = state("views")!.Split(' ');
        Assert.Equal(all.Length, views.Length);
        for (int i = 0; i < all.Length; i++)
        {
            int[] view = [.. views[i].Split('-').Select(row => int.Parse(row, CultureInfo.InvariantCulture))];
            Assert.True(Math.Abs(view[0] - all[i].From) < 15 && Math.Abs(view[1] - all[i].To) < 15, $"{all[i].Moves}: {views[i]}");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("#rows=590-640")]
    public async Task What_is_seen_is_not_blank(string fragment)
    {
        Assert.SkipUnless(Chrome.Path is not null, NoBrowser);
        await Chrome.Run(report.Page, fragment, $"--screenshot={report.Picture}");
        using SKBitmap picture = SKBitmap.Decode(report.Picture);
        Assert.Equal(1400, picture.Width);
        // Lines run from left to right: no wide stretch of the plots is without.
        var kinds = new HashSet<uint>();
        int blank = 0, longest = 0;
        for (int x = 110; x < 1360; x++)
        {
            var column = new HashSet<uint>();
            for (int y = 300; y < 700; y++) column.Add((uint)picture.GetPixel(x, y));
            kinds.UnionWith(column);
            blank = column.Count < 5 ? blank + 1 : 0;
            longest = Math.Max(longest, blank);
        }
        Assert.True(kinds.Count > 50, $"{kinds.Count} colours");
        Assert.True(longest < 200, $"{longest} columns in a row without a line");
    }

    [Fact]
    public async Task The_band_is_there_and_narrow_where_a_feed_can_be_foretold()
    {
        Assert.SkipUnless(Chrome.Path is not null, NoBrowser);
        await Chrome.Run(report.Page, "#rows=590-640", $"--screenshot={report.Picture}");
        using SKBitmap picture = SKBitmap.Decode(report.Picture);
        int band = 0, all = 0;
        for (int x = 110; x < 1360; x++)
            for (int y = 300; y < 560; y++)
            {
                SKColor seen = picture.GetPixel(x, y);
                all++;
                // --band over white, in light colours.
                if (Math.Abs(seen.Red - 220) < 4 && Math.Abs(seen.Green - 231) < 4 && Math.Abs(seen.Blue - 250) < 4) band++;
            }
        Assert.InRange((double)band / all, 1e-4, .25);
    }

    [Fact]
    public async Task A_feed_of_which_no_row_could_be_taken_is_a_page_too()
    {
        Assert.SkipUnless(Chrome.Path is not null, NoBrowser);
        string folder = Path.Combine(Path.GetDirectoryName(report.Page)!, "empty"), file = Path.Combine(folder, "feed.csv");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(file, "timestamp,value\n2026-01-01T00:00:00Z,NaN\n");
        using (CsvFeed feed = CsvFeed.Open(file, ["value"], []))
            BacktestRun.Run(feed, null, new EsnConfig(), folder, new Dictionary<string, string>(), TimeProvider.System, _ => { },
                CancellationToken.None);
        (_, Func<string, string?> state) = await Open(Path.Combine(folder, "report.html"), "");
        Assert.Null(state("error"));
        Assert.Equal(("true", "1"), (state("ready"), state("rows")));
    }

    [Fact]
    public async Task What_was_refused_is_told_once_for_each_reason_and_a_band_of_counts_ends_at_zero()
    {
        Assert.SkipUnless(Chrome.Path is not null, NoBrowser);
        string folder = Path.Combine(Path.GetDirectoryName(report.Page)!, "counts"), file = Path.Combine(folder, "feed.csv");
        Directory.CreateDirectory(folder);
        var chance = new Random(5);
        await File.WriteAllTextAsync(file, "timestamp,calls\n" + string.Concat(Enumerable.Range(0, 900).Select(t =>
        {
            string row = string.Create(CultureInfo.InvariantCulture,
                $"{DateTime.UnixEpoch.AddMinutes(t):yyyy-MM-dd HH:mm:ss},{Math.Floor(40 * Math.Pow(chance.NextDouble(), 6))}\n");
            return t % 90 == 45 ? row + row : row;
        })));
        using (CsvFeed feed = CsvFeed.Open(file, [], []))
            BacktestRun.Run(feed, null, EsnConfig.Of("sensors"), folder, new Dictionary<string, string>(), TimeProvider.System, _ => { },
                CancellationToken.None);
        string page = Path.Combine(folder, "report.html"), whole = await File.ReadAllTextAsync(page);
        await File.WriteAllTextAsync(page, whole.Insert(whole.LastIndexOf("</body>", StringComparison.Ordinal), """
            <script>
            const corners = c => band(c, { coord: point => point }).children.flatMap(part => part.shape.points.map(point => point[1]));
            const least = Math.min(0, ...channels[0].expected.filter(Number.isFinite).map(x => x + channels[0].offset));
            document.body.dataset.below = Math.min(...corners(channels[0])) < least - 1e-3;
            document.body.dataset.free = Math.min(...corners({ ...channels[0], neverBelowZero: false })) < 0;
            </script>
            """));
        (string dom, Func<string, string?> state) = await Open(page, "");
        Assert.Null(state("error"));
        Assert.Equal(("true", "false"), (state("free"), state("below")));
        Assert.Equal(1, Count(dom, "Refused, duplicate: 10 rows between 1970-01-01 00:45:00 and 1970-01-01 14:15:00, none next to "));
        Assert.Equal(1, Count(dom, "Refused, "));
    }

    [GeneratedRegex("<body[^>]*>")]
    private static partial Regex Body();
}
