using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Esn.Streaming.Wire;

/// <summary>From a record's bytes to a frame. A record that can't be read is a value, never an exception.</summary>
/// <param name="fields">Names of the fields.</param>
public sealed class FrameDecoder(FrameFields fields)
{
    const int LongestKey = 512;  // bytes: a stream's name becomes a label and a header

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The frame in a record, or why there is none; exactly one of the two is null.</summary>
    public (Frame? Frame, DeadLetter? DeadLetter) Decode(FeedRecord record)
    {
        try
        {
            string name = Name(record.Key);
            (DateTime? time, double[] values) = Values(record.Value);
            time ??= record.Timestamp
                ?? throw new Rejected(Rejection.BadTimestamp,
                    $"the record's own timestamp counts where the value has none, and must be of a year from 1 to 9999, was {record.Milliseconds} ms since 1970");
            return (new Frame(record, new StreamId(record.Topic, record.Partition, name), time.Value, values), null);
        }
        catch (Rejected e)
        {
            return (null, new DeadLetter(record, e.Reason, e.Message));
        }
    }

    static string Name(byte[]? key)
    {
        if (key is null) throw new Rejected(Rejection.NoKey, "the record has no key: the key names the stream");
        if (key.Length is 0 or > LongestKey)
            throw new Rejected(Rejection.BadKey, $"the key must have 1 to {LongestKey} bytes, had {key.Length}");
        try
        {
            string name = Utf8.GetString(key);
            return name.EnumerateRunes().Any(IsNoText)
                ? throw new Rejected(Rejection.BadKey, "the key has control characters, or others that no text may have") : name;
        }
        catch (DecoderFallbackException)
        {
            throw new Rejected(Rejection.BadKey, "the key is not UTF-8");
        }
    }

    // What the subject of a CloudEvent may not have: such a stream could never raise an alarm.
    static bool IsNoText(Rune rune) =>
        Rune.IsControl(rune) || rune.Value is >= 0xFDD0 and <= 0xFDEF || (rune.Value & 0xFFFE) == 0xFFFE;

    (DateTime? Time, double[] Values) Values(byte[]? value)
    {
        if (value is null) throw new Rejected(Rejection.NoValue, "the record has no value");
        try
        {
            var reader = new Utf8JsonReader(value);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw new Rejected(Rejection.NotJson,
                    $"the value must be a JSON object such as {{\"{fields.Timestamp}\": …, \"{fields.Value}\": 1.2}}");
            DateTime? time = null;
            double[]? values = null;
            double[]? channels = fields.Channels.Count > 0 ? [.. Enumerable.Repeat(double.NaN, fields.Channels.Count)] : null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string field = reader.GetString()!;
                reader.Read();
                int channel;
                if (field == fields.Timestamp)
                    time = time is null ? Time(ref reader) : throw Twice(field);
                else if (channels is not null && (channel = IndexOf(field)) >= 0)
                    channels[channel] = double.IsNaN(channels[channel]) ? Number(ref reader, field) : throw Twice(field);
                else if (channels is null && field == fields.Value)
                    values = values is null ? [Number(ref reader, field)] : throw Twice($"{fields.Value} or {fields.Values}");
                else if (channels is null && field == fields.Values)
                    values = values is null ? Numbers(ref reader, field) : throw Twice($"{fields.Value} or {fields.Values}");
                else
                    reader.Skip();
            }
            if (reader.Read()) throw new Rejected(Rejection.NotJson, "something follows the JSON object");
            if (channels is null)
                return (time, values ?? throw new Rejected(Rejection.BadFields,
                    $"neither field {fields.Value} nor field {fields.Values} is there"));
            int missing = Array.FindIndex(channels, double.IsNaN);
            return missing < 0 ? (time, channels) : throw new Rejected(Rejection.BadFields, $"field {fields.Channels[missing]} is missing");
        }
        // The reader tells broken escapes in texts by InvalidOperationException.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new Rejected(Rejection.NotJson, $"the value is not JSON: {e.Message}");
        }
    }

    int IndexOf(string field)
    {
        for (int i = 0; i < fields.Channels.Count; i++)
            if (fields.Channels[i] == field) return i;
        return -1;
    }

    static double[] Numbers(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new Rejected(Rejection.WrongType, $"field {field} must be a list of numbers, was {reader.TokenType}");
        var numbers = new List<double>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) numbers.Add(Number(ref reader, field));
        return numbers.Count > 0 ? [.. numbers] : throw new Rejected(Rejection.BadFields, $"field {field} is an empty list");
    }

    static double Number(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType == JsonTokenType.Null || (reader.TokenType == JsonTokenType.String && IsNotFinite(reader.GetString()!)))
            throw new Rejected(Rejection.NotFinite,
                $"field {field} must be a finite number, was {(reader.TokenType == JsonTokenType.Null ? "null" : reader.GetString())}");
        if (reader.TokenType != JsonTokenType.Number)
            throw new Rejected(Rejection.WrongType, $"field {field} must be a number, was {reader.TokenType}");
        return reader.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw new Rejected(Rejection.NotFinite, $"field {field} is too large for a double");
    }

    static bool IsNotFinite(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && !double.IsFinite(number);

    static DateTime Time(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double number)
            && FeedTime.FromNumber(number) is { } numeric) return numeric;
        if (reader.TokenType == JsonTokenType.String && FeedTime.Parse(reader.GetString()!) is { } time) return time;
        string was = reader.TokenType == JsonTokenType.String ? reader.GetString()!
            : Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        throw new Rejected(Rejection.BadTimestamp,
            $"the timestamp must be ISO 8601 or a number since 1970, was {was[..Math.Min(was.Length, 60)]}");
    }

    static Rejected Twice(string field) => new(Rejection.BadFields, $"field {field} stands twice");

    sealed class Rejected(Rejection reason, string message) : Exception(message)
    {
        public Rejection Reason { get; } = reason;
    }
}
