using System.Globalization;
using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Backtest;

/// <summary>
/// A feed of fields from a file through the same gate and the same detector as live. It writes scores, events, regions and maps,
/// and no column for each cell.
/// </summary>
static class FieldBacktest
{
    const int BlockBytes = 16 << 20;

    /// <summary>
    /// Runs a feed and writes scores.csv, events.jsonl, regions.csv, maps/*.png and summary.json, and report.html where it is wanted.
    /// </summary>
    /// <param name="feed">Read to its end.</param>
    /// <param name="labels">What is anomalous, fresh; null: the feed has no labels.</param>
    /// <param name="config">The model and the maintenance; the stream's name is that of the file.</param>
    /// <param name="directory">Where the files go; created. Null: nothing is written.</param>
    /// <param name="settings">Told in the report; null: no report.</param>
    /// <param name="time">For the speed alone.</param>
    /// <param name="progress">Told of the part that is done.</param>
    /// <param name="cancel">Ends the run between two blocks.</param>
    /// <exception cref="FeedException">The feed or the directory can't be used, or the field is too large for the memory.</exception>
    public static BacktestSummary Run(
        FieldFeed feed, FeedLabels? labels, EsnConfig config, string? directory, IReadOnlyDictionary<string, string>? settings,
        TimeProvider time, Action<double?> progress, CancellationToken cancel)
    {
        try
        {
            if (directory is not null) Directory.CreateDirectory(Path.Combine(directory, "maps"));
            using TextWriter scores = BacktestRun.Writer(directory, "scores.csv"), events = BacktestRun.Writer(directory, "events.jsonl"),
                regions = BacktestRun.Writer(directory, "regions.csv");
            var run = new Runner(feed, labels, config, directory, scores, events, regions, film: settings is not null);
            long start = time.GetTimestamp(), done = 0;
            int block = Math.Clamp(BlockBytes / (sizeof(double) * feed.Layout.Values), 1, 256);
            foreach (FieldFrame[] frames in feed.Frames().Chunk(block))
            {
                cancel.ThrowIfCancellationRequested();
                run.Take(frames);
                progress((double)(done += frames.Length) / feed.Count);
            }
            if (labels is { Spans: > 0, Windows.Count: 0 })
                throw new FeedException($"{feed.Name}: none of its {labels.Spans} windows holds a step; is it of another time, or another "
                    + $"file?");
            BacktestSummary summary = run.Summary(time.GetElapsedTime(start)).By(config, feed.Stream);
            if (directory is null) return summary;
            BacktestRun.WriteSummary(directory, summary);
            run.WriteMaps();
            if (settings is not null) run.Report(summary, settings).WritePage(Path.Combine(directory, "report.html"));
            return summary;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException(e.Message);
        }
    }

