using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;

namespace Esn.Streaming.Backtest;

/// <summary>The feeds of one backtest, and where the results of each go.</summary>
/// <param name="Files">Paths; "-" is standard input.</param>
/// <param name="Values">Columns that are channels; empty: recognised.</param>
/// <param name="LabelColumns">Columns that are not 0 where a feed is anomalous.</param>
/// <param name="Windows">Labelled spans; null: none.</param>
public sealed record BacktestSet(IReadOnlyList<string> Files, IReadOnlyList<string> Values, IReadOnlyList<string> LabelColumns,
    WindowsFile? Windows)
{
    const int MostNamed = 10;  // files that can't be read

    /// <summary>What else is said about the files: how times and numbers are written, and the like.</summary>
    public FeedOptions Options { get; init; } = new();

    /// <summary>Quantities of files of fields; empty: the only one of each.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>A feed, open.</summary>
    public CsvFeed Open(string file) => FieldFeed.Is(file)
        ? throw new FeedException($"{file} holds fields: esn backtest and esn replay read them")
        : CsvFeed.Open(file, Options with { Values = Values, Labels = LabelColumns });

    /// <summary>A feed of fields, open.</summary>
    public FieldFeed OpenField(string file) =>
        Values.Count == 0 && LabelColumns.Count == 0 ? FieldFeed.Open(file, Variables)
            : throw new FeedException($"{file} holds fields, which have no columns: --var names a quantity of them, --windows what is "
                + "anomalous");

    /// <summary>Its labels, fresh; null where nothing is labelled.</summary>
    public FeedLabels? Labels(string file) => LabelColumns.Count == 0 && Windows is null ? null : new FeedLabels(Windows?.Of(file));

    /// <summary>Runs all, as many at once as there are processors: what is held in memory grows with these, not with the files.</summary>
    /// <param name="config">The model of every feed, and the maintenance.</param>
    /// <param name="directory">A single feed's results go here, those of several to a folder each; null: nothing is written.</param>
    /// <param name="settings">Told in reports; null: none are written.</param>
    /// <param name="time">For the speed alone.</param>
    /// <param name="progress">Told of the part of all that is done; null with a pipe among them.</param>
    /// <param name="cancel">Ends the run.</param>
    /// <returns>What was found, in the order of the files, and which of several could not be read.</returns>
    /// <exception cref="FeedException">The only feed or the directory can't be used, or none of several feeds can.</exception>
    public async Task<BacktestTotal> Run(
        EsnConfig config, string? directory, IReadOnlyDictionary<string, string>? settings, TimeProvider time, Action<double?> progress,
            CancellationToken cancel)
    {
        var keyless = new List<KeylessRows>();
        (string File, string? Key, string Name)[] feeds = [.. Each(keyless)];
        var parts = new Parts([.. feeds.Select(feed => feed.File)], progress);
        long start = time.GetTimestamp();
        var summaries = new BacktestSummary?[feeds.Length];
        var failures = new BacktestFailure?[feeds.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel };
        await Parallel.ForEachAsync(Enumerable.Range(0, feeds.Length), options, (i, stop) =>
        {
            (string file, string? key, string name) = feeds[i];
            try
            {
                FeedLabels? labels = Labels(file);
                string? own = directory is null || feeds.Length == 1 ? directory : Path.Combine(directory, name);
                if (FieldFeed.Is(file))
                {
                    using FieldFeed fields = OpenField(file);
                    summaries[i] = FieldBacktest.Run(fields, labels, config, own, settings, time, done => parts.Report(i, done), stop);
                    return ValueTask.CompletedTask;
                }
                using CsvFeed feed = CsvFeed.Open(file, Options with { Values = Values, Labels = LabelColumns, Key = key });
                summaries[i] = BacktestRun.Run(feed, labels, config, own, settings, time, done => parts.Report(i, done), stop);
            }
            // One of many that can't be read is told beside what the others gave.
            catch (FeedException e) when (feeds.Length > 1)
            {
                failures[i] = new BacktestFailure(file, e.Message);
            }
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        BacktestFailure[] failed = [.. failures.OfType<BacktestFailure>()];
        if (failed.Length == feeds.Length)
            throw new FeedException(string.Join('\n', (string[])[$"none of {failed.Length} files can be read:",
                .. failed.Take(MostNamed).Select(failure => failure.Says),
                .. failed.Length > MostNamed ? (string[])[$"… and {failed.Length - MostNamed} more"] : []]));
        BacktestTotal total =
            BacktestTotal.Of([.. summaries.OfType<BacktestSummary>()], time.GetElapsedTime(start), keyless) with { Failed = failed };
        if (directory is not null && (feeds.Length > 1 || keyless.Count > 0)) BacktestRun.WriteSummary(directory, total);
        return total;
    }

    // Each file, or each series of each; rows of no series are put where they are counted.
    IEnumerable<(string File, string? Key, string Name)> Each(List<KeylessRows> keyless)
    {
        IReadOnlyList<string> names = Names(Files);
        if (Options.KeyColumn is null) return Files.Zip(names, (file, name) => (file, (string?)null, name));
        if (Files.Contains("-"))
            throw new FeedException("a file with several series is read once for each: standard input will not do with --key-column");
        FeedOptions options = Options with { Values = Values, Labels = LabelColumns };
        return Files.Zip(names).SelectMany(entry =>
        {
            IReadOnlyList<string> keys = CsvFeed.Keys(entry.First, options, out KeylessRows without);
            if (without.Rows > 0) keyless.Add(without);
            if (keys.Count == 0) throw new FeedException($"{entry.First}: column {Options.KeyColumn} is empty in every row");
            string[] folders = [.. keys.Select(Folder)];
            if (!Unique(folders)) folders = [.. folders.Select((folder, i) => FormattableString.Invariant($"{i + 1}-{folder}"))];
            return keys.Select((key, i) =>
                (entry.First, (string?)key, Files.Count == 1 ? folders[i] : Path.Combine(entry.Second, folders[i])));
        });
    }

    // A name that no system takes for a path.
    static string Folder(string key)
    {
        string name = string.Concat(key.Select(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_'));
        return name.Trim('.').Length == 0 ? "_" : name[..Math.Min(name.Length, 100)];
    }

    /// <summary>
    /// A name for each file, unlike those of the others: without folders if that will do, else the path from the folder they
    /// share.
    /// </summary>
    /// <exception cref="FeedException">A file is named twice.</exception>
    public static IReadOnlyList<string> Names(IReadOnlyList<string> files)
    {
        string[] paths = [.. files.Select(file => file == "-" ? "-" : Path.GetFullPath(file))];
        if (paths.GroupBy(path => path).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new FeedException($"{twice.Key} is named twice");
        string[] stems = [.. paths.Select(path => path == "-" ? "stdin" : Path.GetFileNameWithoutExtension(path))];
        if (Unique(stems)) return stems;
        string[][] folders = [.. paths.Where(path => path != "-")
            .Select(path => Path.GetDirectoryName(path)!.Split(Path.DirectorySeparatorChar))];
        int shared = 0;
        while (folders.All(folder => shared < folder.Length && folder[shared] == folders[0][shared])) shared++;
        string Rest(string path) => string.Join(Path.DirectorySeparatorChar, path.Split(Path.DirectorySeparatorChar).Skip(shared));
        string[] relative = [.. paths.Select(path => path == "-" ? "stdin" : Path.ChangeExtension(Rest(path), null))];
        return Unique(relative) ? relative : [.. paths.Select(path => path == "-" ? "stdin" : Rest(path))];
    }

    // Case does not tell folders apart everywhere.
    static bool Unique(string[] names) => names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Length;

    /// <summary>Progress of all from that of each, by their bytes.</summary>
    sealed class Parts(IReadOnlyList<string> files, Action<double?> progress)
    {
        readonly double[] _bytes = [.. files.Select(file => file != "-" && File.Exists(file) ? new FileInfo(file).Length : 0.0)];
        readonly double[] _done = new double[files.Count];  // bytes

        public void Report(int file, double? done)
        {
            double all;
            lock (_done)
            {
                _done[file] = (done ?? 0) * _bytes[file];
                all = _done.Sum();
            }
            progress(files.Contains("-") ? null : all / Math.Max(1, _bytes.Sum()));
        }
    }
}
