using System.Globalization;
using System.Text.Json.Serialization;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;

namespace Esn.Streaming.Backtest;

/// <summary>What a backtest of a feed found, and how that compares with the labels where there are any.</summary>
/// <param name="File">The feed.</param>
/// <param name="Channels">Names of the channels.</param>
/// <param name="Rows">Rows of the feed.</param>
/// <param name="Steps">Rows that were scored.</param>
/// <param name="Refused">Rows that were not, by reason.</param>
/// <param name="FirstRefused">The first of them by reason: which row, and what was wrong with it.</param>
/// <param name="WarmUpSteps">Steps before the first that could alarm, but for what is told early.</param>
/// <param name="Alarms">Alarms that opened.</param>
/// <param name="AlarmRows">Rows with an alarm open.</param>
/// <param name="Labels">Null where the feed has none.</param>
/// <param name="StepsPerSecond">Of this run, reading and writing included.</param>
public sealed record BacktestSummary(
    string File, IReadOnlyList<string> Channels, long Rows, long Steps, IReadOnlyDictionary<string, long> Refused,
        IReadOnlyDictionary<string, string> FirstRefused,
    long WarmUpSteps, int Alarms, long AlarmRows, LabelSummary? Labels, double StepsPerSecond)
{
    /// <summary>The series of the file that this is; null: the file has one.</summary>
    public string? Series { get; init; }

    /// <summary>The name by which a configuration chose the model.</summary>
    [JsonIgnore]
    public string Stream { get; init; } = "";

    /// <summary>Of the model that it ran through, which a configuration may choose by the stream's name.</summary>
    public string Preset { get; init; } = "";

    /// <summary>Of that model, as text: as it was said, or the preset's.</summary>
    public string Budget { get; init; } = "";

    /// <summary>False alarms a step that this budget stands for; null: it is by time, or of no number.</summary>
    [JsonIgnore]
    public double? AlarmsAStep { get; init; }

    /// <summary>Which column is the time, which are channels, which were left out and why.</summary>
    public string Columns { get; init; } = "";

    /// <summary>What a person should know about how the file was read.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Columns that look like labels and were not named as such.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> UnusedLabels { get; init; } = [];

    /// <summary>
    /// Rows before the first that could alarm, but for what is told early; those that were refused are among them.
    /// </summary>
    public long WarmUpRows { get; init; }

    /// <summary>Steps of warm-up that <c>detector.warmUp</c> says, where the feed is too short for them; null: it is not.</summary>
    public int? LongerWarmUp { get; init; }

    /// <summary>Values that were missing in rows that were scored, by channel; none where nothing was missing.</summary>
    public IReadOnlyDictionary<string, long> Missing { get; init; } = new Dictionary<string, long>();

    /// <summary>Rows that were not there by the interval of the others, and were bridged by the forecast.</summary>
    public int Bridged { get; init; }

    /// <summary>Gaps that were too long for that: nothing was judged for a while after each.</summary>
    public int Gaps { get; init; }

    /// <summary>Runs that began within the feed, as its clock went back, or far ahead, for good.</summary>
    public int NewRuns { get; init; }

    /// <summary>Times that the feed, or a channel of it, was silent for far longer than usual.</summary>
    public int Silences { get; init; }

    /// <summary>What became of the model itself: it found a channel to grow without bound, or began anew as the feed had left it.</summary>
    public IReadOnlyList<ModelRow> Models { get; init; } = [];

    /// <summary>Rows in which a model warmed up: nothing could alarm, but for what is told early.</summary>
    public IReadOnlyList<RowSpan> WarmUps { get; init; } = [];

    /// <summary>
    /// Rows by what their score stands for, as <see cref="RowState"/> has it, or why they were refused. What is not judged is blind: no
    /// anomaly in it is told.
    /// </summary>
    public IReadOnlyDictionary<string, long> States { get; init; } = new Dictionary<string, long>();

    /// <summary>Rows in a run that were refused, the longest first, at most 1,000 runs.</summary>
    public IReadOnlyList<RefusedRows> RefusedRuns { get; init; } = [];

    /// <summary>Seconds between two rows, as is usual in the file; null: it has no times.</summary>
    public double? IntervalSeconds { get; init; }

    /// <summary>The alarms with the highest scores, in the order of the feed, at most <see cref="MostTold"/>.</summary>
    [JsonIgnore]
    public IReadOnlyList<ToldAlarm> Strongest { get; init; } = [];

    /// <summary>Whether a value says little of the next in most channels: noise around levels, no signal at its own scale.</summary>
    [JsonIgnore]
    public bool IsRough { get; init; }

    /// <summary>Whether most channels follow the hour of the day.</summary>
    [JsonIgnore]
    public bool IsDaily { get; init; }

    /// <summary>Why rows may have come late that are in order, and what to say then; null: nothing is known.</summary>
    [JsonIgnore]
    public string? WhyLate { get; init; }

    /// <summary>Why the rows are no feed as they were taken; null: they are one as far as can be seen.</summary>
    [JsonIgnore]
    public string? Mixed { get; init; }

    /// <summary>The same, of a run through the model that a configuration has for the stream.</summary>
    internal BacktestSummary By(EsnConfig config, string stream)
    {
        ModelConfig? entry = config.Entry(stream);
        ModelSpec model = entry is null ? config.Model : config.ModelOf(entry);
        AlarmBudget? said = entry?.Budget ?? config.Alarms.Budget;
        return this with
        {
            Stream = stream, Preset = entry?.Preset ?? config.Preset, Budget = AlarmBudget.Say(model, said),
            AlarmsAStep = said?.PerDay is null ? model.AlarmsAStep() : null,
        };
    }

    /// <summary>Settings of a report, and preset and budget where they are not among them.</summary>
    internal IReadOnlyDictionary<string, string> With(IReadOnlyDictionary<string, string> settings)
    {
        var all = new Dictionary<string, string> { ["preset"] = Preset, ["budget"] = Budget };
        foreach ((string name, string value) in settings) all[name] = value;
        return all;
    }

    /// <summary>Alarms that are told in lines, at the most.</summary>
    public const int MostTold = 5;

    /// <summary>
    /// Why this is no result to rely on: more rows were refused than taken, or rows of several series taken for one; null: it is one.
    /// </summary>
    [JsonIgnore]
    public string? Unfit
    {
        get
        {
            if (Rows == 0) return $"{File} has no rows";
            if (Mixed is not null) return $"{File}: {Mixed}";
            if (2 * Steps > Rows) return null;
            (string reason, long count) = Refused.MaxBy(refused => refused.Value);
            return string.Create(CultureInfo.InvariantCulture,
                $"{Rows - Steps} of {Rows} rows of {File} were refused, {count} as {reason}: {FirstRefused[reason]}");
        }
    }
}

