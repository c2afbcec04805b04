namespace Esn.Streaming.Board;

/// <summary>What a list of streams is sorted by.</summary>
public enum StreamOrder
{
    /// <summary>What matters most first: open alarms by severity, then silence, then the highest recent score.</summary>
    Matter,

    /// <summary>By name.</summary>
    Name,

    /// <summary>The highest score of the last step first.</summary>
    Score,

    /// <summary>The one that was seen last first.</summary>
    Seen,
}

/// <summary>Which streams are asked for.</summary>
/// <param name="Order">How they are sorted.</param>
/// <param name="Reverse">The other way round.</param>
/// <param name="State">Only these; null: all.</param>
/// <param name="Search">Part of their names, in any case; empty: all.</param>
/// <param name="Offset">How many to pass over.</param>
/// <param name="Limit">How many at the most.</param>
public sealed record StreamQuery(StreamOrder Order, bool Reverse, StreamState? State, string Search, int Offset, int Limit);

/// <summary>A page of a list of streams.</summary>
/// <param name="Version">Of the board: ask for the changes since.</param>
/// <param name="Total">Streams of the process.</param>
/// <param name="Matching">Those that were asked for, on all pages.</param>
/// <param name="Offset">Of the first one here.</param>
/// <param name="Counts">Streams of each state.</param>
/// <param name="Streams">This page.</param>
public sealed record StreamPage(long Version, int Total, int Matching, int Offset, IReadOnlyDictionary<StreamState, int> Counts,
    IReadOnlyList<StreamSummary> Streams);

/// <summary>One stream.</summary>
/// <param name="Summary">As it is now.</param>
/// <param name="ChannelNames">Of the channels whose past is kept, the first ones.</param>
/// <param name="Interval">Milliseconds of feed time from step to step; NaN: not known.</param>
/// <param name="Points">Its past.</param>
/// <param name="Alarms">Newest first.</param>
/// <param name="Recoveries">Times that learning began anew as rounding had cost the positive definiteness of P.</param>
/// <param name="Refusals">Frames that were too large to be learnt.</param>
/// <param name="Rescalings">Times that the feed had left its scaling for good, which was moved, or the model began anew.</param>
public sealed record StreamDetail(StreamSummary Summary, IReadOnlyList<string> ChannelNames, double Interval, HistoryPoints Points,
    IReadOnlyList<BoardAlarm> Alarms, long Recoveries, long Refusals, long Rescalings)
{
    /// <summary>What its fields are like; null: its frames are none.</summary>
    public FieldShape? Shape { get; init; }
}

/// <summary>What has changed.</summary>
/// <param name="Version">Of the board: ask for the changes since.</param>
/// <param name="Counts">Streams of each state.</param>
/// <param name="Streams">Those that changed, what matters most first.</param>
/// <param name="LeftOut">Streams that changed too, but are not told.</param>
/// <param name="Alarms">Those that changed, without forecast and map.</param>
public sealed record BoardChanges(long Version, IReadOnlyDictionary<StreamState, int> Counts, IReadOnlyList<StreamSummary> Streams,
    int LeftOut, IReadOnlyList<BoardAlarm> Alarms);

/// <summary>How the process is doing.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Since">When the process began, wall clock.</param>
/// <param name="Ready">Records are consumed, or the topics are idle.</param>
/// <param name="Missing">Why not; null: it is ready.</param>
/// <param name="Waiting">Records that wait in the assigned partitions.</param>
/// <param name="Streams">Streams with a model.</param>
/// <param name="Counts">Streams of each state.</param>
/// <param name="ModelBytes">About how much memory their models take.</param>
/// <param name="Steps">Timesteps scored since the start.</param>
/// <param name="StepsPerSecond">Over the last ten seconds or so.</param>
/// <param name="LatencySeconds">From the timestamp of the newest record to its score; null: there was none.</param>
/// <param name="DeadLetters">Records that could not be taken since the start, by reason.</param>
/// <param name="OpenAlarms">Alarms that are open.</param>
/// <param name="Recoveries">Of all models: see a stream's.</param>
/// <param name="Refusals">Of all models.</param>
/// <param name="Rescalings">Of all models.</param>
public sealed record BoardHealth(string Version, DateTimeOffset Since, bool Ready, string? Missing, long Waiting, int Streams,
    IReadOnlyDictionary<StreamState, int> Counts, long ModelBytes, long Steps, double StepsPerSecond, double? LatencySeconds,
    IReadOnlyDictionary<string, long> DeadLetters, int OpenAlarms, long Recoveries, long Refusals, long Rescalings)
{
    /// <summary>Where the last of them came from, and what is wrong with it; null: there was none.</summary>
    public string? LastDeadLetter { get; init; }

    /// <summary>When a frame was scored last, wall clock: what is shown is of then; null: none was.</summary>
    public DateTime? ScoredAt { get; init; }
}
