using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Kafka;
using Esn.Streaming.Wire;
using Spectre.Console;

namespace Esn.Streaming.Commands;

/// <summary>esn replay: a file becomes a live feed.</summary>
static class ReplayCommand
{
    const int PipeRows = 20;  // a slow pipe is not waited for long

    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static (Command, string[]) Make()
    {
        var file = new Argument<string>("FILE")
        {
            Description =
                "A file of CSV, of one JSON object a line, Parquet or Arrow, packed by gzip or zstd or not; - reads standard input. "
                + "Or fields: netCDF-4, HDF5, npy.",
        };
        var columns = new FileOptions();
        var to = new Option<string>("--to", "-t") { Description = "The topic.", Required = true };
        var rate = new Option<double>("--rate", "-r") { Description = "Rows per second; 0: as fast as it goes.",
            DefaultValueFactory = _ => 0 };
        var key = new Option<string?>("--key", "-k") { Description = "The stream's name. Default: the file's name." };
        var now = new Option<bool>("--now") { Description = "Shift all times so that the first row is of now." };
        var servers = new Option<string?>("--bootstrap-servers", "-b")
        {
            Description = "host:port of Kafka. Default: that of the configuration.",
        };
        var variables = new Option<string[]>("--var")
        {
            Description = "A quantity of a file of fields; may be repeated. Default: the only one.",
        };
        var tiles = new Option<string?>("--tiles")
        {
            Description = "Cuts fields into tiles of so many rows and columns, as 30x30: each is a stream of its own, KEY/ROW-COLUMN.",
        };
        var halo = new Option<int>("--halo")
        {
            Description = "Cells around a tile that its records have too, 0 … 100.",
            DefaultValueFactory = _ => 2,
        };
        var command = new Command("replay", "Sends a file to a topic as `esn run` reads it: the rows of a file as JSON, "
            + "the steps of fields as binary records.")
        {
            file, to, rate,
            key, now, variables, tiles, halo, servers, RunCommand.Config };
        columns.AddTo(command);
        rate.Must(perSecond => perSecond is >= 0 and <= 1e9,
            perSecond => string.Create(CultureInfo.InvariantCulture, $"--rate must be in [0, 1e9], was {perSecond}"));
        halo.Must(cells => cells is >= 0 and <= 100,
            cells => string.Create(CultureInfo.InvariantCulture, $"--halo must be in [0, 100], was {cells}"));
        command.Validators.Add(result =>
        {
            if (result.GetValue(tiles) is { } size && FieldTiles.Parse(size) is null)
                result.AddError($"--tiles must be rows x columns, such as 30x30, was '{size}'");
        });
        command.SetAction(async (parsed, stop) =>
        {
            Terminal.Widen();
            EsnConfig config = RunCommand.Load(parsed);
            if (parsed.GetValue(servers) is { } there) config = config with { Kafka = config.Kafka with { BootstrapServers = there } };
            string topic = parsed.GetValue(to)!;
            if (FieldFeed.Is(parsed.GetValue(file)!))
            {
                using FieldFeed fields = FieldFeed.Open(parsed.GetValue(file)!, parsed.GetValue(variables) ?? []);
                string name = parsed.GetValue(key) ?? fields.Stream;
                (int Rows, int Columns)? cut = parsed.GetValue(tiles) is { } size ? FieldTiles.Parse(size) : null;
                (long steps, int streams) = await Terminal.Progress($"{fields.Name} → {topic}", progress =>
                    SendFields(fields, cut, parsed.GetValue(halo), config, topic, name, parsed.GetValue(rate), progress, stop))
                        .ConfigureAwait(false);
                string sentAs = cut is null ? $"stream {name}" : $"{streams} streams {name}/ROW-COLUMN";
                Terminal.Note.MarkupLineInterpolated($"{steps} steps of {fields.Layout} sent to {topic} as {sentAs}");
                return 0;
            }
            FeedOptions options = columns.Read(parsed) with { PipeRows = PipeRows };
            if (options.KeyColumn is not null && parsed.GetValue(key) is not null)
                throw new FeedException("--key names one stream, --key-column a column that names several: only one of them can be said");
            using CsvFeed feed = CsvFeed.Open(parsed.GetValue(file)!, options);
            await Ready(config, topic, stop).ConfigureAwait(false);
            Terminal.Note.MarkupLineInterpolated($"{feed.Description}");
            foreach (string note in feed.Notes) Terminal.Note.MarkupLineInterpolated($"[yellow]{note}[/]");
            int told = feed.Notes.Count;
            if (NamesLost(config.Source.Fields, feed.Channels) is { } lost) Terminal.Note.MarkupLineInterpolated($"[yellow]{lost}[/]");
            string stream = parsed.GetValue(key) ?? (parsed.GetValue(file) == "-" ? "replay" : feed.Stream);
            (long sent, long refused, string? why) = await Terminal.Progress($"{feed.Name} → {topic}", progress =>
                Send(feed, config, topic, stream, parsed.GetValue(rate), parsed.GetValue(now), progress, stop)).ConfigureAwait(false);
            string target = options.KeyColumn is { } several ? $"the streams that column {several} names" : $"stream {stream}";
            Terminal.Note.MarkupLineInterpolated($"{sent} rows sent to {topic} as {target}");
            foreach (string note in feed.Notes.Skip(told)) Terminal.Note.MarkupLineInterpolated($"[yellow]{note}[/]");
            if (refused == 0) return 0;
            string others = refused == 1 ? "1 row can't be read and was not sent" : string.Create(CultureInfo.InvariantCulture,
                $"{refused} rows can't be read and were not sent, the first");
            Terminal.Note.MarkupLineInterpolated($"[yellow]{others}: {why}[/]");
            return refused > sent ? 1 : 0;
        });
        return (command,
        [
            "esn replay feed.csv --to timesteps --rate 100",
            "esn replay plant.csv --to timesteps --key pump-7 --value-column flow --value-column pressure",
            "esn replay hosts.csv --to timesteps --key-column host --now --rate 100",
            "cat feed.csv | esn replay - --to timesteps --key feed",
            "esn replay sst.nc --var sst --to timesteps",
            "esn replay ocean.nc --var u --var v --to timesteps --tiles 30x30 --halo 2",
        ]);
    }

