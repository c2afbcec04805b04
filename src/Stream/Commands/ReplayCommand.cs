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
    public static (Command, string[]) Make()
    {
        var file = new Argument<string>("FILE") { Description = "A CSV file with a header; - reads standard input." };
        var to = new Option<string>("--to", "-t") { Description = "The topic.", Required = true };
        var rate = new Option<double>("--rate", "-r") { Description = "Rows per second; 0: as fast as it goes.",
            DefaultValueFactory = _ => 0 };
        var key = new Option<string?>("--key", "-k") { Description = "The stream's name. Default: the file's name." };
        var values = new Option<string[]>("--value-column") { Description = "A column that is a channel; may be repeated. Default: all columns of numbers but times and labels." };
        var servers = new Option<string?>("--bootstrap-servers", "-b") { Description = "host:port of Kafka. Default: that of the configuration." };
        var command = new Command("replay", "Sends the rows of a CSV file to a topic, as JSON that `esn run` reads.") { file, to, rate,
            key, values, servers, RunCommand.Config };
        command.Validators.Add(result =>
        {
            if (!(result.GetValue(rate) is >= 0 and <= 1e9)) result.AddError("--rate must be in [0, 1e9]");
        });
        command.SetAction(async (parsed, stop) =>
        {
            EsnConfig config = RunCommand.Load(parsed);
            if (parsed.GetValue(servers) is { } there) config = config with { Kafka = config.Kafka with { BootstrapServers = there } };
            using CsvFeed feed = CsvFeed.Open(parsed.GetValue(file)!, parsed.GetValue(values) ?? [], []);
            string stream = parsed.GetValue(key) ?? (parsed.GetValue(file) == "-" ? "replay" : Path.GetFileNameWithoutExtension(feed.Name));
            long sent = await Terminal.Progress($"{feed.Name} → {parsed.GetValue(to)}", progress =>
                Send(feed, config, parsed.GetValue(to)!, stream, parsed.GetValue(rate), progress, stop)).ConfigureAwait(false);
            Terminal.Note.MarkupLineInterpolated($"{sent} rows sent to {parsed.GetValue(to)} as stream {stream}");
            return 0;
        });
        return (command, ["esn replay feed.csv --to timesteps --rate 100", "esn replay plant.csv --to timesteps --key pump-7 --value-column flow --value-column pressure", "cat feed.csv | esn replay - --to timesteps --key feed"]);
    }

    static async Task<long> Send(CsvFeed feed, EsnConfig config, string topic, string stream, double rate, Action<double?> progress,
        CancellationToken stop)
    {
        ProducerConfig settings = ClientSettings.Producer(config);
        settings.MessageTimeoutMs = 30_000;  // a person waits: rather an error than silence
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(settings).SetLogHandler((_, _) => { }).Build();
        byte[] key = Encoding.UTF8.GetBytes(stream);
        Error? failure = null;
        long sent = 0, start = TimeProvider.System.GetTimestamp();
        foreach (FeedRow row in feed.Rows())
        {
            if (rate > 0)
            {
                TimeSpan ahead = TimeSpan.FromSeconds(sent / rate) - TimeProvider.System.GetElapsedTime(start);
                if (ahead > TimeSpan.FromMilliseconds(5)) await Task.Delay(ahead, stop).ConfigureAwait(false);
            }
            stop.ThrowIfCancellationRequested();
            if (failure is not null) break;
            var message = new Message<byte[], byte[]> { Key = key, Value = Json(row, config.Source.Fields, feed.Channels) };
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
