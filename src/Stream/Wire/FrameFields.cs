namespace Esn.Streaming.Wire;

/// <summary>
/// Names of the fields of a record's JSON value. A field within an object is named by its path: payload.value.
/// </summary>
public sealed record FrameFields
{
    /// <summary>
    /// Fields whose texts, numbers or truth values name the stream, joined by '/': such as [tags.host, name]. Empty: the record's
    /// key does.
    /// </summary>
    public IReadOnlyList<string> Stream { get; init; } = [];

    /// <summary>Whether a number may stand in a text, such as "1.25".</summary>
    public bool NumbersInTexts { get; init; }

    /// <summary>
    /// ISO 8601 text, digits of a date (20260105, 202601051300), or a number since 1970: of seconds (below 1e11), milliseconds (below
    /// 1e14), microseconds (below 1e17) or nanoseconds. Without it the record's own timestamp counts.
    /// </summary>
    public string Timestamp { get; init; } = "timestamp";

    /// <summary>How the timestamp is written, as <see cref="TimeFormat.Said"/> has it; empty: as above.</summary>
    public string TimestampFormat { get; init; } = "";

    /// <summary>Whose clock timestamps without a zone are of, such as Europe/Copenhagen; empty: UTC.</summary>
    public string Timezone { get; init; } = "";

    /// <summary>A number: a feed of one channel.</summary>
    public string Value { get; init; } = "value";

    /// <summary>A list of numbers: a feed of several channels.</summary>
    public string Values { get; init; } = "values";

    /// <summary>Fields that are a channel each, such as [flow, pressure]; in place of value and values.</summary>
    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>
    /// Field that is a list of objects, each of them a measurement by itself: its fields are named as if it stood in the list's place,
    /// such as metrics.name. "[]": the value itself is the list, and its fields are named as they are. Empty: there is none.
    /// </summary>
    public string Each { get; init; } = "";

    /// <summary>
    /// Fields that are streams of their own, such as [temperature, humidity]: each is taken as value, its last name as field
    /// measurement, or behind the key, where that names the stream. One that is not in a record is not measured there.
    /// </summary>
    public IReadOnlyList<string> Measurements { get; init; } = [];

    /// <summary>Numbers that stand for no value, such as [-999, 65535]: a channel that has one is taken as one that is null. Of fields the
    /// land is NaN, or what the header `esn-fill` names.</summary>
    public IReadOnlyList<double> Missing { get; init; } = [];

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (Missing.Any(number => !double.IsFinite(number)))
            throw new ArgumentOutOfRangeException(nameof(Missing),
                "missing must be finite numbers that stand for no value, such as [-999]");
        if (Measurements.Count > 0 && Channels.Count > 0)
            throw new ArgumentOutOfRangeException(nameof(Measurements),
                "measurements are streams of their own, channels of one: say one of the two");
        if (Measurements.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentOutOfRangeException(nameof(Measurements), "measurements must be names of fields, one was empty");
        if (Measurements.Count > 0 && Value.Contains('.', StringComparison.Ordinal))
            throw new ArgumentOutOfRangeException(nameof(Measurements),
                $"measurements are taken as value, which must be no path then, was '{Value}'");
        string[] names = [Timestamp, Value, Values, .. Channels, .. Stream];
        foreach ((string key, string name) in new[] { ("timestamp", Timestamp), ("value", Value), ("values", Values) })
            if (string.IsNullOrWhiteSpace(name))
                throw new ArgumentOutOfRangeException(key, $"{key} must be the name of a field, was empty");
        if (TimestampFormat.Length > 0 && TimeFormat.Of(TimestampFormat) is null)
            throw new ArgumentOutOfRangeException(nameof(TimestampFormat),
                $"timestampFormat must be {TimeFormat.Said}, was '{TimestampFormat}'");
        if (Timezone.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(Timezone, out _))
            throw new ArgumentOutOfRangeException(nameof(Timezone),
                $"timezone must be a name such as Europe/Copenhagen or UTC, was '{Timezone}'");
        if (names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentOutOfRangeException(nameof(Channels), $"each field must have a name of its own, '{twice.Key}' stands twice");
        if (names.FirstOrDefault(name => names.Any(other => other.StartsWith(name + '.', StringComparison.Ordinal))) is { } within)
            throw new ArgumentOutOfRangeException(nameof(Channels),
                $"a field is a value or an object with fields: '{within}' is named as both");
    }
}
