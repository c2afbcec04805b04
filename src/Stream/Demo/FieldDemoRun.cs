using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

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
    long Position, double[] Observed, ReadOnlyMemory<double> Expected, double Score, bool WarmingUp, bool AlarmOpen,
        IReadOnlyList<float>? Heat);

/// <summary>A simulation whose frames go as binary records through the system of `esn run`.</summary>
public sealed class FieldDemoRun : DemoSystem
{
    /// <summary>Frames that come at once, without an anomaly, to learn from.</summary>
    public const int Quiet = 3000;

    const int MostAhead = 200;  // frames that are sent and not scored yet

    readonly FieldDemoOptions _options;
    long _told, _first;

    /// <summary>Starts the broker.</summary>
    public FieldDemoRun(FieldDemoOptions options, TimeProvider time)
        : base(Basis(options.Kind), "frames", FieldDemoFeed.BudgetOf(options.Kind), time)
    {
        _options = options;
        Feed = new FieldDemoFeed(options.Kind, options.Seed, Quiet);
        Report = new FieldDemoReport(Feed);
        Host.Batches.Subscribe(Take);
    }

    static EsnConfig Basis(FieldDemoKind kind)
    {
        EsnConfig field = EsnConfig.Of("field") with { Source = new SourceConfig { BatchSize = 20 } };
        return kind == FieldDemoKind.Chaotic ? field with { Detector = FieldDemoModel.OfChaos } : field;
    }

    /// <summary>What happens.</summary>
    public FieldDemoFeed Feed { get; }

    /// <summary>What was caught.</summary>
    public FieldDemoReport Report { get; }

    /// <summary>The last frame that went the whole way; null: none has yet.</summary>
    public FieldDemoView? View { get; private set; }

    /// <summary>Frames per second, from the first one on.</summary>
    public double FramesPerSecond => View is null ? 0 : (View.Position + 1) / Math.Max(Time.GetElapsedTime(_first).TotalSeconds, 1e-3);

    /// <summary>Alarms as they are read back from the topic of events.</summary>
    public event Action<FieldDemoAlarm>? Alarmed;

    long Scored => (View?.Position ?? -1) + 1;

    private protected override async Task Send(CancellationToken stop)
    {
        Feed.SpinUp();
        using (IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(ClientSettings.Producer(Config))
            .SetLogHandler((_, _) => { }).Build())
        {
            var clock = new DemoClock(Time, Quiet, _options.Rate);
            long pacedFrom = 0;
            for (long t = 0; t < (_options.Frames ?? long.MaxValue); t++)
            {
                stop.ThrowIfCancellationRequested();
                if (t == Quiet) pacedFrom = Time.GetTimestamp();
                // Never far ahead of what is scored: what is shown is what has just happened.
                while (t - Scored > MostAhead) await Task.Delay(TimeSpan.FromMilliseconds(5), Time, stop).ConfigureAwait(false);
                if (t > Quiet && _options.Rate > 0)
                {
                    TimeSpan ahead = TimeSpan.FromSeconds((t - Quiet) / _options.Rate) - Time.GetElapsedTime(pacedFrom);
                    if (ahead > TimeSpan.FromMilliseconds(5)) await Task.Delay(ahead, Time, stop).ConfigureAwait(false);
                }
                producer.Produce(Topic, Next(clock.At(t)));
            }
            producer.Flush(stop);
        }
        // All frames are scored, and their alarms are read.
        while (View is null || Scored < _options.Frames || Alarms.Count < Interlocked.Read(ref _told))
            await Task.Delay(TimeSpan.FromMilliseconds(50), Time, stop).ConfigureAwait(false);
        if (!_options.Exit) await Task.Delay(Timeout.InfiniteTimeSpan, Time, stop).ConfigureAwait(false);
    }

    Message<byte[], byte[]> Next(DateTime at)
    {
        var frame = new double[Feed.Rows * Feed.Columns];
        Feed.Next(frame);
        var layout = new FieldLayout(1, Feed.Rows, Feed.Columns) { Names = [_options.Kind == FieldDemoKind.Ocean ? "psi" : "blob"] };
        (byte[] value, IReadOnlyList<RecordHeader> own) = FieldRecord.Encode(layout, frame, at, wide: true);
        var headers = new Headers();
        foreach (RecordHeader header in own) headers.Add(header.Name, header.Value);
        return new Message<byte[], byte[]> { Key = Encoding.UTF8.GetBytes(Words.Of(_options.Kind)), Value = value, Headers = headers };
    }

    private protected override void ReadAlarms(CancellationToken stop) => Alarms.ReadAll(Heard, stop);

    private protected override bool IsGood() => Report.Good(Scored);

    void Take(ScoredBatch batch)
    {
        if (batch.Frames.Count == 0) return;
        if (_first == 0) _first = Time.GetTimestamp();
        IReadOnlyList<float>? heat = View?.Heat;
        foreach (ScoredFrame frame in batch.Frames)
        {
            if (frame.Result.Alarm is null) continue;
            Interlocked.Increment(ref _told);
            heat = frame.Result.Alarm.Field?.Heat ?? heat;
        }
        ScoredFrame last = batch.Frames[^1];
        View = new FieldDemoView(last.Result.Position, last.Frame.Values, last.Expected, last.Result.Score, last.Result.WarmingUp,
            last.Result.AlarmOpen, heat);
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
