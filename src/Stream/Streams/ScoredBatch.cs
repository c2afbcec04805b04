using Esn.Streaming.State;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>A frame and what its step told.</summary>
/// <param name="Frame">As it came.</param>
/// <param name="Result">Of the detector; with an alarm in it, an event is to be published.</param>
/// <param name="Expected">What the model expected, [channels], units of the feed; NaN while the scaling is not fixed.</param>
/// <param name="Muted">The stream was not to be judged.</param>
/// <param name="OpenedAt">Offset of the record that opened the alarm of the result; −1 where the result has none.</param>
public readonly record struct ScoredFrame(Frame Frame, StepResult Result, ReadOnlyMemory<double> Expected, bool Muted, long OpenedAt)
{
    /// <summary>
    /// Offset of the record that it was taken with: its own, or where frames wait to be put in order, that of a later one.
    /// </summary>
    public long At { get; init; }

    /// <summary>The frame did not come: its values are NaN, and the model took what it expected in its place.</summary>
    public bool Bridged => Kind == DueKind.Bridged;

    /// <summary>What ended the alarm of the result from outside; null: it ended by itself, or goes on.</summary>
    public AnomalyCloudEvent.EndedByData? EndedBy { get; init; }

    /// <summary>How the frame stands to the one before it.</summary>
    internal DueKind Kind { get; init; }

    /// <summary>The alarm of the result ends as it was open when a person said that it was none.</summary>
    internal bool Denied { get; init; }

    /// <summary>Of the frame, where it is a field; null: it is none.</summary>
    public GridSpec? Grid { get; init; }

    /// <summary>
    /// The alarm of the result by the place of the record that opened it: one for the whole life of the alarm, whatever else came
    /// meanwhile.
    /// </summary>
    public string AlarmId => IdOf(Frame.Stream, OpenedAt);

    /// <summary>The alarm of a stream that a record opened.</summary>
    public static string IdOf(StreamId stream, long opened) =>
        FormattableString.Invariant($"{stream.Topic}/{stream.Partition}/{stream.Key}/{opened}");
}

/// <summary>What became of one stream in a batch.</summary>
/// <param name="Stream">Whose frames they are.</param>
/// <param name="Frames">At least one, in order.</param>
/// <param name="Before">What had gone wrong with the model until then.</param>
/// <param name="After">What has gone wrong with it by now.</param>
/// <param name="Forecast">While an alarm is open: what the forecast from before its onset foretold for the last frame,
/// [channels]; else null.</param>
/// <param name="Elapsed">Time that the steps took.</param>
public sealed record StreamSteps(StreamId Stream, IReadOnlyList<ScoredFrame> Frames, ModelHealth Before, ModelHealth After,
    double[]? Forecast, TimeSpan Elapsed)
{
    /// <summary>Runs of the stream that began with one of these frames, but for its first: its clock went back, or far ahead.</summary>
    public int NewRuns { get; init; }

    /// <summary>Gaps among these frames that were too long to be bridged: after each the reservoir is washed out.</summary>
    public int Gaps { get; init; }

    /// <summary>How many of these frames did not come and were bridged.</summary>
    public int Bridged { get; init; }

    /// <summary>Of a stream of fields, now and then: what is to come, as its model sees it.</summary>
    public FieldAhead? Ahead { get; init; }

    /// <summary>Whether a frame of them may have an alarm or a change of the model in its result, which few streams of few batches have.
    /// </summary>
    internal bool Tells { get; init; } = true;

    /// <summary>When the records of the frames that came were sent, by their own timestamps, milliseconds since 1970: beside each other, as
    /// all of them are looked at in every batch.</summary>
    internal ReadOnlyMemory<long> Sent
    {
        get => field.IsEmpty ? (long[])[.. Frames.Where(frame => !frame.Bridged).Select(frame => frame.Frame.Milliseconds)] : field;
        init;
    }

    /// <summary>Feed times of the frames, as <see cref="Sent"/>.</summary>
    internal ReadOnlyMemory<DateTime> Times
    {
        get => field.IsEmpty ? (DateTime[])[.. Frames.Select(frame => frame.Frame.Time)] : field;
        init;
    }

    /// <summary>Values of the frames, [frames × channels], as <see cref="Sent"/>; empty: they are many, and in the frames alone.</summary>
    internal ReadOnlyMemory<double> Values { get; init; }

    /// <summary>The frames where they lie: they are large, and to be looked at without copying them.</summary>
    internal ReadOnlySpan<ScoredFrame> Span => Frames as ScoredFrame[] ?? [.. Frames];
}

/// <summary>What is to come of a stream of fields, if it goes on as its model expects.</summary>
/// <param name="From">Step of the last frame before it.</param>
/// <param name="Steps">How many frames later it is to come.</param>
/// <param name="Values">[channels], units of the feed.</param>
public sealed record FieldAhead(long From, int Steps, double[] Values);

