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

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        int channels = Source.Fields.Channels.Count > 0 ? Source.Fields.Channels.Count : Source.Channels, minima = Detector.Alarm.MinimumDeviation.Count;
        if (channels > 0 && minima > 1 && minima != channels)
            throw new ArgumentOutOfRangeException(nameof(Detector), $"detector.alarm.minimumDeviation must have 1 value, or {channels} for as many channels, had {minima}");
    }

    /// <summary>Times in which streams are not to be judged.</summary>
    public IReadOnlyList<MaintenanceConfig> Maintenance { get; init; } = [];

    /// <summary>Metrics, mutes and health over HTTP.</summary>
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