    // A broker or a topic that is not there is told before a file is read: librdkafka would wait for either.
    internal static async Task Ready(EsnConfig config, string topic, CancellationToken stop)
    {
        string? heard = null;
        using IProducer<Null, Null> client = new ProducerBuilder<Null, Null>(ClientSettings.Producer(config)).SetLogHandler((_, _) => { })
            .SetErrorHandler((_, error) => heard = error.Code == ErrorCode.Local_AllBrokersDown ? heard : error.Reason).Build();
        using IAdminClient admin = new DependentAdminClientBuilder(client.Handle).Build();
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                // Asking for a topic makes it, where the broker is set to.
                Metadata metadata = await Task.Run(() => admin.GetMetadata(topic, Patience), stop).WaitAsync(stop).ConfigureAwait(false);
                if (metadata.Topics.Exists(known => known.Topic == topic && !known.Error.IsError && known.Partitions.Count > 0)) return;
            }
            catch (KafkaException e)
            {
                throw new FeedException($"no broker answers at {config.Kafka.BootstrapServers}: {heard ?? e.Error.Reason}");
            }
            if (TimeProvider.System.GetElapsedTime(start) > Patience)
                throw new FeedException($"there is no topic {topic} at {config.Kafka.BootstrapServers}: create it first, as by "
                    + $"kafka-topics.sh --create --topic {topic}");
            await Task.Delay(TimeSpan.FromMilliseconds(250), stop).ConfigureAwait(false);
        }
    }

    // What a backtest refuses as unreadable is not sent: what it has may be cut, and would be taken for a value.
    static async Task<(long Sent, long Refused, string? Why)> Send(
        CsvFeed feed, EsnConfig config, string topic, string stream, double rate, bool fromNow, Action<double?> progress,
        CancellationToken stop)
    {
        TimeSpan? shift = fromNow ? null : TimeSpan.Zero;
        using var sender = new TopicSender(config, topic);
        byte[] key = Encoding.UTF8.GetBytes(stream);
        (long sent, long refused, string? why) = (0, 0, null);
        foreach (FeedRow read in feed.Rows())
        {
            if (read.Problem is not null)
            {
                if (refused++ == 0) why = string.Create(CultureInfo.InvariantCulture, $"row {read.Index}: {read.Problem}");
                continue;
            }
            if (shift is null) shift = TimeProvider.System.GetUtcNow().UtcDateTime - read.Time;
            FeedRow row = shift is { } by && by != TimeSpan.Zero ? read with { Time = Shifted(read.Time, by) } : read;
            await sender.Pace(sent, rate, stop).ConfigureAwait(false);
            sender.Send(row.Key is { Length: > 0 } own ? Encoding.UTF8.GetBytes(own) : key,
                Json(row, config.Source.Fields, feed.Channels), null, stop);
            sent++;
            if (sent % 1000 == 0 || rate is > 0 and < 1000) progress(feed.Progress);
        }
        sender.Flush(stop);
        return (sent, refused, why);
    }

    static async Task<(long Steps, int Streams)> SendFields(
        FieldFeed feed, (int Rows, int Columns)? cut, int halo, EsnConfig config, string topic,
        string stream, double rate, Action<double?> progress, CancellationToken stop)
    {
        using var sender = new TopicSender(config, topic);
        FieldTiles? tiles = null;
        long sent = 0;
        foreach (FieldFrame frame in feed.Frames())
        {
            await sender.Pace(sent, rate, stop).ConfigureAwait(false);
            if (cut is { } size) tiles ??= new FieldTiles(feed.Layout, size.Rows, size.Columns, halo, frame.Values);
            if (tiles is null) Send(sender, stream, feed.Layout, frame.Values, frame.Time, feed.IsWide, null, stop);
            else
                foreach (FieldTile tile in tiles.All)
                    Send(sender, $"{stream}/{tile.Name}", tile.Layout, tile.Of(frame.Values), frame.Time, feed.IsWide, tile, stop);
            sent++;
            progress((double)sent / feed.Count);
        }
        sender.Flush(stop);
        return (sent, tiles?.All.Count ?? 1);
    }

    static void Send(TopicSender sender, string stream, FieldLayout layout, double[] values, DateTime time, bool wide, FieldTile? tile,
        CancellationToken stop)
    {
        (byte[] value, IReadOnlyList<RecordHeader> own) = FieldRecord.Encode(layout, values, time, wide);
        var headers = new Headers();
        foreach (RecordHeader header in own) headers.Add(header.Name, header.Value);
        if (tile is not null) headers.Add(FieldTilePlace.Header, Encoding.UTF8.GetBytes(tile.Place.ToString()));
        sender.Send(Encoding.UTF8.GetBytes(stream), value, headers, stop);
    }

    // The last moment there is, where a wrong time would come behind it.
    static DateTime Shifted(DateTime time, TimeSpan by) =>
        by < DateTime.MaxValue - time ? time + by : DateTime.MaxValue;

    /// <summary>What to say where the names of columns do not go with their values; null: they go, or there is one.</summary>
    internal static string? NamesLost(FrameFields fields, IReadOnlyList<string> channels) =>
        fields.Channels.Count > 0 || channels.Count < 2 ? null
            : $"the records have the values of {channels.Count} columns without their names: with source: {{ fields: {{ channels: "
                + $"[{string.Join(", ", channels.Select(name => JsonSerializer.Serialize(name)))}] }} }} in the --config of esn replay and "
                + "of esn run they go by name, and alarms tell it";

    /// <summary>The row as a record's value.</summary>
    /// <param name="row">Without a problem.</param>
    /// <param name="fields">What the records' fields are called.</param>
    /// <param name="channels">Of the file.</param>
    internal static byte[] Json(FeedRow row, FrameFields fields, IReadOnlyList<string> channels)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString(fields.Timestamp, FeedTime.Write(row.Time));
            if (fields.Channels.Count > 0)
            {
                for (int c = 0; c < row.Values.Length; c++)
                {
                    json.WritePropertyName(channels[c]);
                    Write(json, row.Values[c]);
                }
            }
            else if (row.Values.Length == 1)
            {
                json.WritePropertyName(fields.Value);
                Write(json, row.Values[0]);
            }
            else
            {
                json.WriteStartArray(fields.Values);
                foreach (double value in row.Values) Write(json, value);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    static void Write(Utf8JsonWriter json, double value)
    {
        if (double.IsNaN(value)) json.WriteNullValue();  // it is missing
        else json.WriteNumberValue(value);
    }
}
