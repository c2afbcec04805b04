using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;

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

    /// <summary>
    /// Runs a feed and writes scores.csv, events.jsonl and summary.json, and report.html and report.png where they are wanted.
    /// </summary>
    /// <param name="feed">Read to its end.</param>
    /// <param name="labels">What is anomalous, fresh; null: the feed has no labels.</param>
    /// <param name="config">The model and the maintenance; the stream's name is that of the file.</param>
    /// <param name="directory">Where the files go; created. Null: nothing is written.</param>
    /// <param name="settings">Told in the report beside preset and budget; null: no report.</param>
    /// <param name="time">For the speed alone.</param>
    /// <param name="progress">Told of the part that is done; null for a pipe.</param>
    /// <param name="cancel">Ends the run between two blocks.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="FeedException">The feed or the directory can't be used.</exception>
    public static BacktestSummary Run(
        CsvFeed feed, FeedLabels? labels, EsnConfig config, string? directory, IReadOnlyDictionary<string, string>? settings,
        TimeProvider time, Action<double?> progress, CancellationToken cancel)
    {
        try
        {
            if (directory is not null) MakeDirectory(directory);
            using TextWriter scores = Writer(directory, "scores.csv"), events = Writer(directory, "events.jsonl");
            var trace = directory is null || settings is null ? null : new Trace(feed.Channels);
            var run = new BacktestRows(feed, labels, config, scores, events, trace);
            long start = time.GetTimestamp();
            foreach (FeedRow[] rows in feed.Rows().Chunk(Block))
            {
                cancel.ThrowIfCancellationRequested();
                run.Take(rows);
                progress(feed.Progress);
            }
            run.End();
            if (labels is { Spans: > 0, Windows.Count: 0 })
                throw new FeedException($"{feed.Name}: none of its {labels.Spans} windows holds a row; is it of another time, or "
                    + "another file?");
            BacktestSummary summary = run.Summary(time.GetElapsedTime(start)).By(config, feed.Stream);
            if (directory is not null) WriteSummary(directory, summary);
            if (trace is not null)
            {
                Report report = run.Report(summary, settings!);
                report.WritePage(Path.Combine(directory!, "report.html"));
                ReportPicture.Write(report, Path.Combine(directory!, "report.png"));
            }
            return summary;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException(e.Message);
        }
    }

    static void MakeDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException($"can't write to {directory}: {e.Message}");
        }
    }

    /// <summary>Writes summary.json.</summary>
    internal static void WriteSummary<T>(string directory, T summary) =>
        File.WriteAllText(Path.Combine(directory, "summary.json"), JsonSerializer.Serialize(summary, Layout) + "\n");

    internal static TextWriter Writer(string? directory, string file) =>
        directory is null ? TextWriter.Null
            : new StreamWriter(Path.Combine(directory, file), append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            1 << 16);
}
