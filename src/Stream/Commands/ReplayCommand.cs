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

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static (Command, string[]) Make()
    {
        var file = new Argument<string>("FILE") { Description = "A CSV file, or one of one JSON object a line, packed by gzip or not; - reads standard input." };
        var columns = new FileOptions();
        var to = new Option<string>("--to", "-t") { Description = "The topic.", Required = true };
        var rate = new Option<double>("--rate", "-r") { Description = "Rows per second; 0: as fast as it goes.",
            DefaultValueFactory = _ => 0 };
        var key = new Option<string?>("--key", "-k") { Description = "The stream's name. Default: the file's name." };
        var now = new Option<bool>("--now") { Description = "Shift all times so that the first row is of now." };
        var servers = new Option<string?>("--bootstrap-servers", "-b") { Description = "host:port of Kafka. Default: that of the configuration." };
        var command = new Command("replay", "Sends the rows of a CSV file to a topic, as JSON that `esn run` reads.") { file, to, rate,
            key, now, servers, RunCommand.Config };
        columns.AddTo(command);
        rate.Must(perSecond => perSecond is >= 0 and <= 1e9, perSecond => string.Create(CultureInfo.InvariantCulture, $"--rate must be in [0, 1e9], was {perSecond}"));
        command.SetAction(async (parsed, stop) =>
        {
            EsnConfig config = RunCommand.Load(parsed);
            if (parsed.GetValue(servers) is { } there) config = config with { Kafka = config.Kafka with { BootstrapServers = there } };
            FeedOptions options = columns.Read(parsed) with { PipeRows = PipeRows };
            if (options.KeyColumn is not null && parsed.GetValue(key) is not null) throw new FeedException("--key names one stream, --key-column a column that names several: only one of them can be said");
            string topic = parsed.GetValue(to)!;
            using CsvFeed feed = CsvFeed.Open(parsed.GetValue(file)!, options);
            await Ready(config, topic, stop).ConfigureAwait(false);
            Terminal.Note.MarkupLineInterpolated($"{feed.Description}");
            foreach (string note in feed.Notes) Terminal.Note.MarkupLineInterpolated($"[yellow]{note}[/]");
            string stream = parsed.GetValue(key) ?? (parsed.GetValue(file) == "-" ? "replay" : feed.Stream);
            long sent = await Terminal.Progress($"{feed.Name} → {topic}", progress =>
                Send(feed, config, topic, stream, parsed.GetValue(rate), parsed.GetValue(now), progress, stop)).ConfigureAwait(false);
            Terminal.Note.MarkupLineInterpolated($"{sent} rows sent to {topic} as {(options.KeyColumn is { } several ? $"the streams that column {several} names" : $"stream {stream}")}");
            return 0;
        });
        return (command, ["esn replay feed.csv --to timesteps --rate 100", "esn replay plant.csv --to timesteps --key pump-7 --value-column flow --value-column pressure", "esn replay hosts.csv --to timesteps --key-column host --now --rate 100", "cat feed.csv | esn replay - --to timesteps --key feed"]);
    }

    // A broker or a topic that is not there is told before a file is read: librdkafka would wait for either.
    static async Task Ready(EsnConfig config, string topic, CancellationToken stop)
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
                throw new FeedException($"there is no topic {topic} at {config.Kafka.BootstrapServers}: create it first, as by kafka-topics.sh --create --topic {topic}");
            await Task.Delay(TimeSpan.FromMilliseconds(250), stop).ConfigureAwait(false);
        }
    }

    static async Task<long> Send(CsvFeed feed, EsnConfig config, string topic, string stream, double rate, bool fromNow, Action<double?> progress,
        CancellationToken stop)
    {
        TimeSpan? shift = fromNow ? null : TimeSpan.Zero;
        ProducerConfig settings = ClientSettings.Producer(config);
        settings.MessageTimeoutMs = 30_000;  // a person waits: rather an error than silence
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(settings).SetLogHandler((_, _) => { }).Build();
        byte[] key = Encoding.UTF8.GetBytes(stream);
        Error? failure = null;
        long sent = 0, start = TimeProvider.System.GetTimestamp();
        foreach (FeedRow read in feed.Rows())
        {
            if (shift is null && read.Problem is null) shift = TimeProvider.System.GetUtcNow().UtcDateTime - read.Time;
            FeedRow row = shift is { } by && by != TimeSpan.Zero && read.Time != default ? read with { Time = Shifted(read.Time, by) } : read;
            if (rate > 0)
            {
                TimeSpan ahead = TimeSpan.FromSeconds(sent / rate) - TimeProvider.System.GetElapsedTime(start);
                if (ahead > TimeSpan.FromMilliseconds(5)) await Task.Delay(ahead, stop).ConfigureAwait(false);
            }
            stop.ThrowIfCancellationRequested();
            if (failure is not null) break;
            var message = new Message<byte[], byte[]> { Key = row.Key is { Length: > 0 } own ? Encoding.UTF8.GetBytes(own) : key, Value = Json(row, config.Source.Fields, feed.Channels) };
            while (true)
            {
                try
                {
                    producer.Produce(topic, message, report => failure ??= report.Error.IsError ? report.Error : null);
                    break;
                }
                catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
                {
                    producer.Poll(TimeSpan.FromMilliseconds(50));
                }
            }
            sent++;
            if (sent % 1000 == 0 || rate is > 0 and < 1000) progress(feed.Progress);
        }
        producer.Flush(stop);
        if (failure is not null) throw new FeedException($"can't send to {topic} at {config.Kafka.BootstrapServers}: {failure.Reason}");
        return sent;
    }

    // The last moment there is, where a wrong time would come behind it.
    static DateTime Shifted(DateTime time, TimeSpan by) =>
        by < DateTime.MaxValue - time ? time + by : DateTime.MaxValue;

    /// <summary>
    /// The row as a record's value. What is not a number is sent as it is called: the detector refuses it, with the reason.
    /// </summary>
    internal static byte[] Json(FeedRow row, FrameFields fields, IReadOnlyList<string> channels)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString(fields.Timestamp, row.Problem is null || row.Time != default ? FeedTime.Write(row.Time) : row.TimeText);
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
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }
}