/// <summary>A stream that came back from a snapshot, before any frame of it has come that is to be told of.</summary>
/// <param name="Stream">Which.</param>
/// <param name="Channels">Values of its frames.</param>
/// <param name="Steps">That it has taken.</param>
/// <param name="Last">Feed time of its last frame; null: it has had none.</param>
/// <param name="Sent">Its record's own timestamp, UTC; null: it had none.</param>
/// <param name="Silent">It gives nothing any more, and that was told.</param>
/// <param name="SilentChannels">Those of which the same is so.</param>
public sealed record StreamBack(StreamId Stream, int Channels, long Steps, DateTime? Last, DateTime? Sent, bool Silent,
    IReadOnlyList<int> SilentChannels)
{
    /// <summary>The alarm that is open; null: none is.</summary>
    public string? Alarm { get; init; }

    /// <summary>Of that alarm; null: none is open.</summary>
    public Severity? Severity { get; init; }

    /// <summary>Highest score of that alarm; 0: none is open.</summary>
    public double PeakScore { get; init; }

    /// <summary>Of that alarm, as in its events.</summary>
    public IReadOnlyList<int> LaterChannels { get; init; } = [];

    /// <summary>Of that alarm, as in its events.</summary>
    public int Incidents { get; init; } = 1;
}

/// <summary>
/// What became of a message of the source: the one thing that leaves the scoring, for the outbox and for all who show something.
/// </summary>
/// <param name="Message">As it came.</param>
public sealed record ScoredBatch(SourceMessage Message)
{
    /// <summary>Frames that came and were scored, in the order of the records that they were taken with.</summary>
    public IReadOnlyList<ScoredFrame> Frames
    {
        get;
        init
        {
            field = value;
            List<ScoredFrame>? alarms = null, models = null;
            foreach (ScoredFrame frame in value is FramesInOrder placed ? placed.Telling() : value)
            {
                if (frame.Result.Alarm is not null) (alarms ??= []).Add(frame);
                if (frame.Result.Model is not null) (models ??= []).Add(frame);
            }
            Alarms = alarms ?? (IReadOnlyList<ScoredFrame>)[];
            ModelChanges = models ?? (IReadOnlyList<ScoredFrame>)[];
        }
    } = [];

    /// <summary>Those of them with an alarm in their result, which are few.</summary>
    public IReadOnlyList<ScoredFrame> Alarms { get; private init; } = [];

    /// <summary>Those of them with a change of the model itself in their result, which are fewer.</summary>
    public IReadOnlyList<ScoredFrame> ModelChanges { get; private init; } = [];

    /// <summary>Records that could not be taken, in the order of the batch; to be published.</summary>
    public IReadOnlyList<DeadLetter> DeadLetters { get; init; } = [];

    /// <summary>The same frames stream by stream, those that did not come among them.</summary>
    public IReadOnlyList<StreamSteps> Streams { get; init; } = [];

    /// <summary>Streams and channels that became silent, or speak again; to be published.</summary>
    public IReadOnlyList<SilenceChange> Silences { get; init; } = [];

    /// <summary>Streams of which a frame came that has no value at all, once for each such frame.</summary>
    public IReadOnlyList<StreamId> Blank { get; init; } = [];

    /// <summary>Streams that went with their partitions, or left memory as they are silent.</summary>
    public IReadOnlyList<StreamId> Gone { get; init; } = [];

    /// <summary>
    /// What is to be kept of partitions, once all that came of this batch and those before it is stored: each stands for all
    /// records up to this batch.
    /// </summary>
    public IReadOnlyList<PartitionSnapshot> Snapshots { get; init; } = [];

    /// <summary>Streams that fell silent and are to be kept beside these, so that they can leave memory.</summary>
    public IReadOnlyList<SlotSnapshot> Asleep { get; init; } = [];

    /// <summary>Time that scoring stood still to copy them.</summary>
    public TimeSpan Paused { get; init; }

    /// <summary>How far each partition of the batch is read once it is stored; none that was read so far before.</summary>
    public IReadOnlyList<PartitionOffset> Offsets { get; init; } = [];

    /// <summary>Frames that were taken again after a restart, with what came of them stored before: they are not in here.</summary>
    public int Replayed { get; init; }

    /// <summary>How many streams came back from a snapshot, or woke.</summary>
    public int Restored { get; init; }

    /// <summary>
    /// Those that came back with their partition; and, as long as records are taken again that were told of, those that had some, as they
    /// are by now.
    /// </summary>
    public IReadOnlyList<StreamBack> Back { get; init; } = [];

    /// <summary>Streams that begin anew, as their models learn in another way than their snapshots did.</summary>
    public IReadOnlyList<StreamId> Reset { get; init; } = [];

    /// <summary>Streams that go on with the specification they have learnt with, though they are to have another.</summary>
    public IReadOnlyList<StreamId> KeptOld { get; init; } = [];

    /// <summary>From which records on this process does what a person asked for; to be published, before their offsets.</summary>
    public IReadOnlyList<ControlTaken> Taken { get; init; } = [];

    /// <summary>When it was scored, UTC.</summary>
    public DateTime ScoredAt { get; init; }

    /// <summary>Streams of the process now.</summary>
    public int StreamCount { get; init; }

    /// <summary>About how much memory their models take, bytes.</summary>
    public long ModelBytes { get; init; }

    /// <summary>Records of the message; none where it is no batch of records.</summary>
    public IReadOnlyList<FeedRecord> Records => (Message as RecordBatch)?.Records ?? [];
}
