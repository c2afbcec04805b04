namespace Esn.Streaming.Configuration;

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
