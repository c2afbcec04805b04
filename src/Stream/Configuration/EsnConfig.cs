using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Configuration;

/// <summary>Everything an operator can say; every key has a default. One YAML file, read by <see cref="ConfigFile"/>.</summary>
public sealed record EsnConfig
{
    /// <summary>The brokers and how to reach them.</summary>
    public KafkaConfig Kafka { get; init; } = new();

    /// <summary>Where timesteps come from.</summary>
    public SourceConfig Source { get; init; } = new();

    /// <summary>Where events and unreadable records go.</summary>
    public SinkConfig Sink { get; init; } = new();

    /// <summary>What kind of feed it is: the one word that picks all constants of the model.</summary>
    public Preset Preset { get; init; } = Preset.Signal;

    /// <summary>How many false alarms can be borne.</summary>
    public AlarmsConfig Alarms { get; init; } = new();

    /// <summary>The model of every stream: what differs from the preset.</summary>
    public ModelSpec Detector { get; init; } = Presets.Signal();

    /// <summary>The model with the budget in it.</summary>
    public ModelSpec Model => (Alarms.Budget switch
    {
        { PerDay: { } alarms } => Detector.WithDailyBudget(alarms),
        { PerStep: { } alarms } => Detector.WithBudget(alarms),
        _ => Detector,
    }).SharedBy(Alarms.SharedBy);

    /// <summary>All defaults of a preset.</summary>
    public static EsnConfig Of(Preset preset) => new()
    {
        Preset = preset,
        Detector = preset switch
        {
            Preset.Signal => Presets.Signal(),
            Preset.Sensors => Presets.Sensors(),
            Preset.Metric => Presets.Metric(),
            _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "unknown preset"),
        },
    };

    /// <summary>Times in which streams are not to be judged.</summary>
    public IReadOnlyList<MaintenanceConfig> Maintenance { get; init; } = [];

    /// <summary>Metrics and health over HTTP.</summary>
    public HttpConfig Http { get; init; } = new();

    /// <summary>OpenTelemetry traces.</summary>
    public TracingConfig Tracing { get; init; } = new();
}

/// <summary>What kind of feed it is.</summary>
public enum Preset
{
    /// <summary>Deterministic, physical or chaotic signals, sampled at their own scale.</summary>
    Signal,

    /// <summary>Plant sensors of several channels, whose levels matter.</summary>
    Sensors,

    /// <summary>Operational metrics: seasonal, bursty.</summary>
    Metric,
}

/// <summary>How many false alarms can be borne.</summary>
public sealed record AlarmsConfig
{
    /// <summary>Alarms that may come from a feed in which nothing happens; null: as many as the preset allows.</summary>
    public AlarmBudget? Budget { get; init; }

    /// <summary>Streams that share this budget, 1 … 1,000,000: each gets its part, and all of them together keep it.</summary>
    public int SharedBy { get; init; } = 1;

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Require.Range(SharedBy, 1, 1_000_000);
        if (Budget?.PerStep / SharedBy < 1e-9)
            throw new ArgumentOutOfRangeException(nameof(Budget), $"budget / sharedBy must be at least 1 per 1000000000 steps of a stream, was {Budget?.PerStep / SharedBy:G3} a step");
    }
}

