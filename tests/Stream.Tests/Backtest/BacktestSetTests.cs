using System.Globalization;
using System.Text.Json;
using Esn.Stream.Tests;
using Esn.Streaming.Backtest;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Streaming.Tests.Backtest;

public sealed class BacktestSetTests : FileTests
{
    string Feed(string name, double phase, int rows = 1000)
    {
        string file = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file,
            "timestamp,value,anomaly\n" + string.Concat(Enumerable.Range(0, rows).Select(t => string.Create(CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddSeconds(t):yyyy-MM-dd HH:mm:ss},{Pipelines.Value(t, phase):R},{(t is >= 600 and < 620 ? 1 : 0)}\n"))));
        return file;
    }

    static Task<BacktestTotal> Run(BacktestSet feeds, string? output, Action<double?>? progress = null) =>
        feeds.Run(Pipelines.Config(), output, null, TimeProvider.System, progress ?? (_ => { }), CancellationToken.None);

    [Fact]
    public async Task Several_feeds_at_once_give_the_bytes_that_each_gives_alone_and_one_summary()
    {
        string[] files = [.. Enumerable.Range(0, 5).Select(i => Feed($"feed{i}.csv", i))];
        string together = Path.Combine(Folder, "together");
        var done = new List<double?>();
        BacktestTotal total = await Run(new BacktestSet(files, [], ["anomaly"], null), together, part => { lock (done) done.Add(part); });
        foreach (string file in files)
        {
            string name = Path.GetFileNameWithoutExtension(file), alone = Path.Combine(Folder, "alone", name);
            await Run(new BacktestSet([file], [], ["anomaly"], null), alone);
            foreach (string result in (string[])["scores.csv", "events.jsonl"])
                Assert.Equal(File.ReadAllText(Path.Combine(alone, result)), File.ReadAllText(Path.Combine(together, name, result)));
        }
        Assert.Equal((5, 5000, 5, 5), (total.Files, total.Rows, total.Labels!.Windows, total.Labels.Caught));
        Assert.Equal(1, done.Max());
        JsonElement written = JsonDocument.Parse(File.ReadAllText(Path.Combine(together, "summary.json"))).RootElement;
        Assert.Equal(5, written.GetProperty("labels").GetProperty("caught").GetInt32());
        Assert.Equal(files, written.GetProperty("each").EnumerateArray().Select(each => each.GetProperty("file").GetString()!));
        Assert.Equal(total.Alarms, written.GetProperty("each").EnumerateArray().Sum(each => each.GetProperty("alarms").GetInt32()));
    }

    [Fact]
    public async Task Labels_come_from_a_windows_file_as_well_as_from_a_column()
    {
        string file = Feed("folder/feed.csv", 0), windows = Path.Combine(Folder, "windows.json");
        File.WriteAllText(windows, """{"folder/feed.csv": [["1970-01-01 00:10:00", "1970-01-01 00:10:19"]]}""");
        LabelSummary byColumn = (await Run(new BacktestSet([file], [], ["anomaly"], null), null)).Labels!;
        LabelSummary byWindows = (await Run(new BacktestSet([file], [], [], WindowsFile.Load(windows)), null)).Labels!;
        Assert.Equal(1, byWindows.Caught);
        Assert.Equal(byColumn with { Tally = byWindows.Tally }, byWindows);
    }

    [Fact]
    public async Task A_feed_that_cannot_be_read_is_told_and_does_not_stop_the_others()
    {
        string good = Feed("good.csv", 0), none = Path.Combine(Folder, "none.csv"), text = Path.Combine(Folder, "text.csv");
        File.WriteAllText(text, "time,name\n2026-01-01,x\n");
        BacktestTotal total = await Run(new BacktestSet([none, good, text], [], [], null), Path.Combine(Folder, "out"));
        Assert.Equal((1, 1000), (total.Files, total.Rows));
        Assert.Equal([none, text], total.Failed.Select(failed => failed.File));
        Assert.StartsWith("2 files could not be used; the first: there is no file ", total.Unfit, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Folder, "out", "good", "scores.csv")));
        Assert.Null((await Run(new BacktestSet([good], [], [], null), null)).Unfit);
    }

    [Fact]
    public async Task Where_no_feed_can_be_read_that_is_an_error()
    {
        string none = Path.Combine(Folder, "none.csv"), output = Path.Combine(Folder, "out");
        await Assert.ThrowsAsync<FeedException>(() => Run(new BacktestSet([none], [], [], null), output));
        FeedException both = await Assert.ThrowsAsync<FeedException>(() => Run(new BacktestSet([none, none + "2"], [], [], null), output));
        Assert.Equal($"none of 2 files can be read:\nthere is no file {none}\nthere is no file {none}2", both.Message);
        both = await Assert.ThrowsAsync<FeedException>(
            () => Run(new BacktestSet([.. Enumerable.Range(0, 13).Select(i => $"{none}{i}")], [], [], null), output));
        Assert.Equal((12, "… and 3 more"), (both.Message.Split('\n').Length, both.Message.Split('\n')[^1]));
        Assert.False(Directory.Exists(output));
    }

