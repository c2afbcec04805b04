using System.Text.Json;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Wire;
using SkiaSharp;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class FieldBacktestTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("esn-test-").FullName;

    [Fact]
    public async Task It_writes_regions_maps_and_a_report_and_no_column_for_each_cell()
    {
        string file = Npy.Waves(Path.Combine(_directory, "waves.npy")), output = Path.Combine(_directory, "out");
        var set = new BacktestSet([file], [], [], null);
        BacktestTotal total = await set.Run(Waves.Config, output, new Dictionary<string, string> { ["preset"] = "field" },
            TimeProvider.System, _ => { }, CancellationToken.None);
        Assert.Equal((Waves.Frames, Waves.Frames), (total.Rows, total.Steps));
        Assert.True(total.Alarms >= 1);

        string[] scores = File.ReadAllLines(Path.Combine(output, "scores.csv"));
        Assert.Equal("time,score,normality,alarm,rms_error,state", scores[0]);
        Assert.Equal(1 + Waves.Frames, scores.Length);
        string[] region = File.ReadAllLines(Path.Combine(output, "regions.csv"))[1].Split(',');
        Assert.InRange(int.Parse(region[3]), Waves.Onset, Waves.Onset + 3);
        Assert.True(Waves.InBump(double.Parse(region[5]), double.Parse(region[6])), string.Join(',', region));
        using (SKBitmap map = SKBitmap.Decode(Path.Combine(output, "maps", "alarm-001.png")))
        {
            Assert.Equal((double)Waves.Columns / Waves.Rows, (double)map.Width / map.Height);
            Assert.Equal(new SKColor(150, 150, 150), map.GetPixel(0, 0));  // land, the first column
        }
        foreach (string line in File.ReadLines(Path.Combine(output, "events.jsonl")))
            Assert.True(JsonDocument.Parse(line).RootElement.GetProperty("data").TryGetProperty("field", out _));

        string page = File.ReadAllText(Path.Combine(output, "report.html"));
        int begin = page.IndexOf("id=\"report\">", StringComparison.Ordinal) + 12;
        JsonElement report = JsonDocument.Parse(page[begin..page.IndexOf("</script>", begin, StringComparison.Ordinal)]).RootElement;
        Assert.InRange(report.GetProperty("frames").GetArrayLength(), 60, 200);
        Assert.Contains(report.GetProperty("frames").EnumerateArray(), frame => frame.GetProperty("alarm").GetBoolean());
        Assert.Equal(total.Alarms, report.GetProperty("each").GetArrayLength());
    }

    // The alarm of 620 is open until after both windows; the bump grows in the second, which is told as an escalation.
    [Fact]
    public async Task A_window_is_caught_by_an_alarm_that_escalates_in_it_and_not_by_one_that_was_only_open()
    {
        const int Calm = 624, Grows = 628;
        const double Less = 1.96;  // a bump of .04 is told as major, one of 2 as critical
        static double[] Frame(long t) => [.. Waves.Frame(t).Select((value, i) =>
            value - (t is >= Waves.Onset and < Grows && Waves.InBump(i / Waves.Columns, i % Waves.Columns) ? Less : 0))];
        string file = Npy.Write(Path.Combine(_directory, "grows.npy"), "<f8", $"{Waves.Frames}, {Waves.Rows}, {Waves.Columns}",
            [.. Enumerable.Range(0, Waves.Frames).SelectMany(t => FieldRecord.Encode(Waves.Layout, Frame(t), DateTime.UnixEpoch,
                wide: true).Value)]);
        string windows = Path.Combine(_directory, "windows.json");
        File.WriteAllText(windows, JsonSerializer.Serialize(new Dictionary<string, string[][]>
        {
            ["grows.npy"] = [.. new[] { (Calm, Calm + 1), (Grows, Grows + 3) }
                .Select(window => new[] { window.Item1, window.Item2 }.Select(Second).ToArray())],
        }));
        BacktestTotal total = await new BacktestSet([file], [], [], WindowsFile.Load(windows)).Run(Waves.Config,
            Path.Combine(_directory, "grown"), null, TimeProvider.System, _ => { }, CancellationToken.None);
        LabelSummary labels = total.Each[0].Labels!;
        Assert.Equal((2, 1, 1), (labels.Windows, labels.Caught, labels.StillOpen));
        Assert.Equal(0, labels.MedianDelay);

        // A file without times has a step each second.
        static string Second(int step) => $"{DateTime.UnixEpoch.AddSeconds(step):yyyy-MM-dd HH:mm:ss}";
    }

    [Fact]
    public async Task A_grid_larger_than_the_memory_says_what_it_would_take_and_how_to_tile()
    {
        string file = Npy.Write(Path.Combine(_directory, "large.npy"), "<f4", "1, 600, 600", new byte[4 * 360_000]);
        EsnConfig config = EsnConfig.Of("field") with { Source = new SourceConfig { MaxMemory = MemorySize.Parse("200 MB") } };
        FeedException e = await Assert.ThrowsAsync<FeedException>(() =>
            new BacktestSet([file], [], [], null).Run(config, null, null, TimeProvider.System, _ => { }, CancellationToken.None));
        Assert.Matches(@"a model of 600×600 cells takes [0-9.]+ GB, 200\.0 MB may be taken .*"
            + "--tiles [0-9]+x[0-9]+ --halo 2 cuts it into streams of [0-9.]+ MB each", e.Message);
    }

    [Fact]
    public async Task Another_preset_than_field_is_refused_with_the_one_that_is_meant()
    {
        string file = Npy.Write(Path.Combine(_directory, "a.npy"), "<f4", "1, 2, 2", new byte[16]);
        FeedException e = await Assert.ThrowsAsync<FeedException>(() =>
            new BacktestSet([file], [], [], null).Run(new EsnConfig(), null, null, TimeProvider.System, _ => { }, CancellationToken.None));
        Assert.Contains("--preset field", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_film_is_bounded_however_long_the_feed_and_however_large_the_field()
    {
        var film = new FieldFilm(new GridSpec { Rows = 400, Columns = 2 });
        double[] frame = new double[800];
        for (int t = 0; t < 5000; t++)
        {
            StepResult result = new(t, WarmingUp: false, Score: 0, Normality: 1, AlarmOpen: t is >= 3001 and < 3100, Alarm: null);
            film.Add(t, DateTime.UnixEpoch, result, frame, frame);
        }
        Assert.InRange(film.Frames.Count, 60, 121);
        Assert.True(film.Rows <= 180);
        Assert.Equal(film.Frames.Select(kept => kept.Index).Order(), film.Frames.Select(kept => kept.Index));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
