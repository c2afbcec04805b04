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

    /// <summary>Where what people ask for is kept.</summary>
    public ControlConfig Control { get; init; } = new();

    /// <summary>What kind of feed it is: the one word that picks all constants of the model.</summary>
    public string Preset { get; init; } = Presets.Names[0];

    /// <summary>How many false alarms can be borne.</summary>
    public AlarmsConfig Alarms { get; init; } = new();

    /// <summary>The model of every stream: what differs from the preset.</summary>
    public ModelSpec Detector { get; init; } = Presets.Of(Presets.Names[0]);

    /// <summary>Streams that have a model of another kind: the first entry that names a stream holds.</summary>
    public IReadOnlyList<ModelConfig> Models { get; init; } = [];

    /// <summary>Topics that are written to.</summary>
    internal IReadOnlyList<string> SinkTopics =>
        Detector.TakesFields || Models.Any(entry => entry.Detector.TakesFields)
            ? [Sink.Events, Sink.DeadLetters, Sink.Maps] : [Sink.Events, Sink.DeadLetters];

    /// <summary>The file's own model, with the budget in it: that of every stream that <see cref="Models"/> does not name.</summary>
    public ModelSpec Model => Budgeted(Detector, Alarms.Budget);

    /// <summary>The model of an entry of <see cref="Models"/>, with the budget in it.</summary>
    public ModelSpec ModelOf(ModelConfig entry) => Budgeted(entry.Detector, entry.Budget ?? Alarms.Budget);

    /// <summary>The entry that holds for a stream; null: the file's own model does.</summary>
    public ModelConfig? Entry(string stream) => Models.FirstOrDefault(entry => new StreamPattern(entry.Streams).Matches(stream));

    /// <summary>Whether its file says which preset a stream has, by its entry or for all.</summary>
    internal bool SaysPreset(string stream) => Places is { } places && (places.Has("preset")
        || (Entry(stream) is { } entry && places.Has(FormattableString.Invariant($"models[{Models.ToList().IndexOf(entry)}].preset"))));

    ModelSpec Budgeted(ModelSpec detector, AlarmBudget? budget) => (budget switch
    {
        { PerDay: { } alarms } => detector.WithDailyBudget(alarms),
        { PerStep: { } alarms } => detector.WithBudget(alarms),
        _ => detector,
    }).SharedBy(Alarms.SharedBy);

    /// <summary>Where its keys stand in its file; null: it is of no file.</summary>
    internal ConfigPlaces? Places { get; init; }

    /// <summary>Where a key stands, to end an error with, such as " (esn.yaml:7)"; empty where it is of no file.</summary>
    internal string Where(string path) => Places?.Of(path) ?? "";

    /// <summary>All defaults of a preset.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset.</exception>
    public static EsnConfig Of(string preset) => new() { Preset = preset, Detector = Presets.Of(preset) };

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        // What it writes would come back as a record: one bad one would be a thousand dead letters in some seconds.
        (string, string)[] sinks = [("events", Sink.Events), ("deadLetters", Sink.DeadLetters), ("joined", Sink.Joined),
            .. SinkTopics.Contains(Sink.Maps) ? ((string, string)[])[("maps", Sink.Maps)] : []];
        foreach ((string key, string topic) in sinks)
            if (Source.Reads(topic))
                throw new ArgumentOutOfRangeException(nameof(Sink),
                    $"sink.{key} must be none of source.topics ({string.Join(", ", Source.Topics)}), as what is written would be read "
                        + $"again, was {topic}");
        if (Source.ForgetAfter is not null && State.Store == StateStore.None)
            throw new ArgumentOutOfRangeException(nameof(Source),
                $"source.forgetAfter needs a store that streams come back from, and state.store is none, was {Source.ForgetAfter.Text}");
        if (Control.Topic.Length > 0 && (Source.Reads(Control.Topic) || Control.Topic == Sink.Events || Control.Topic == Sink.DeadLetters
            || Control.Topic == Sink.Maps || Control.Topic == Sink.Joined))
            throw new ArgumentOutOfRangeException(nameof(Control),
                $"control.topic must be none of source.topics and none of the sink's, was {Control.Topic}");
        // What is kept is compacted by its keys: nothing else may stand there, and nothing of it be read as a feed.
        string[] written = [Sink.Events, Sink.DeadLetters, Sink.Maps, Sink.Joined, Control.Topic];
        if (State.Store == StateStore.Topic && (Source.Reads(State.Topic) || written.Contains(State.Topic)))
            throw new ArgumentOutOfRangeException(nameof(State),
                $"state.topic must be none of source.topics, none of the sink's and not control.topic, was {State.Topic}");
        Check(Detector, nameof(Detector), "detector");
        for (int i = 0; i < Models.Count; i++)
        {
            Check(Models[i].Detector, nameof(Models), FormattableString.Invariant($"models[{i}].detector"));
            if (Models[i].Budget?.PerStep / Alarms.SharedBy < 1e-9)
                throw new ArgumentOutOfRangeException(nameof(Models),
                    $"models[{i}].budget / alarms.sharedBy must be at least 1 per 1000000000 steps of a stream, was "
                        + $"{Models[i].Budget!.Text}");
        }
    }

    void Check(ModelSpec detector, string key, string path)
    {
        int channels = Source.FrameChannels, minima = detector.Alarm.MinimumDeviation.Count;
        if (channels > 0 && minima > 1 && minima != channels)
            throw new ArgumentOutOfRangeException(key,
                $"{path}.alarm.minimumDeviation must have 1 value, or {channels} for as many channels, had {minima}");
    }

    /// <summary>Times in which streams are not to be judged.</summary>
    public IReadOnlyList<MaintenanceConfig> Maintenance { get; init; } = [];

    /// <summary>What is kept over a restart.</summary>
    public StateConfig State { get; init; } = new();

    /// <summary>
    /// The directory that state is kept in: as configured, else where the environment says that there is one, as a container does
    /// whose configuration is not to be written beside, else beside the configuration, else where we stand.
    /// </summary>
    internal string StateDirectory => State.Directory.Length > 0 ? State.Directory
        : Environment.GetEnvironmentVariable("ESN_STATE_DIRECTORY") is { Length: > 0 } given ? given
        : Places is { } places ? Path.ChangeExtension(places.File, "state") : "esn.state";

    /// <summary>Metrics, mutes and health over HTTP.</summary>
    public HttpConfig Http { get; init; } = new();

    /// <summary>What the process says on its standard output.</summary>
    public LoggingConfig Logging { get; init; } = new();

    /// <summary>OpenTelemetry traces.</summary>
    public TracingConfig Tracing { get; init; } = new();
}
