using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>All streams of this process, each with its gate and its detector, made at first sight.</summary>
/// <remarks>Used by one thread at a time; within a batch the streams are stepped on all cores.</remarks>
public sealed class StreamTable
{
    readonly EsnConfig _config;
    readonly EsnMetrics _metrics;
    readonly TimeProvider _time;
    readonly FrameDecoder _decoder;
    readonly Func<string, DateTime, bool>[] _maintenance;
    readonly Mutes _mutes;
    readonly Dictionary<StreamId, Feed> _feeds = [];

    /// <param name="config">Validated.</param>
    /// <param name="metrics">Told of every step.</param>
    /// <param name="time">For durations and latencies.</param>
    /// <param name="mutes">Told which streams are here; asked, once a batch, which are muted. Null: none ever is.</param>
    public StreamTable(EsnConfig config, EsnMetrics metrics, TimeProvider time, Mutes? mutes = null)
    {
        (_config, _metrics, _time, _mutes) = (config, metrics, time, mutes ?? new Mutes(time));
        _decoder = new FrameDecoder(config.Source.Fields);
        _maintenance = [.. config.Maintenance.Select(maintenance => maintenance.Compile())];
    }

    /// <summary>Decodes, gates and scores a batch.</summary>
    public ScoredBatch Step(RecordBatch batch)
    {
        foreach ((string topic, int partition) in batch.Revoked) Forget(topic, partition);

        var deadLetters = new List<DeadLetter>();
        var frames = new List<ScoredFrame>(batch.Records.Count);
        var groups = new Dictionary<StreamId, List<int>>();  // indices into frames
        foreach (FeedRecord record in batch.Records)
        {
            (Frame? frame, DeadLetter? deadLetter) = _decoder.Decode(record);
            deadLetter ??= Admit(frame!);
            if (deadLetter is not null)
            {
                deadLetters.Add(deadLetter);
                _metrics.Rejected(deadLetter.Reason);
                continue;
            }
            if (!groups.TryGetValue(frame!.Stream, out var group)) groups[frame.Stream] = group = [];
            group.Add(frames.Count);
            frames.Add(new ScoredFrame(frame, default));
        }

        // Streams share nothing, so they may go side by side; within one, order is everything.
        ScoredFrame[] scored = [.. frames];
        if (groups.Count == 1) Advance(groups.Values.Single(), scored);
        else Parallel.ForEach(groups.Values, group => Advance(group, scored));

        _metrics.Streams.Set(_feeds.Count);
        return new ScoredBatch(batch, scored, deadLetters);
    }

    // Null: the frame's stream is there, and takes it. A name becomes a stream only with a frame that fits.
    DeadLetter? Admit(Frame frame)
    {
        if (!_feeds.TryGetValue(frame.Stream, out Feed? feed))
        {
            if (_feeds.Count >= _config.Source.MaxStreams)
                return new DeadLetter(frame.Record, Rejection.TooManyStreams, $"{_feeds.Count} streams are here already: raise source.maxStreams, or add replicas and partitions");
            feed = new Feed(frame.Record.Partition, new Gate(Expected));
        }
        if (feed.Gate.Check(frame.Time, frame.Values, out string detail) is { } reason)
            return new DeadLetter(frame.Record, reason, detail);
        if (feed.Detector is null)
        {
            try
            {
                feed.Detector = new Detector(_config.Model, feed.Gate.Channels);
            }
            catch (ArgumentException e)
            {
                return new DeadLetter(frame.Record, Rejection.WrongDimension, $"no model for {feed.Gate.Channels} channels: {e.Message}");
            }
            feed.Exported = _metrics.Export(frame.Stream, feed.Gate.Channels, _config.Source.Fields.Channels);
            _feeds.Add(frame.Stream, feed);
            _mutes.Arrive(frame.Stream);
        }
        return null;
    }

    int Expected => _config.Source.Fields.Channels.Count > 0 ? _config.Source.Fields.Channels.Count : _config.Source.Channels;

    void Advance(List<int> group, ScoredFrame[] scored)
    {
        StreamId stream = scored[group[0]].Frame.Stream;
        Feed feed = _feeds[stream];
        int n = group.Count, channels = feed.Gate.Channels;
        var times = new DateTime[n];
        var frames = new double[n * channels];
        var expected = new double[n * channels];
        var results = new StepResult[n];
        bool silenced = _mutes.Covers(stream);
        var muted = new bool[silenced || _maintenance.Length > 0 ? n : 0];
        muted.AsSpan().Fill(silenced);
        for (int t = 0; t < n; t++)
        {
            Frame frame = scored[group[t]].Frame;
            times[t] = frame.Time;
            frame.Values.CopyTo(frames, t * channels);
            foreach (var maintenance in _maintenance) muted[t] |= maintenance(stream.Name, frame.Time);
        }

        long start = _time.GetTimestamp();
        ModelHealth before = feed.Detector!.Health;
        feed.Detector.StepMany(times, frames, results, expected, muted);
        _metrics.Stepped(_time.GetElapsedTime(start), n);
        _metrics.Suffered(before, feed.Detector.Health);

        DateTime now = _time.GetUtcNow().UtcDateTime;
        for (int t = 0; t < n; t++)
        {
            Frame frame = scored[group[t]].Frame;
            scored[group[t]] = new ScoredFrame(frame, results[t]);
            _metrics.Latency.Observe(Math.Max(0, (now - frame.Record.Timestamp).TotalSeconds));
            if (results[t].Alarm is not { } alarm) continue;
            _metrics.Changed(alarm.Change);
            feed.Exported?.Changed(alarm);
        }
        if (feed.Exported is not { } series) return;
        series.Set(results[^1], times[^1], frames.AsSpan((n - 1) * channels), expected.AsSpan((n - 1) * channels), muted.Length > 0 && muted[^1]);
        series.SetForecast(feed.Detector.TryForecast(expected.AsSpan(0, channels)) ? expected.AsSpan(0, channels) : []);
    }

    void Forget(string topic, int partition)
    {
        foreach ((StreamId stream, Feed feed) in _feeds.Where(pair => pair.Key.Topic == topic && pair.Value.Partition == partition).ToList())
        {
            _feeds.Remove(stream);
            _mutes.Leave(stream);
            feed.Exported?.Remove();
        }
    }

    sealed class Feed(int partition, Gate gate)
    {
        public int Partition { get; } = partition;
        public Gate Gate { get; } = gate;
        public Detector? Detector { get; set; }
        public EsnMetrics.StreamSeries? Exported { get; set; }
    }
}