/// <summary>So many alarms in so many steps of a stream, or in some time of its feed.</summary>
/// <param name="Text">As it was said.</param>
/// <param name="PerStep">Alarms a step, [1e-9, .05]; null: it is by time.</param>
/// <param name="PerDay">Alarms a day, above 0; null: it is by steps.</param>
public sealed partial record AlarmBudget(string Text, double? PerStep, double? PerDay)
{
    /// <summary>From "1 per 100000 steps" or "2 per day" (hour, week, month of 30 days); null: it is no such text, or out of range.</summary>
    public static AlarmBudget? Parse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success) return null;
        static double Number(Group group) => group.Success ? double.Parse(group.Value.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) : 1;
        double rate = Number(match.Groups["alarms"]) / Number(match.Groups["count"]);
        double? perDay = match.Groups["unit"].Value.ToLowerInvariant() switch
        {
            "hour" => 24 * rate,
            "day" => rate,
            "week" => rate / 7,
            "month" => rate / 30,
            _ => null,
        };
        if (perDay is not null) return perDay is > 0 and <= 1e6 ? new AlarmBudget(text, null, perDay) : null;
        return rate is >= 1e-9 and <= .05 ? new AlarmBudget(text, rate, null) : null;
    }

    [GeneratedRegex(@"^\s*(?<alarms>[0-9]+(\.[0-9]+)?)\s*(per|in)\s+(?<count>[0-9_]+)?\s*(?<unit>step|hour|day|week|month)s?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}

/// <summary>The brokers and how to reach them.</summary>
public sealed record KafkaConfig
{
    /// <summary>host:port, several separated by commas.</summary>
    public string BootstrapServers { get; init; } = "localhost:9092";

    /// <summary>librdkafka settings for all clients: security.protocol, sasl.*, ssl.*, …</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>librdkafka settings for the consumer alone.</summary>
    public IReadOnlyDictionary<string, string> Consumer { get; init; } = new Dictionary<string, string>();

    /// <summary>librdkafka settings for the producer alone.</summary>
    public IReadOnlyDictionary<string, string> Producer { get; init; } = new Dictionary<string, string>();

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate() => Check.NotEmpty(BootstrapServers, "a list of host:port");
}

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
    public FieldsConfig Fields { get; init; } = new();

    /// <summary>Values a frame must have, 0 … 1,000,000; 0: as many as the stream's first frame has.</summary>
    public int Channels { get; init; }

    /// <summary>Streams one process takes, 1 … 1,000,000; records of further streams become dead letters.</summary>
    public int MaxStreams { get; init; } = 10_000;

    /// <summary>Records that travel together at the most, 1 … 10,000.</summary>
    public int BatchSize { get; init; } = 500;

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (Topics.Count == 0 || Topics.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentOutOfRangeException(nameof(Topics), "topics must name at least one topic");
        Check.NotEmpty(Group, "the name of a consumer group");
        Require.Range(Channels, 0, 1_000_000);
        Require.Range(MaxStreams, 1, 1_000_000);
        Require.Range(BatchSize, 1, 10_000);
        if (Channels > 0 && Fields.Channels.Count > 0 && Channels != Fields.Channels.Count)
            throw new ArgumentOutOfRangeException(nameof(Channels), $"channels must be {Fields.Channels.Count}, the number of fields.channels, was {Channels}");
    }
}

/// <summary>Names of the fields of a record's JSON value.</summary>
public sealed record FieldsConfig
{
    /// <summary>ISO 8601 text, or a number of seconds (below 1e11) or milliseconds since 1970. Without it the record's own timestamp counts.</summary>
    public string Timestamp { get; init; } = "timestamp";

    /// <summary>A number: a feed of one channel.</summary>
    public string Value { get; init; } = "value";

    /// <summary>A list of numbers: a feed of several channels.</summary>
    public string Values { get; init; } = "values";

    /// <summary>Fields that are a channel each, such as [flow, pressure]; in place of value and values.</summary>
    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.NotEmpty(Timestamp, "the name of a field");
        Check.NotEmpty(Value, "the name of a field");
        Check.NotEmpty(Values, "the name of a field");
        string[] names = [Timestamp, Value, Values, .. Channels];
        if (names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentOutOfRangeException(nameof(Channels), $"each field must have a name of its own, '{twice.Key}' stands twice");
    }
}

/// <summary>Where events and unreadable records go.</summary>
public sealed record SinkConfig
{
    /// <summary>Topic of anomaly events.</summary>
    public string Events { get; init; } = "esn.anomalies";

    /// <summary>Topic of records that could not be taken, as they came.</summary>
    public string DeadLetters { get; init; } = "esn.dead-letters";

    /// <summary>Whether to create the two topics, with the broker's defaults, where they are missing.</summary>
    public bool CreateTopics { get; init; } = true;

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.NotEmpty(Events, "the name of a topic");
        Check.NotEmpty(DeadLetters, "the name of a topic");
        if (Events == DeadLetters)
            throw new ArgumentOutOfRangeException(nameof(DeadLetters), $"deadLetters must be another topic than events, was {DeadLetters}");
    }
}

/// <summary>Metrics and health over HTTP.</summary>
public sealed record HttpConfig
{
    /// <summary>address:port of /metrics, /health/live and /health/ready; port 0: any free one.</summary>
    public string Listen { get; init; } = "0.0.0.0:9464";

    /// <summary>Streams with series of their own on /metrics, 0 … 100,000; the others are counted only.</summary>
    public int MaxStreams { get; init; } = 1000;

    /// <summary>Channels of a stream with series of their own on /metrics, 0 … 1000.</summary>
    public int MaxChannels { get; init; } = 16;

    /// <summary>Seconds without progress after which /health/ready says no, 1 … 3600.</summary>
    public int StallSeconds { get; init; } = 30;

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (!System.Net.IPEndPoint.TryParse(Listen, out _))
            throw new ArgumentOutOfRangeException(nameof(Listen), $"listen must be an address and a port such as 0.0.0.0:9464, was {Listen}");
        Require.Range(MaxStreams, 0, 100_000);
        Require.Range(MaxChannels, 0, 1000);
        Require.Range(StallSeconds, 1, 3600);
    }
}

/// <summary>OpenTelemetry traces.</summary>
public sealed record TracingConfig
{
    /// <summary>OTLP endpoint such as http://collector:4317; empty: no traces, unless OTEL_EXPORTER_OTLP_ENDPOINT is set.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (OtlpEndpoint.Length > 0 && !Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out _))
            throw new ArgumentOutOfRangeException(nameof(OtlpEndpoint), $"otlpEndpoint must be an address such as http://collector:4317, was {OtlpEndpoint}");
    }
}

static class Check
{
    public static void NotEmpty(string value, string what, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (string.IsNullOrWhiteSpace(value))
            throw new ArgumentOutOfRangeException(name, $"{char.ToLowerInvariant(name[0])}{name[1..]} must be {what}, was empty");
    }
}
