using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Hosting;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Demo;

/// <summary>How the demo of fields runs.</summary>
/// <param name="Kind">What is simulated.</param>
/// <param name="Frames">Length of the feed; null: endless.</param>
/// <param name="Exit">End with the feed.</param>
/// <param name="Rate">Frames per second after those it learns from; 0: as fast as it goes.</param>
/// <param name="Seed">Of the feed.</param>
public sealed record FieldDemoOptions(FieldDemoKind Kind, long? Frames, bool Exit, double Rate, int Seed);

/// <summary>What is to be seen of a frame.</summary>
/// <param name="Position">Of the frame.</param>
/// <param name="Observed">[rows×columns].</param>
/// <param name="Expected">[rows×columns]; NaN while nothing is expected.</param>
/// <param name="Score">1 = alarm.</param>
/// <param name="WarmingUp">The model still learns what normal is.</param>
/// <param name="AlarmOpen">An alarm is open.</param>
/// <param name="Heat">[rows×columns] of the last alarm; null: there was none.</param>
public sealed record FieldDemoView(
    long Position, double[] Observed, ReadOnlyMemory<double> Expected, double Score, bool WarmingUp, bool AlarmOpen, IReadOnlyList<float>? Heat);

/// <summary>
/// A simulation whose frames go as binary records through an embedded broker and the system of `esn run`; the alarms are read back
/// from their topic.
/// </summary>
public sealed class FieldDemoRun : IAsyncDisposable
{
    /// <summary>Frames that come at once, without an anomaly, to learn from.</summary>
    public const int Quiet = 3000;

    const string Topic = "frames";

