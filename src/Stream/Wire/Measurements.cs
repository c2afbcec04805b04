using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Esn.Streaming.Wire;

/// <summary>
/// Several measurements in one record, as records of one each: of a list of objects, one after the other in its place; of fields that
/// are streams of their own, each as value with its name beside it.
/// </summary>
/// <remarks>What can't be taken apart stays whole: whoever reads it says what is wrong with it.</remarks>
/// <param name="fields">Names of the fields.</param>
public sealed class Measurements(FrameFields fields)
{
    /// <summary>Field that the name of a measurement is in.</summary>
    public const string Name = "measurement";

    /// <summary>What <see cref="FrameFields.Each"/> is where the value itself is the list.</summary>
    public const string Whole = "[]";

    const int FramingBytes = 5;  // of a schema registry

    static readonly JsonNodeOptions Exact = new() { PropertyNameCaseInsensitive = false };
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Whether records can hold several.</summary>
    public bool Any => fields.Each.Length > 0 || fields.Measurements.Count > 0;

    /// <summary>One record for each measurement, of the same offset.</summary>
    public IReadOnlyList<FeedRecord> Of(FeedRecord record)
    {
        if (!Any || record.Value is null || FieldRecord.Is(record) || Read(record.Value) is not { } whole) return [record];
        List<(JsonNode Value, string? Name)> parts = [];
        foreach (JsonNode one in Each(whole))
        {
            if (fields.Measurements.Count == 0) parts.Add((one, null));
            else if (one is JsonObject) parts.AddRange(fields.Measurements.Select(name => Named(one.AsObject(), name))
                .OfType<(JsonNode, string?)>());
        }
        if (parts.Count == 0) return [record];
        return [.. parts.Select((part, i) => record with { Value = JsonSerializer.SerializeToUtf8Bytes(part.Value), Part = i,
            Key = KeyOf(record, part.Name) })];
    }

    static JsonNode? Read(ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> json = value is [0, _, _, _, _, ..] ? value[FramingBytes..] : value;
        try
        {
            return JsonNode.Parse(json, Exact, Strict);
        }
        catch (JsonException) when (BareNumbers.TryReplace(json) is { } plain)
        {
            return Read(plain);
        }
        catch (JsonException)
        {
            return null;  // the decoder says what is wrong with it
        }
    }

    IEnumerable<JsonNode> Each(JsonNode whole)
    {
        if (fields.Each.Length == 0) return [whole];
        if (fields.Each == Whole) return whole is JsonArray list ? list.OfType<JsonObject>() : [];
        string[] path = fields.Each.Split('.');
        return Find(whole, path) is JsonArray inner ? inner.Where(one => one is JsonObject).Select(one => Placed(whole, path, one!)) : [];
    }

    // The record with one of the list in the list's place.
    static JsonNode Placed(JsonNode whole, string[] path, JsonNode one)
    {
        JsonNode copy = whole.DeepClone();
        JsonNode holder = path[..^1].Aggregate(copy, (node, name) => node[name]!);
        holder[path[^1]] = one.DeepClone();
        return copy;
    }

    // A record that has no such field just does not measure it.
    (JsonNode, string?)? Named(JsonObject one, string name)
    {
        string[] path = name.Split('.');
        if (Find(one, path[..^1]) is not JsonObject holder || !holder.ContainsKey(path[^1])) return null;
        JsonNode copy = one.DeepClone();
        JsonNode? value = holder[path[^1]]?.DeepClone();
        copy[Name] = path[^1];
        copy[fields.Value] = value;
        return (copy, path[^1]);
    }

    static JsonNode? Find(JsonNode? node, string[] path)
    {
        foreach (string name in path) node = (node as JsonObject)?[name];
        return node;
    }

    // Where the key names the stream, it names that of each measurement together with its name.
    byte[]? KeyOf(FeedRecord record, string? name) =>
        name is null || record.Key is null || fields.Stream.Count > 0 ? record.Key
            : [.. record.Key, (byte)'/', .. Encoding.UTF8.GetBytes(name)];
}