    /// <summary>The model of a feed, once it is known that there is memory for it.</summary>
    /// <exception cref="FeedException">It is no model of fields, or too large: how large, and what size of tiles would do.</exception>
    internal static ModelSpec Model(string name, string stream, GridSpec grid, int count, EsnConfig config)
    {
        var layout = new FieldLayout(grid.Fields, grid.Rows, grid.Columns);
        ModelSpec model = new ModelChoice(config).Of(stream).ForFeedOf(count);
        if (!model.TakesFields)
            throw new FeedException($"{name} holds fields of {layout} cells, which is what preset field is for: --preset field");
        long memory = config.Source.MaxMemory?.Bytes ?? (long)(SourceConfig.DefaultShare * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        long bytes = model.ForGrid(grid).EstimatedBytes(grid.Channels);
        if (bytes <= memory) return model.ForGrid(grid);
        int rows = grid.Rows, columns = grid.Columns;
        long tile = bytes;
        while (tile > memory / 2 && rows * columns > 1)
        {
            (rows, columns) = ((rows + 1) / 2, (columns + 1) / 2);
            var part = new GridSpec { Fields = grid.Fields, Rows = rows + 4, Columns = columns + 4 };
            tile = model.ForGrid(part).EstimatedBytes(part.Channels);
        }
        throw new FeedException($"{name}: a model of {layout} cells takes {MemorySize.Say(bytes)}, {MemorySize.Say(memory)} may be taken "
            + $"(source.maxMemory): "
            + $"esn replay {Path.GetFileName(name)} --tiles {rows}x{columns} --halo 2 cuts it into streams of {MemorySize.Say(tile)} "
                + $"each, which several replicas of esn run share");
    }

    sealed class Runner
    {
        readonly FieldFeed _feed;
        readonly FeedLabels? _labels;
        readonly EsnConfig _config;
        readonly string? _directory;
        readonly TextWriter _scores, _events, _regions;
        readonly bool _filmed;
        readonly Func<string, DateTime, bool>[] _maintenance;
        readonly List<bool> _alarmed = [];
        readonly List<double> _all = [];
        readonly List<AlarmSpan> _alarms = [];
        readonly List<DateTime> _opened = [];
        readonly SortedDictionary<string, long> _refused = new(StringComparer.Ordinal);
        readonly SortedDictionary<string, string> _firstRefused = new(StringComparer.Ordinal);
        readonly SortedDictionary<string, long> _states = new(StringComparer.Ordinal);
        GridSpec _grid = new();
        StreamSlot? _slot;
        FieldFilm? _film;
        StepResult _last = new(-1, WarmingUp: true, Score: 0, Normality: 1, AlarmOpen: false, Alarm: null);
        double _error = double.NaN;
        long _ready = -1;

        public Runner(FieldFeed feed, FeedLabels? labels, EsnConfig config, string? directory, TextWriter scores, TextWriter events,
            TextWriter regions, bool film)
        {
            (_feed, _labels, _config, _directory, _scores, _events, _regions, _filmed) = (feed, labels, config, directory, scores, events,
                regions, film);
            _maintenance = [.. config.Maintenance.Select(maintenance => maintenance.Compile())];
            scores.WriteLine("time,score,normality,alarm,rms_error,state");
            regions.WriteLine("alarm,change,time,step,rank,row,column,latitude,longitude,top,left,bottom,right,cells,"
                + "peak,peak_row,peak_column,share");
        }

        public void Take(FieldFrame[] frames)
        {
            _slot ??= Open(frames[0]);
            var step = new int[frames.Length];  // of each frame, or −1
            var refused = new string?[frames.Length];
            for (int i = 0; i < frames.Length; i++)
            {
                string? reason = null;
                string detail = "";
                if (Array.Exists(frames[i].Values, double.IsInfinity))
                    (reason, detail) = (Words.Of(Rejection.NotFinite), "a value is infinite");
                else if (_slot.Take(Frame(frames[i]), null, out detail) is { } refusal) reason = Words.Of(refusal);
                (step[i], refused[i]) = (reason is null ? _slot.DueCount - 1 : -1, reason);
                if (reason is not null)
                {
                    _refused[reason] = _refused.GetValueOrDefault(reason) + 1;
                    _firstRefused.TryAdd(reason, $"step {frames[i].Index}: {detail}");
                }
            }
            bool[] muted = _maintenance.Length == 0 ? [] : [.. Enumerable.Range(0, _slot.DueCount)
                .Select(due => Array.Exists(_maintenance, maintenance => maintenance(_feed.Stream, _slot.DueAt(due))))];
            IReadOnlyList<ScoredFrame> scored = _slot.Step(muted, TimeProvider.System).Frames;
            _slot.ToldSilences();
            for (int i = 0; i < frames.Length; i++) Take(frames[i], step[i] >= 0 ? scored[step[i]] : null, refused[i]);
        }

        StreamSlot Open(FieldFrame first)
        {
            _grid = _feed.Layout.Grid(first.Values);
            if (_grid.Land.Count > 0 && !_grid.Land.Contains(false)) throw new FeedException(
                $"{_feed.Name}: no cell of its first step has a value");
            try
            {
                ModelSpec model = Model(_feed.Name, _feed.Stream, _grid, _feed.Count, _config);
                if (_filmed) _film = new FieldFilm(_grid);
                return new StreamSlot(new StreamId(_feed.Stream, 0, _feed.Stream), model, new Gate(_grid.Channels, null, _grid));
            }
            catch (ArgumentException e)
            {
                throw new FeedException($"{_feed.Name}: no model for fields of {_feed.Layout} cells: {e.Message}");
            }
        }

        // As if the file were a partition of its own: the step is the offset.
        Frame Frame(FieldFrame frame) => new(new FeedRecord(_feed.Stream, 0, frame.Index,
            (frame.Time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond, null, null), _slot!.Stream, frame.Time,
                frame.Values) { Field = _feed.Layout };

        void Take(FieldFrame frame, ScoredFrame? taken, string? refused)
        {
            string state = RowState.Of(refused, taken);
            _states[state] = _states.GetValueOrDefault(state) + 1;
            if (taken is { } scored)
            {
                _last = scored.Result;
                _error = Error(frame.Values, scored.Expected.Span);
                _film?.Add(frame.Index, frame.Time, _last, frame.Values, scored.Expected.Span);
            }
            _scores.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{FeedTime.Write(frame.Time)},{_last.Score:R},{_last.Normality:R},{(_last.AlarmOpen ? 1 : 0)},{(double.IsNaN(_error) ? ""
                    : _error.ToString("R", CultureInfo.InvariantCulture))},{state}"));
            _labels?.Take(new FeedRow(frame.Index, FeedTime.Write(frame.Time), frame.Time, [], taken is null ? "refused" : null,
                Anomalous: false));
            if (_ready < 0 && !_last.WarmingUp) _ready = frame.Index;
            if (taken is not null) Follow(frame, taken.Value);
            _all.Add(_last.Score);
            _alarmed.Add(_last.AlarmOpen);
        }

        void Follow(FieldFrame frame, ScoredFrame scored)
        {
            if (_last.Alarm is { Change: AlarmChange.Opened }) _opened.Add(frame.Time);
            AlarmSpan.Follow(_alarms, _alarmed.Count, _last);
            if (_last.Alarm is not { } told) return;
            _events.WriteLine(Encoding.UTF8.GetString(AnomalyCloudEvent.Structured(
                AnomalyCloudEvent.Of(scored.Frame, told, scored.AlarmId, [], AnomalyCloudEvent.MostBytes, _grid)).Span));
            for (int rank = 0; rank < (told.Field?.Regions.Count ?? 0); rank++) Write(told,
                RegionEventData.Of(told.Field!.Regions[rank], _grid), rank + 1);
        }

        void Write(AlarmEvent told, RegionEventData region, int rank) => _regions.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{_alarms.Count},{Words.Of(told.Change)},{FeedTime.Write(told.Time)},{told.Position},{rank},"
            + $"{region.Row:F2},{region.Column:F2},{region.Latitude:F2},{region.Longitude:F2},"
            + $"{region.Box.Top},{region.Box.Left},{region.Box.Bottom},{region.Box.Right},{region.Cells},"
            + $"{region.Peak.Heat:G5},{region.Peak.Row},{region.Peak.Column},{region.Share:F3}"));

        double Error(double[] observed, ReadOnlySpan<double> expected)
        {
            (double square, int count) = (0, 0);
            for (int i = 0; i < observed.Length; i++)
            {
                if (_grid.Land.Count > 0 && _grid.Land[i % _grid.Cells]) continue;
                square += (observed[i] - expected[i]) * (observed[i] - expected[i]);
                count++;
            }
            return Math.Sqrt(square / count);
        }

        byte[] Map(AlarmSpan alarm) => alarm.Last.Field is { } evidence ? FieldPicture.Heat(evidence, _grid) : [];

        public void WriteMaps()
        {
            for (int i = 0; i < _alarms.Count; i++)
                if (Map(_alarms[i]) is { Length: > 0 } picture)
                    File.WriteAllBytes(Path.Combine(_directory!, "maps",
                        string.Create(CultureInfo.InvariantCulture, $"alarm-{i + 1:D3}.png")), picture);
        }

        long Ready => _ready < 0 ? _alarmed.Count : _ready;

        public BacktestSummary Summary(TimeSpan elapsed) => new(
            _feed.Name, _feed.Layout.Names.Count > 0 ? _feed.Layout.Names : [$"{_feed.Layout} values"], _alarmed.Count, _slot?.Position
                ?? 0, _refused, _firstRefused,
            Ready, _alarms.Count, _alarmed.Count(alarmed => alarmed),
            _labels is null ? null : LabelTally.Of(_alarmed, _all, _alarms, _labels.Windows, Ready).Summary(),
            (_slot?.Position ?? 0) / Math.Max(elapsed.TotalSeconds, 1e-9)) { States = _states };

        public FieldReport Report(BacktestSummary summary, IReadOnlyDictionary<string, string> settings) => new(
            summary, summary.With(settings), _feed.Layout, _film!, _all,
            [.. _alarms.Select((alarm, i) => (alarm, _opened[i], Map(alarm), _grid))]);
    }
}