    readonly FieldDemoOptions _options;
    readonly TimeProvider _time;
    readonly EmbeddedBroker _broker;
    readonly EsnConfig _config;
    readonly ILoggerFactory _log = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Error).AddSimpleConsole());
    readonly DemoAlarms _alarms;
    long _told, _first;

    /// <summary>Starts the broker.</summary>
    public FieldDemoRun(FieldDemoOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        Feed = new FieldDemoFeed(options.Kind, options.Seed, Quiet);
        Report = new FieldDemoReport(Feed);
        var sink = new SinkConfig { CreateTopics = false };
        _broker = new EmbeddedBroker(Topic, sink.Events, sink.DeadLetters, sink.Maps, new ControlConfig().Topic);
        _config = EsnConfig.Of("field") with
        {
            Kafka = new KafkaConfig
            {
                BootstrapServers = _broker.BootstrapServers,
                // The mock cluster answers a fetch at the end of its wait, not at the first record as Kafka does.
                Consumer = new Dictionary<string, string> { ["fetch.wait.max.ms"] = "10" },
            },
            Source = new SourceConfig { Topics = [Topic], BatchSize = 20 },
            Sink = sink,
            State = new StateConfig { Store = StateStore.None },  // each run begins anew
            Alarms = new AlarmsConfig { Budget = AlarmBudget.Parse(FieldDemoFeed.Budget) },
            Http = new HttpConfig { Listen = DemoRun.FreePort(9464) },
        };
        Host = new StreamingHost(_config, time, _log);
        Host.Batches.Subscribe(Take);
        _alarms = new DemoAlarms(_broker.BootstrapServers, sink.Events);
    }

    /// <summary>The system.</summary>
    public StreamingHost Host { get; }

    /// <summary>What happens.</summary>
    public FieldDemoFeed Feed { get; }

    /// <summary>What was caught.</summary>
    public FieldDemoReport Report { get; }

    /// <summary>The last frame that went the whole way; null: none has yet.</summary>
    public FieldDemoView? View { get; private set; }

    /// <summary>Frames per second, from the first one on.</summary>
    public double FramesPerSecond => View is null ? 0 : (View.Position + 1) / Math.Max(_time.GetElapsedTime(_first).TotalSeconds, 1e-3);

    /// <summary>Alarms as they are read back from the topic of events.</summary>
    public event Action<FieldDemoAlarm>? Alarmed;

    /// <summary>Runs the feed.</summary>
    /// <returns>Whether it went well.</returns>
    public async Task<bool> Run(CancellationToken stop)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<bool> host = Host.Run(all.Token);
        Task alarms = Task.Factory.StartNew(() => _alarms.ReadAll(Heard, all.Token), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);
        bool flushed;
        try
        {
            Task feed = Task.Run(() => FeedAndWait(all.Token), all.Token);
            Task first = await Task.WhenAny(feed, host, alarms).ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Ctrl-C ends an endless demo: what it found is shown.
        }
        finally
        {
            await all.CancelAsync().ConfigureAwait(false);
            flushed = await host.ConfigureAwait(false);
            await alarms.ConfigureAwait(false);
        }
        return flushed && Report.Good((View?.Position ?? -1) + 1);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().ConfigureAwait(false);
        _broker.Dispose();
        _log.Dispose();
    }

    async Task FeedAndWait(CancellationToken stop)
    {
        Feed.SpinUp();
        using (IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(ClientSettings.Producer(_config)).SetLogHandler((_, _) => { }).Build())
        {
            var frame = new double[Feed.Rows * Feed.Columns];
            var layout = new FieldLayout(1, Feed.Rows, Feed.Columns) { Names = [_options.Kind == FieldDemoKind.Ocean ? "psi" : "blob"] };
            byte[] key = Encoding.UTF8.GetBytes(Words.Of(_options.Kind));
            long pacedFrom = 0;
            for (long t = 0; t < (_options.Frames ?? long.MaxValue); t++)
            {
                stop.ThrowIfCancellationRequested();
                if (t == Quiet) pacedFrom = _time.GetTimestamp();
                // Never far ahead of what is scored: what is shown is what has just happened.
                while (t - ((View?.Position ?? -1) + 1) > 200) await Task.Delay(TimeSpan.FromMilliseconds(5), _time, stop).ConfigureAwait(false);
                if (t > Quiet && _options.Rate > 0)
                {
                    TimeSpan ahead = TimeSpan.FromSeconds((t - Quiet) / _options.Rate) - _time.GetElapsedTime(pacedFrom);
                    if (ahead > TimeSpan.FromMilliseconds(5)) await Task.Delay(ahead, _time, stop).ConfigureAwait(false);
                }
                Feed.Next(frame);
                (byte[] value, IReadOnlyList<RecordHeader> own) = FieldRecord.Encode(layout, frame, _time.GetUtcNow().UtcDateTime, wide: true);
                var headers = new Headers();
                foreach (RecordHeader header in own) headers.Add(header.Name, header.Value);
                producer.Produce(Topic, new Message<byte[], byte[]> { Key = key, Value = value, Headers = headers });
            }
            producer.Flush(stop);
        }
        // All frames are scored, and their alarms are read.
        while (View is null || View.Position + 1 < _options.Frames || _alarms.Count < Interlocked.Read(ref _told))
            await Task.Delay(TimeSpan.FromMilliseconds(50), _time, stop).ConfigureAwait(false);
        if (!_options.Exit) await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop).ConfigureAwait(false);
    }

    void Take(ScoredBatch batch)
    {
        if (batch.Frames.Count == 0) return;
        if (_first == 0) _first = _time.GetTimestamp();
        IReadOnlyList<float>? heat = View?.Heat;
        foreach (ScoredFrame frame in batch.Frames)
        {
            if (frame.Result.Alarm is null) continue;
            Interlocked.Increment(ref _told);
            heat = frame.Result.Alarm.Field?.Heat ?? heat;
        }
        ScoredFrame last = batch.Frames[^1];
        View = new FieldDemoView(last.Result.Position, last.Frame.Values, last.Expected, last.Result.Score, last.Result.WarmingUp, last.Result.AlarmOpen, heat);
    }

    void Heard(JsonElement data)
    {
        if (data.GetProperty("change").GetString() != "opened") return;
        JsonElement field = data.GetProperty("field");
        FieldDemoAlarm alarm = Report.Opened(data.GetProperty("position").GetInt64(), data.GetProperty("score").GetDouble(),
            field.GetProperty("row").GetDouble(), field.GetProperty("column").GetDouble());
        Alarmed?.Invoke(alarm);
    }
}
