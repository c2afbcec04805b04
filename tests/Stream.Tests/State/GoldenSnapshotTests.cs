using System.Globalization;
using System.IO.Compression;
using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>
/// Snapshots that older programs wrote are gone on from. Each stands in State/golden as NAME.snapshot.gz, beside the model that it
/// was learnt with (NAME.yaml) and the scores of the steps that the program which wrote it took next (NAME.scores).
/// </summary>
/// <remarks>
/// A new version of a format adds files, by ESN_GOLDEN_WRITE=FOLDER and a prefix of its own in <see cref="Version"/>; it takes none
/// away.
/// </remarks>
public sealed class GoldenSnapshotTests
{
    const string Version = "6";
    const int Before = 900, After = 60;

    static readonly string Folder = Path.Combine(SharedData.Root, "tests", "Stream.Tests", "State", "golden");
    static readonly PartitionId Partition = new("steps", 0);

    public static TheoryData<string> Kept =>
        [.. Directory.GetFiles(Folder, "*.snapshot.gz").Select(file => Path.GetFileName(file).Split('.')[0]).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Kept))]
    public void A_snapshot_that_an_older_program_wrote_is_gone_on_from(string name) => GoneOnFrom(Folder, name);

    [Fact]
    public void There_are_some_of_this_version_and_of_every_kind_of_model() =>
        Assert.Empty(Presets.Names.Select(preset => $"{Version}-{preset}").Except(Kept.Select(kept => kept.Data)));

    [Fact]
    public void What_is_written_now_is_gone_on_from()
    {
        using var temporary = new TemporaryDirectory();
        string folder = Environment.GetEnvironmentVariable("ESN_GOLDEN_WRITE") is { Length: > 0 } asked ? asked : temporary.Path;
        Directory.CreateDirectory(folder);
        foreach ((string preset, ModelSpec model) in Small())
        {
            string name = $"{Version}-{preset}", to = Path.Combine(folder, name);
            File.WriteAllText($"{to}.yaml", ConfigText.Of(preset, model));
            EsnConfig config = ConfigFile.Parse(File.ReadAllText($"{to}.yaml"), name, _ => null);
            StreamTable table = Table(config, null);
            _ = Take(table, name, 0, Before).Count();
            PartitionSnapshot snapshot = Assert.Single(table.Take(new SourceEnded()).Snapshots);
            using (var file = new GZipStream(File.Create($"{to}.snapshot.gz"), CompressionLevel.SmallestSize))
                SnapshotFile.Write(snapshot, file);
            // By the table that never stopped.
            File.WriteAllLines($"{to}.scores", Take(table, name, Before, After)
                .Select(score => score.ToString("R", CultureInfo.InvariantCulture)));
            GoneOnFrom(folder, name);
        }
    }

    static void GoneOnFrom(string folder, string name)
    {
        PartitionSnapshot snapshot;
        using (var file = new GZipStream(File.OpenRead(Path.Combine(folder, $"{name}.snapshot.gz")), CompressionMode.Decompress))
            snapshot = SnapshotFile.Read(file);
        EsnConfig config = ConfigFile.Parse(File.ReadAllText(Path.Combine(folder, $"{name}.yaml")), name, _ => null);
        StreamTable table = Table(config, snapshot);
        string[] expected = File.ReadAllLines(Path.Combine(folder, $"{name}.scores"));
        double[] found = [.. Take(table, name, Before, After)];
        Assert.Equal(expected.Length, found.Length);
        // Machines with other vector widths round in another order; what is made of the same state may be better than it was: since
        // format 6 a part of ln 2 / ln b of the score is for the other voice, and preset metric learns less of an incident. A model that
        // begins anew has no scores at all.
        double apart = name.StartsWith(Version, StringComparison.Ordinal) ? 1e-6 : .1;
        for (int i = 0; i < found.Length; i++)
            Assert.Equal(double.Parse(expected[i], CultureInfo.InvariantCulture), found[i], apart * (1 + Math.Abs(found[i])));
        Assert.Contains(found, score => score > .1);
    }

    static int Channels(string name) => name.EndsWith("sensors", StringComparison.Ordinal) ? 2 : 1;

    // As small as is of use: P of some 20 regressors, and windows that are full.
    static IEnumerable<(string Preset, ModelSpec Model)> Small()
    {
        var reservoir = new ReservoirSpec { Units = 12, Degree = 3 };
        var windows = new NormalitySpec { ShortWindow = 10, LongWindow = 50 };
        yield return ("signal", Pipelines.Config().Detector with { Reservoir = reservoir, Normality = windows });
        var sensors = (ErrorModelSpec)Presets.Of("sensors");
        yield return ("sensors", sensors with { Reservoir = reservoir, Normality = windows, WarmUp = 400, ScalingSteps = 50 });
        var metric = (MetricModelSpec)Presets.Of("metric");
        yield return ("metric",
            metric with { Reservoir = metric.Reservoir with { Units = 12, Degree = 3 }, Normality = windows, WarmUp = 100 });
        yield return ("field", Presets.Field() with
        {
            Tiles = new TileSpec { Rows = 4, Columns = 4, Halo = 0, Changes = 0, Coarse = new CoarseSpec { Every = 4, Changes = [2] } },
            ScalingSteps = 50, WarmUp = 400, CalibrateFrom = 200,
            SpreadMemory = 100, Normality = windows, Readout = new ReadoutSpec { Delay = 3 },
        });
    }

    static StreamTable Table(EsnConfig config, PartitionSnapshot? snapshot)
    {
        var table = new StreamTable(config with { State = new StateConfig { IntervalSeconds = 86_400 } }, TimeProvider.System);
        if (snapshot is null) return table;
        var assigned = new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, snapshot.Next)] };
        Assert.Equal(1, table.Take(assigned).Restored);
        return table;
    }

    static IEnumerable<double> Take(StreamTable table, string name, int from, int count)
    {
        for (int t = from; t < from + count; t++)
        {
            FeedRecord record = name.EndsWith("field", StringComparison.Ordinal)
                ? Waves.Record(t, wide: true) with { Topic = Partition.Topic } : Numbers(t, Channels(name));
            foreach (ScoredFrame frame in table.Take(Pipelines.Batch(record)).Frames) yield return frame.Result.Score;
        }
    }

    static FeedRecord Numbers(int t, int channels)
    {
        string values = string.Join(", ", Enumerable.Range(0, channels)
            .Select(c => Pipelines.Value(t, c).ToString("R", CultureInfo.InvariantCulture)));
        return Pipelines.Record(t, "pump", 0) with { Value = System.Text.Encoding.UTF8.GetBytes($$"""{"values": [{{values}}]}""") };
    }
}