    [Fact]
    public async Task A_feed_most_of_which_is_refused_is_unfit_and_its_cause_is_named()
    {
        string file = Path.Combine(Folder, "refused.csv");
        File.WriteAllText(file, "time,v\n"
            + string.Concat(Enumerable.Range(0, 100).Select(t => $"2026-01-{1 + t / 24:d2} {t % 24:d2}:00,{(t < 30 ? "1" : "NaN")}\n")));
        BacktestTotal total = await Run(new BacktestSet([file], [], [], null), null);
        Assert.Equal($"70 of 100 rows of {file} were refused, 70 as blank: row 30: it has no value in any channel: a gap",
            total.Unfit);
        Assert.Equal(new RefusedRows(30, 99, "2026-01-02 06:00", "2026-01-05 03:00", "blank"),
            Assert.Single(total.Each[0].RefusedRuns));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(4, true)]
    public async Task Rows_of_no_series_are_refused_and_told(int without, bool unfit)
    {
        string file = Path.Combine(Folder, "long.csv"), output = Path.Combine(Folder, "out");
        File.WriteAllText(file, "timestamp,host,value\n" + Rows(600, i =>
            $"{DateTime.UnixEpoch.AddMinutes(i / 6):s},{(i % 6 < without ? "" : i % 6 == 5 ? "web" : "db")},{N(i % 7)}.5"));
        BacktestTotal total = await Run(new BacktestSet([file], ["value"], [], null)
            { Options = new FeedOptions { KeyColumn = "host", Sort = true } }, output);
        const string first = "row 0: column host is empty, which names the series of a row";
        Assert.Equal(new KeylessRows(file, 100 * without, first), Assert.Single(total.Keyless));
        Assert.Equal((600L, 100L * without, $"long.csv, {first}"),
            (total.Rows, total.Refused["unreadable"], total.FirstRefused("unreadable")));
        Assert.Equal(unfit, total.Unfit is not null);
        Assert.Equal(100 * without, JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "summary.json"))).RootElement
            .GetProperty("keyless")[0].GetProperty("rows").GetInt32());
    }

    [Fact]
    public async Task Rows_of_no_series_are_in_the_summary_of_a_file_of_one_series_too()
    {
        string file = Path.Combine(Folder, "one.csv"), output = Path.Combine(Folder, "out");
        File.WriteAllText(file, "timestamp,host,value\n" + Rows(600, i =>
            $"{DateTime.UnixEpoch.AddMinutes(i):s},{(i % 6 < 2 ? "" : "web")},{N(i % 7)}.5"));
        await Run(new BacktestSet([file], ["value"], [], null) { Options = new FeedOptions { KeyColumn = "host" } }, output);
        JsonElement summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "summary.json"))).RootElement;
        Assert.Equal((200, 600), (summary.GetProperty("keyless")[0].GetProperty("rows").GetInt32(),
            summary.GetProperty("rows").GetInt32()));
    }

    [Fact]
    public async Task Each_series_of_a_file_is_a_feed_of_its_own()
    {
        string apart = Feed("web-1.csv", 0), file = Path.Combine(Folder, "long.csv");
        File.WriteAllText(file,
            "timestamp,host,value\n" + string.Concat(File.ReadLines(apart).Skip(1).Select(line => line.Split(',')).Select((row, t) =>
            $"{row[0]},web-1,{row[1]}\n{row[0]},db/2,{(t * 7 % 11).ToString(CultureInfo.InvariantCulture)}.5\n")));
        string output = Path.Combine(Folder, "out");
        var set = new BacktestSet([file], [], [], null) { Options = new FeedOptions { KeyColumn = "host" } };
        BacktestTotal total = await Run(set, output);
        Assert.Equal(["web-1", "db/2"], total.Each.Select(one => one.Series!));
        Assert.Equal([1000L, 1000L], total.Each.Select(one => one.Rows));
        await Run(new BacktestSet([apart], ["value"], [], null), Path.Combine(Folder, "apart"));
        Assert.Equal(File.ReadAllText(Path.Combine(Folder, "apart", "scores.csv")),
            File.ReadAllText(Path.Combine(output, "web-1", "scores.csv")));
        Assert.True(File.Exists(Path.Combine(output, "db_2", "scores.csv")));
    }

    [Fact]
    public void Names_are_short_where_they_can_be_and_never_the_same()
    {
        Assert.Equal(["a", "b"], BacktestSet.Names(["x/a.csv", "y/b.csv"]));
        Assert.Equal([Path.Combine("x", "a"), Path.Combine("y", "a")], BacktestSet.Names(["z/x/a.csv", "z/y/a.csv"]));
        Assert.Equal(["a.csv", "a.txt"], BacktestSet.Names(["x/a.csv", "x/a.txt"]));
        Assert.Equal(["stdin", "a"], BacktestSet.Names(["-", "a.csv"]));
        Assert.Contains("named twice", Assert.Throws<FeedException>(() => BacktestSet.Names(["x/a.csv", "x/../x/a.csv"])).Message,
            StringComparison.Ordinal);
    }
}
