using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Esn.Streaming.Kafka;
using Esn.Streaming.Observability;
using Esn.Streaming.Pipeline;

namespace Esn.Streaming.Backtest;

/// <summary>A feed from a file through the same gate and the same detector as live.</summary>
public static class BacktestRun
{
    const int Block = 256;

    static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Runs a feed and writes scores.csv, events.jsonl and summary.json.</summary>
    /// <param name="feed">Read to its end.</param>
    /// <param name="labelled">The feed's label columns say what is anomalous.</param>
    /// <param name="spec">The model.</param>
    /// <param name="directory">Where the files go; created. Null: nothing is written.</param>
    /// <param name="time">For the speed alone.</param>
    /// <param name="progress">Told of the part that is done; null for a pipe.</param>
    /// <param name="cancel">Ends the run between two blocks.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="FeedException">The feed or the directory can't be used.</exception>
    public static BacktestSummary Run(
        CsvFeed feed, bool labelled, ModelSpec spec, string? directory, TimeProvider time, Action<double?> progress, CancellationToken cancel)
    {
        try
        {
            if (directory is not null) Directory.CreateDirectory(directory);
            using TextWriter scores = Writer(directory, "scores.csv"), events = Writer(directory, "events.jsonl");
            var run = new State(feed, spec, scores, events);
            long start = time.GetTimestamp();
            foreach (FeedRow[] rows in feed.Rows().Chunk(Block))
            {
                cancel.ThrowIfCancellationRequested();
                run.Take(rows);
                progress(feed.Progress);
            }
            BacktestSummary summary = run.Summary(labelled, time.GetElapsedTime(start));
            if (directory is not null) File.WriteAllText(Path.Combine(directory, "summary.json"), JsonSerializer.Serialize(summary, Layout) + "\n");
            return summary;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException(e.Message);
        }
    }

    static TextWriter Writer(string? directory, string file) =>
        directory is null ? TextWriter.Null : new StreamWriter(Path.Combine(directory, file), append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16);

    sealed class State
    {
        readonly CsvFeed _feed;
        readonly TextWriter _scores, _events;
        readonly Gate _gate;
        readonly Detector _detector;
        readonly int _channels;
        readonly List<bool> _alarmed = [], _anomalous = [];
        readonly SortedDictionary<string, long> _refused = new(StringComparer.Ordinal);
        StepResult _last = new(-1, WarmingUp: true, Score: 0, Normality: 1, AlarmOpen: false, Alarm: null);
        double[] _expected;
        long _ready = -1;
        int _alarms;

        public State(CsvFeed feed, ModelSpec spec, TextWriter scores, TextWriter events)
        {
            (_feed, _scores, _events, _channels) = (feed, scores, events, feed.Channels.Count);
            _gate = new Gate(_channels);
            _detector = new Detector(spec, _channels);
            _expected = [.. Enumerable.Repeat(double.NaN, _channels)];
            scores.Write($"{feed.TimeColumn},score,normality,expected,observed,alarm");
            if (_channels > 1)
                foreach (string channel in feed.Channels) scores.Write($",{Quoted($"expected_{channel}")},{Quoted($"observed_{channel}")}");
            scores.WriteLine();
        }

        public void Take(FeedRow[] rows)
        {
            var taken = new List<FeedRow>(rows.Length);
            var step = new int[rows.Length];  // of each row, or −1
            for (int i = 0; i < rows.Length; i++)
            {
                string? reason = rows[i].Problem is null
                    ? _gate.Check(rows[i].Time, rows[i].Values, out _) is { } refusal ? EsnMetrics.Label(refusal.ToString()) : null
                    : "unreadable";
                step[i] = reason is null ? taken.Count : -1;
                if (reason is null) taken.Add(rows[i]);
                else _refused[reason] = _refused.GetValueOrDefault(reason) + 1;
            }

            var results = new StepResult[taken.Count];
            var expected = new double[taken.Count * _channels];
            double[] frames = [.. taken.SelectMany(row => row.Values)];
            _detector.StepMany(taken.Select(row => row.Time).ToArray(), frames, results, expected);

            for (int i = 0; i < rows.Length; i++)
            {
                if (step[i] >= 0)
                {
                    _last = results[step[i]];
                    _expected = expected[(step[i] * _channels)..((step[i] + 1) * _channels)];
                }
                Write(rows[i], step[i] >= 0 ? _last.Alarm : null);
            }
        }

        // A row that was not taken shows the last score again, as a dashboard would.
        void Write(FeedRow row, AlarmEvent? alarm)
        {
            _scores.Write(string.Create(CultureInfo.InvariantCulture, $"{Quoted(row.TimeText)},{_last.Score:R},{_last.Normality:R},{_expected[0]:R},{row.Values[0]:R},{(_last.AlarmOpen ? 1 : 0)}"));
            for (int c = 0; c < _channels && _channels > 1; c++)
                _scores.Write(string.Create(CultureInfo.InvariantCulture, $",{_expected[c]:R},{row.Values[c]:R}"));
            _scores.WriteLine();
            _alarmed.Add(_last.AlarmOpen);
            _anomalous.Add(row.Anomalous);
            if (_ready < 0 && !_last.WarmingUp) _ready = row.Index;
            if (alarm is null) return;
            if (alarm.Change == AlarmChange.Opened) _alarms++;
            string name = Path.GetFileNameWithoutExtension(_feed.Name);
            var frame = new Frame(new FeedRecord(name, 0, row.Index, row.Time, null, null), new StreamId(name, name), row.Time, row.Values);
            _events.WriteLine(Encoding.UTF8.GetString(AnomalyCloudEvent.Structured(AnomalyCloudEvent.Of(frame, alarm, _channels > 1 ? _feed.Channels : [])).Span));
        }

        public BacktestSummary Summary(bool labelled, TimeSpan elapsed)
        {
            long ready = _ready < 0 ? _alarmed.Count : _ready;
            return new BacktestSummary(
                _feed.Name, _feed.Channels, _alarmed.Count, _detector.Position, _refused, ready, _alarms, _alarmed.Count(alarmed => alarmed),
                labelled ? LabelSummary.Of(_alarmed, _anomalous, ready) : null, _detector.Position / Math.Max(elapsed.TotalSeconds, 1e-9));
        }

        static string Quoted(string field) => field.AsSpan().IndexOfAny(",\"\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
