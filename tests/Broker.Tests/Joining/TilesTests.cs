using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Wire;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>A field cut into tiles that two workers share, and whose alarms are joined.</summary>
public sealed class TilesTests(RealKafkaFixture broker) : IClassFixture<RealKafkaFixture>, IDisposable
{
    const int Rows = 12, Columns = 16, Frames = 660, Onset = 620, Tiles = 6,
        Partitions = 3;  // tiles are in each of them, so that two workers have tiles whichever way they share them

    readonly string _directory = Directory.CreateTempSubdirectory("esn-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // Waves that cross, and from some frame on a bump on the corner where four tiles of 4×8 cells meet.
    string Field()
    {
        var random = new Xoshiro256StarStar(1, threadSafe: false);
        using var data = new MemoryStream();
        for (int t = 0; t < Frames; t++)
        {
            double[] frame = [.. Enumerable.Range(0, Rows * Columns).Select(i => (Row: i / Columns, Column: i % Columns)).Select(cell =>
                Math.Sin(.37 * t + .4 * cell.Row) + Math.Sin(.23 * t - .3 * cell.Column + .1 * cell.Row) + .02 * (random.NextDouble() - .5)
                + (t is >= Onset and < Onset + 12 && cell.Row is >= 2 and < 6 && cell.Column is >= 6 and < 10 ? 2 : 0))];
            data.Write(FieldRecord.Encode(new FieldLayout(1, Rows, Columns), frame, DateTime.UnixEpoch, wide: true).Value);
        }
        string header = $"{{'descr': '<f8', 'fortran_order': False, 'shape': ({Frames}, {Rows}, {Columns}), }}\n",
            file = Path.Combine(_directory, "waves.npy");
        File.WriteAllBytes(file, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header),
            .. data.ToArray()]);
        return file;
    }

    string Config(string servers, string topic)
    {
        string file = Path.Combine(_directory, "esn.yaml");
        File.WriteAllText(file, $$"""
            kafka: { bootstrapServers: "{{servers}}" }
            source: { topics: [{{topic}}], group: {{topic}}, from: earliest }
            sink: { events: {{topic}}-events, deadLetters: {{topic}}-dead, maps: {{topic}}-maps, joined: {{topic}}-joined }
            control: { topic: {{topic}}-commands }
            state: { store: none }
            http: { listen: "127.0.0.1:0" }
            preset: field
            detector:
              scalingSteps: 60
              calibrateFrom: 250
              warmUp: 400
              calibrator: { budget: { alarmsPerStep: 0.002, reach: 1000 } }
              blockRows: 4
              blockColumns: 4
              tiles: { rows: 6, columns: 10, halo: 0, advection: false }
            """);
        return file;
    }

    [Fact]
    public async Task Alarms_of_tiles_of_two_workers_are_one_alarm_of_the_field()
    {
        Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
        string servers = broker.BootstrapServers!, topic = await broker.Topic("tiles", Partitions), config = Config(servers, topic);
        using var one = new EsnProcess("run", "--config", config);
        using var other = new EsnProcess("run", "--config", config);
        // Without a state, a tile that changes hands begins its warm-up anew: it comes to an alarm in the hands that it is to stay in.
        await Topics.Shared(servers, topic, members: 2, Partitions, () => one.Said + other.Said);
        using (var replay = new EsnProcess("replay", Field(), "--to", topic, "--config", config, "--tiles", "4x8", "--halo", "1", "--key",
            "waves"))
            Assert.True(await replay.Exit(EndToEnd.Patience) == 0, replay.Said);
        DateTime end = DateTime.UtcNow.AddMinutes(5);
        while (await EndToEnd.Metric(one, "esn_steps_total") + await EndToEnd.Metric(other, "esn_steps_total") < Tiles * Frames)
        {
            Assert.True(DateTime.UtcNow < end, one.Said + other.Said);
            await Task.Delay(500, TestContext.Current.CancellationToken);
        }
        foreach (EsnProcess worker in new[] { one, other }) Assert.InRange(await EndToEnd.Metric(worker, "esn_streams"), 1, Tiles - 1);
        await EndToEnd.Stop(one);
        await EndToEnd.Stop(other);
        List<ConsumeResult<byte[], byte[]>> events = await Topics.ReadAll(servers, $"{topic}-events");
        string[] alarmed = [.. events.Where(told => Change(told) == "opened" && At(told) >= Onset)
            .Select(told => told.Data().GetProperty("stream").GetString()!).Distinct().Order()];
        Assert.True(alarmed.Length >= 2, $"tiles that alarm: {string.Join(", ", alarmed)}");
        Assert.Single(events.Select(told => told.Partition.Value).Distinct());
        Assert.All(events, told => Assert.Equal("waves", Encoding.UTF8.GetString(told.Message.Key)));

        using var join = new EsnProcess("join", "--config", config);
        List<ConsumeResult<byte[], byte[]>> joined = [];
        end = DateTime.UtcNow + EndToEnd.Patience;
        while (DateTime.UtcNow < end && !joined.Any(told => At(told) >= Onset && Parts(told).SequenceEqual(alarmed)))
        {
            await Task.Delay(1000, TestContext.Current.CancellationToken);
            if (join.Said.Contains("joins alarms", StringComparison.Ordinal)) joined = await Topics.ReadAll(servers, $"{topic}-joined");
        }
        join.Terminate();
        Assert.Equal(0, await join.Exit(EndToEnd.Patience));
        Assert.True(joined.Any(told => Parts(told).SequenceEqual(alarmed)),
            $"{join.Said}\n{string.Join('\n', joined.Select(told => told.Data()))}");
        // Whatever tiles told of it, it is one alarm, whose map has its middle on the corner.
        Assert.Single(joined.Where(told => At(told) is >= Onset and < Onset + 12 && told.Data().TryGetProperty("into", out _) == false)
            .Select(told => told.Data().GetProperty("alarm").GetString()).Distinct());
        JsonElement field = joined.Last(told => Parts(told).SequenceEqual(alarmed)).Data().GetProperty("field");
        Assert.Equal(3.5, field.GetProperty("row").GetDouble(), 1.5);
        Assert.Equal(7.5, field.GetProperty("column").GetDouble(), 1.5);
        Assert.Equal(joined.Count, joined.Select(told => told.Header("ce_id")).Distinct().Count());
    }

    static string? Change(ConsumeResult<byte[], byte[]> told) => told.Data().GetProperty("change").GetString();

    // Frame i is of second i.
    static double At(ConsumeResult<byte[], byte[]> told) =>
        (DateTime.Parse(told.Data().GetProperty("start").GetString()!, System.Globalization.CultureInfo.InvariantCulture)
            .ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;

    static string[] Parts(ConsumeResult<byte[], byte[]> told) =>
        [.. told.Data().GetProperty("field").GetProperty("tiles").EnumerateArray().Select(tile => tile.GetString()!).Order()];
}