/// <summary>A change of the model itself.</summary>
/// <param name="Row">From 0.</param>
/// <param name="Says">What and why.</param>
public sealed record ModelRow(long Row, string Says);

/// <summary>Rows next to each other.</summary>
/// <param name="First">From 0.</param>
/// <param name="Last">One of them too.</param>
public sealed record RowSpan(long First, long Last);

/// <summary>Rows next to each other that could not be taken.</summary>
/// <param name="First">From 0.</param>
/// <param name="Last">Refused too.</param>
/// <param name="From">As the file writes the time of the first.</param>
/// <param name="To">As the file writes the time of the last.</param>
/// <param name="Reason">Of the first.</param>
public sealed record RefusedRows(long First, long Last, string From, string To, string Reason);

/// <summary>A feed of several that could not be used.</summary>
/// <param name="File">The feed.</param>
/// <param name="Reason">Why not.</param>
public sealed record BacktestFailure(string File, string Reason)
{
    /// <summary>Both in a line.</summary>
    [JsonIgnore]
    public string Says => Reason.Contains(File, StringComparison.Ordinal) ? Reason : $"{File}: {Reason}";
}

/// <summary>What the backtests of several feeds found together.</summary>
/// <param name="Files">How many.</param>
/// <param name="Rows">Of all.</param>
/// <param name="Steps">Rows that were scored.</param>
/// <param name="Refused">Rows that were not, by reason.</param>
/// <param name="Alarms">Alarms that opened.</param>
/// <param name="AlarmRows">Rows with an alarm open.</param>
/// <param name="Labels">All windows and rows as if they were of one feed; null where there are none.</param>
/// <param name="StepsPerSecond">Of all together.</param>
/// <param name="Each">The feeds, in the order they were named.</param>
public sealed record BacktestTotal(
    int Files, long Rows, long Steps, IReadOnlyDictionary<string, long> Refused, int Alarms, long AlarmRows, LabelSummary? Labels,
    double StepsPerSecond, IReadOnlyList<BacktestSummary> Each)
{
    /// <summary>Feeds that could not be used; they are not among the others.</summary>
    public IReadOnlyList<BacktestFailure> Failed { get; init; } = [];

    /// <summary>Rows of no series, by file; they are refused as unreadable.</summary>
    public IReadOnlyList<KeylessRows> Keyless { get; init; } = [];

    /// <summary>The first row that was refused for a reason, and its file.</summary>
    internal string FirstRefused(string reason) => Each.FirstOrDefault(one => one.FirstRefused.ContainsKey(reason)) is { } first
        ? $"{Path.GetFileName(first.File)}, {first.FirstRefused[reason]}" : $"{Path.GetFileName(Keyless[0].File)}, {Keyless[0].First}";

    // Where the rows of no series, and what else was refused of their file, are as many as those that were taken.
    string? Unkeyed => Keyless.FirstOrDefault(without =>
        without.Rows >= Each.Where(one => one.File == without.File).Sum(one => 2 * one.Steps - one.Rows)) is not { } most ? null
        : FormattableString.Invariant($"{most.Rows} rows of {most.File} were refused as of no series: {most.First}");

    /// <summary>Why this is no result to rely on; null: it is one.</summary>
    [JsonIgnore]
    public string? Unfit => Failed is [var failed, ..]
        ? (Failed.Count > 1 ? FormattableString.Invariant($"{Failed.Count} files could not be used; the first: ") : "") + failed.Reason
        : Each.Select(one => one.Unfit).FirstOrDefault(unfit => unfit is not null) ?? Unkeyed;

    /// <summary>Adds up.</summary>
    /// <param name="each">At least one.</param>
    /// <param name="elapsed">Of all together.</param>
    /// <param name="keyless">Rows of no series, by file.</param>
    public static BacktestTotal Of(IReadOnlyList<BacktestSummary> each, TimeSpan elapsed, IReadOnlyList<KeylessRows>? keyless = null)
    {
        KeylessRows[] without = [.. keyless ?? []];
        LabelTally[] tallies = [.. each.Select(summary => summary.Labels?.Tally).OfType<LabelTally>()];
        long steps = each.Sum(summary => summary.Steps);
        return new BacktestTotal(
            each.Count, each.Sum(summary => summary.Rows) + without.Sum(file => file.Rows), steps,
            new SortedDictionary<string, long>(each.SelectMany(summary => summary.Refused)
                .Concat(without.Select(file => KeyValuePair.Create("unreadable", file.Rows))).GroupBy(refused => refused.Key)
                .ToDictionary(same => same.Key, same => same.Sum(refused => refused.Value)), StringComparer.Ordinal),
            each.Sum(summary => summary.Alarms), each.Sum(summary => summary.AlarmRows), tallies.Length == 0 ? null : LabelTally
                .Sum(tallies).Summary(),
            steps / Math.Max(elapsed.TotalSeconds, 1e-9), each) { Keyless = without };
    }
}
