using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Esn.Benchmarks.Kafka;
using Esn.Streaming.Feeds;
using Esn.Streaming.Wire;

namespace Esn.Benchmarks.Fields;

/// <summary>
/// Fields cut into tiles of 30×30 with a halo of 2, as `esn replay` sends them, taken from a backlog by one and by two workers.
/// </summary>
static class FieldWorkers
{
    const int Side = 30, Halo = 2, Partitions = 8;

    public static void Run(List<Figure> figures, string[] options)
    {
        string program = Path.Combine(Options.Text(options, "--esn") ?? AppContext.BaseDirectory, "esn.dll");
        using KafkaServer server = KafkaServer.Start();
        Console.WriteLine($"{"field",-10}{"tiles",6}{"workers",9}{"frames/s",10}{"ms/frame",10}{"MB in all",11}");
        foreach ((int side, int count) in ((int, int)[])[(60, 2400), (120, 600), (240, 180)])
        {
            string topic = $"tiles-{side}";
            int tiles = Send(server.BootstrapServers, topic, side, count);
            foreach (int workers in (int[])[1, 2])
            {
                (double seconds, int frames, double megabytes) = Take(server.BootstrapServers, topic, program, workers, tiles, count);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{side + "×" + side,-10}{tiles,6}{workers,9}"
                    + $"{frames / seconds,10:F1}{1e3 * seconds / frames,10:F1}{megabytes,11:F0}"));
                figures.Add(new($"tiles-{side}-workers-{workers}", frames / seconds, "frames/s"));
                figures.Add(new($"tiles-{side}-workers-{workers}-mb", megabytes, "MB"));
            }
        }
    }

    // The second half of the frames, from when all tiles of the first have been stepped: models are made and learn by then.
    static (double Seconds, int Frames, double Megabytes) Take(string servers, string topic, string program, int count, int tiles,
        int frames)
    {
        string directory = Directory.CreateTempSubdirectory("esn-bench-").FullName, config = Path.Combine(directory, "esn.yaml");
        File.WriteAllText(config, $$"""
            kafka: { bootstrapServers: "{{servers}}" }
            source: { topics: [{{topic}}], group: {{topic}}-{{count}}, maxMemory: 20GB, batchSize: 64 }
            http: { listen: "127.0.0.1:0", maxStreams: 10, history: 16 }
            preset: field
            detector: { scalingSteps: 20, calibrateFrom: 20, readout: { delay: 30 } }
            """);
        using var group = new Workers.Group(directory, [.. Enumerable.Range(0, count).Select(_ => new Worker(config, program))]);
        long Steps() => group.All.Sum(worker => worker.Steps());
        void WaitFor(long steps)
        {
            while (Steps() < steps)
            {
                foreach (Worker worker in group.All) worker.Check();
                Thread.Sleep(20);
            }
        }
        WaitFor((long)tiles * frames / 2);
        if (group.All.Any(worker => worker.Steps() == 0))
            throw new InvalidOperationException("one worker has taken half of the frames alone");
        (long start, long begun) = (Stopwatch.GetTimestamp(), Steps());
        WaitFor((long)tiles * frames);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (seconds, frames - (int)(begun / tiles), group.All.Sum(worker => worker.Takes().Megabytes));
    }

    static int Send(string servers, string topic, int side, int count)
    {
        Backlog.Make(servers, topic, Partitions);
        int cells = side * side;
        double[] frames = FieldSpeed.Noise(cells, count);
        IReadOnlyList<FieldTile> tiles = new FieldTiles(new FieldLayout(1, side, side), Side, Side, Halo, frames[..cells]).All;
        Backlog.Send(servers, from t in Enumerable.Range(0, count)
                              from i in Enumerable.Range(0, tiles.Count)
                              select (new TopicPartition(topic, i % Partitions), Record($"field/{tiles[i].Name}", tiles[i], t)));
        return tiles.Count;

        Message<byte[], byte[]> Record(string key, FieldTile tile, int t)
        {
            (byte[] value, IReadOnlyList<RecordHeader> own) = FieldRecord.Encode(tile.Layout,
                tile.Of(frames.AsSpan(t * cells, cells)), DateTime.UnixEpoch.AddSeconds(t), wide: true);
            var record = new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(key), Value = value, Headers = [] };
            foreach (RecordHeader header in own) record.Headers.Add(header.Name, header.Value);
            record.Headers.Add(FieldTilePlace.Header, Encoding.UTF8.GetBytes(tile.Place.ToString()));
            return record;
        }
    }
}
