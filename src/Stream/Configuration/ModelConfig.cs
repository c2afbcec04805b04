namespace Esn.Streaming.Configuration;

/// <summary>The model of some streams, in place of the file's own.</summary>
public sealed record ModelConfig
{
    /// <summary>Names of streams; * stands for any letters. At least one.</summary>
    public IReadOnlyList<string> Streams { get; init; } = [];

    /// <summary>What kind of feed they are; not said: as the file's own, whose detector is then what this one differs from.</summary>
    public string Preset { get; init; } = Presets.Names[0];

    /// <summary>What differs from the preset.</summary>
    public ModelSpec Detector { get; init; } = Presets.Of(Presets.Names[0]);

    /// <summary>Alarms that may come from each of these streams if nothing happens; null: as many as the file's own alarms say.</summary>
    public AlarmBudget? Budget { get; init; }

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (Streams.Count == 0 || Streams.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentOutOfRangeException(nameof(Streams), "streams must name at least one stream, such as [\"pump-*\"]");
    }
}
