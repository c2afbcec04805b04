using System.Text.RegularExpressions;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Configuration;

/// <summary>Where a group that has no committed offset begins.</summary>
public enum StartFrom
{
    /// <summary>The oldest record kept.</summary>
    Earliest,

    /// <summary>The next record to come.</summary>
    Latest,
}

/// <summary>Where timesteps come from.</summary>
public sealed record SourceConfig
{
    /// <summary>Topics of timesteps; the record's key is the stream.</summary>
    public IReadOnlyList<string> Topics { get; init; } = ["timesteps"];

    /// <summary>Consumer group; replicas of one group share the partitions.</summary>
    public string Group { get; init; } = "esn";

    /// <summary>Where a new group begins.</summary>
    public StartFrom From { get; init; } = StartFrom.Earliest;

    /// <summary>Names of the fields of a record's JSON value.</summary>
    public FrameFields Fields { get; init; } = new();

    /// <summary>What times of frames are believed.</summary>
    public TimesConfig Times { get; init; } = new();

    /// <summary>Values a frame must have, 0 … 1,000,000; 0: as many as the stream's first frame has.</summary>
    public int Channels { get; init; }

    /// <summary>
    /// Values a frame may have at the most, 1 … 1,000,000; records of more become dead letters. A model's memory and the time of
    /// its steps grow with their square.
    /// </summary>
    public int MaxChannels { get; init; } = 1000;

    /// <summary>
    /// Memory that the models of all streams of a process may take, such as 8 GB; a stream that no longer fits becomes dead
    /// letters. Null: <see cref="DefaultShare"/> of the memory that the process may use.
    /// </summary>
    public MemorySize? MaxMemory { get; init; }

    /// <summary>Part of the machine's or the container's memory that models may take where nothing is said.</summary>
    public const double DefaultShare = .7;

    /// <summary>
    /// Time, such as 7 days, after which a stream that gives nothing leaves memory; it comes back from the state's store when it speaks
    /// again. 1 s … 3650 days; null: never. By the wall clock, or by the times of the other streams of its partition.
    /// </summary>
    public Duration? ForgetAfter { get; init; }

    /// <summary>Streams in memory, 1 … 1,000,000; records of further streams become dead letters.</summary>
    public int MaxStreams { get; init; } = 10_000;

    /// <summary>Values every frame must have; 0: as many as the stream's first.</summary>
    internal int FrameChannels => Fields.Channels.Count > 0 ? Fields.Channels.Count : Channels;

    /// <summary>
    /// Records that travel together at the most, 1 … 10,000; in a backlog as many as are scored within about 200 ms, else what there is.
    /// </summary>
    public int BatchSize { get; init; } = 10_000;

    /// <summary>Topics that are named, not meant by a pattern.</summary>
    internal IEnumerable<string> Named => Topics.Where(topic => topic[0] != '^');

    /// <summary>Whether records are read from this topic: it is named, or matched by a name that begins with ^.</summary>
    internal bool Reads(string topic) => Topics.Any(named => named == topic || (named[0] == '^' && Regex.IsMatch(topic, named)));

    // What is wrong with a pattern; null: nothing.
    static string? Fault(string topic)
    {
        try
        {
            _ = Regex.IsMatch("", topic);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message.TrimEnd('.');
        }
    }

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (Topics.Count == 0 || Topics.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentOutOfRangeException(nameof(Topics), "topics must name at least one topic");
        if (Named.FirstOrDefault(topic => !Check.IsTopic(topic)) is { } odd)
            throw new ArgumentOutOfRangeException(nameof(Topics),
                $"topics must be names of topics, 1 … 249 of the letters a-z, A-Z, 0-9, '.', '_' and '-', was '{odd}'");
        if (Topics.GroupBy(topic => topic).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentOutOfRangeException(nameof(Topics), $"topics must be named once each, '{twice.Key}' stands twice");
        if (Topics.FirstOrDefault(topic => topic[0] == '^' && Fault(topic) is not null) is { } pattern)
            throw new ArgumentOutOfRangeException(nameof(Topics),
                $"topics that begin with ^ are regular expressions, '{pattern}' is a broken one: {Fault(pattern)}");
        Check.NotEmpty(Group, "the name of a consumer group");
        Check.Range(Channels, 0, 1_000_000);
        Check.Range(MaxChannels, 1, 1_000_000);
        Check.Range(MaxStreams, 1, 1_000_000);
        Check.Range(BatchSize, 1, 10_000);
        if (Channels > 0 && Fields.Channels.Count > 0 && Channels != Fields.Channels.Count)
            throw new ArgumentOutOfRangeException(nameof(Channels),
                $"channels must be {Fields.Channels.Count}, the number of fields.channels, was {Channels}");
        if (FrameChannels > MaxChannels)
            throw new ArgumentOutOfRangeException(nameof(MaxChannels),
                $"maxChannels must be at least {FrameChannels}, as many as a frame is to have, was {MaxChannels}");
    }
}
