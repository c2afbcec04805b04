using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Esn.Streaming.Wire;

/// <summary>From a record's bytes to a frame. A record that can't be read is a value, never an exception.</summary>
/// <remarks>
/// What a Confluent serialiser puts before its JSON (a zero byte, and four of the schema's id) is skipped: JSON never begins so.
/// </remarks>
/// <param name="fields">Names of the fields.</param>
public sealed class FrameDecoder(FrameFields fields)
{
    const int LongestKey = 512;  // bytes: a stream's name becomes a label and a header
    const int FramingBytes = 5;

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Objects that hold a field of a name.
    readonly HashSet<string> _opened = [.. new[] { fields.Timestamp, fields.Value, fields.Values }.Concat(fields.Channels)
        .Concat(fields.Stream)
        .SelectMany(name => name.Select((letter, i) => (letter, i)).Where(at => at.letter == '.').Select(at => name[..at.i]))];

    /// <summary>The frame in a record, or why there is none; exactly one of the two is null.</summary>
    public (Frame? Frame, DeadLetter? DeadLetter) Decode(FeedRecord record)
    {
        var read = new Reading(fields);
        string? name = null;
        try
        {
            if (fields.Stream.Count == 0) name = Name(record.Key);
            FieldLayout? field = null;
            DateTime? told = null;
            double[] values;
            if (FieldRecord.Is(record))
            {
                name ??= Name(record.Key);
                (told, values, field) = FieldRecord.Decode(record);
            }
            else
            {
                Read(record.Value, read);
                name ??= read.Stream();
                values = read.Frame();
                told = read.Time;
            }
            DateTime time = told ?? record.Timestamp
                ?? throw new Rejected(Rejection.BadTimestamp,
                    $"the record's own timestamp counts where the value has none, and must be of a year from 1 to 9999, was "
                        + $"{record.Milliseconds} ms since 1970");
            return (new Frame(record, new StreamId(record.Topic, record.Partition, name), time, values) { Field = field }, null);
        }
        catch (Rejected e)
        {
            return (null, new DeadLetter(record, e.Reason, e.Message)
            {
                Stream = name is null ? null : new StreamId(record.Topic, record.Partition, name),
            });
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

    void Read(byte[]? value, Reading read)
    {
        if (value is null) throw new Rejected(Rejection.NoValue, "the record has no value");
        ReadOnlySpan<byte> json = value;
        if (json is [0, _, _, _, _, ..])
        {
            int schema = BinaryPrimitives.ReadInt32BigEndian(json[1..]);
            json = json[FramingBytes..];
            if (!json.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
                throw new Rejected(Rejection.NotJson,
                    $"the value is framed for a schema registry (schema {schema}) and is no JSON: Avro or Protobuf, which are not read; "
                    + $"the producer's JSON Schema serialiser is");
        }
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                throw new Rejected(Rejection.NotJson,
                    $"the value must be a JSON object such as {{\"{fields.Timestamp}\": …, \"{fields.Value}\": 1.2}}");
            Object(ref reader, "", read);
            if (reader.Read()) throw new Rejected(Rejection.NotJson, "something follows the JSON object");
        }
        // Python writes a NaN as it stands.
        catch (JsonException) when (BareNumbers.TryQuote(json) is { } quoted)
        {
            read.Reset();
            Read(quoted, read);
        }
        // The reader tells broken escapes in texts by InvalidOperationException.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new Rejected(Rejection.NotJson, $"the value is not JSON: {e.Message}");
        }
    }

    // A wrong value does not end it: the fields that name the stream may follow.
    void Object(ref Utf8JsonReader reader, string within, Reading read)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            if (within.Length > 0) field = $"{within}.{field}";
            reader.Read();
            int depth = reader.CurrentDepth;
            try
            {
                if (read.Takes(field)) Take(ref reader, field, read);
                else if (reader.TokenType == JsonTokenType.StartObject && _opened.Contains(field)) Object(ref reader, field, read);
                else reader.Skip();
            }
            catch (Rejected e)
            {
                read.Problem ??= e;
                if (reader.CurrentDepth == depth
                    && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) reader.Skip();
                while (reader.CurrentDepth > depth && reader.Read()) { }
            }
        }
    }

    void Take(ref Utf8JsonReader reader, string field, Reading read)
    {
        if (!read.Seen.Add(field)) throw Twice(field);
        int place;
        if (field == fields.Timestamp) read.Time = Time(ref reader);
        else if ((place = IndexOf(fields.Stream, field)) >= 0) read.Names[place] = Word(ref reader, field);
        else if ((place = IndexOf(fields.Channels, field)) >= 0) read.Channels[place] = Number(ref reader, field);
        else if (read.Values is not null) throw Twice($"{fields.Value} or {fields.Values}");
        else read.Values = field == fields.Value ? [Number(ref reader, field)] : Numbers(ref reader, field);
    }

    static int IndexOf(IReadOnlyList<string> names, string field)
    {
        for (int i = 0; i < names.Count; i++)
            if (names[i] == field) return i;
        return -1;
    }

    static string Word(ref Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => throw new Rejected(Rejection.BadKey, $"field {field} names the stream and must be a text or a number, was {reader.TokenType}"),
    };

    double[] Numbers(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new Rejected(Rejection.WrongType, $"field {field} must be a list of numbers, was {reader.TokenType}");
        var numbers = new List<double>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) numbers.Add(Number(ref reader, field));
        return numbers.Count > 0 ? [.. numbers] : throw new Rejected(Rejection.BadFields, $"field {field} is an empty list");
    }

    double Number(ref Utf8JsonReader reader, string field)
    {
        if (fields.NumbersInTexts && reader.TokenType == JsonTokenType.String
            && double.TryParse(reader.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double written)
                && double.IsFinite(written))
            return written;
        // The channel has no value: the others go on without it.
        if (reader.TokenType == JsonTokenType.Null
            || (reader.TokenType == JsonTokenType.String && IsNaN(reader.GetString()!))) return double.NaN;
        if (reader.TokenType == JsonTokenType.String && IsNotFinite(reader.GetString()!))
            throw new Rejected(Rejection.NotFinite, $"field {field} must be a finite number, or null, was {reader.GetString()}");
        if (reader.TokenType != JsonTokenType.Number)
            throw new Rejected(Rejection.WrongType, $"field {field} must be a number, was {reader.TokenType}");
        return reader.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw new Rejected(Rejection.NotFinite, $"field {field} is too large for a double");
    }

    static bool IsNaN(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsNaN(number);

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

    /// <summary>What was read of a record so far.</summary>
    sealed class Reading(FrameFields fields)
    {
        public HashSet<string> Seen { get; } = [];
        public string?[] Names { get; } = new string?[fields.Stream.Count];
        public double?[] Channels { get; } = new double?[fields.Channels.Count];
        public double[]? Values { get; set; }
        public DateTime? Time { get; set; }
        public Rejected? Problem { get; set; }  // the first one

        /// <summary>As if nothing had been read.</summary>
        public void Reset()
        {
            Seen.Clear();
            Array.Clear(Names);
            Array.Clear(Channels);
            (Values, Time, Problem) = (null, null, null);
        }

        public bool Takes(string field) => field == fields.Timestamp || IndexOf(fields.Stream, field) >= 0
            || (fields.Channels.Count > 0 ? IndexOf(fields.Channels, field) >= 0 : field == fields.Value || field == fields.Values);

        public string Stream()
        {
            int missing = Array.IndexOf(Names, null);
            if (missing >= 0) throw Problem ?? new Rejected(Rejection.NoKey,
                $"field {fields.Stream[missing]} is missing: it names the stream");
            string name = string.Join('/', Names);
            if (name.Length == Names.Length - 1 || Encoding.UTF8.GetByteCount(name) > LongestKey || name.EnumerateRunes().Any(IsNoText))
                throw new Rejected(Rejection.BadKey,
                    $"what {string.Join(", ", fields.Stream)} say must be a name of 1 to {LongestKey} bytes without control characters");
            return name;
        }

        public double[] Frame()
        {
            if (Problem is not null) throw Problem;
            if (fields.Channels.Count == 0)
                return Values ?? throw new Rejected(Rejection.BadFields,
                    $"neither field {fields.Value} nor field {fields.Values} is there");
            // A device that has nothing to say of a sensor leaves it out; one that says nothing of any is misnamed.
            return Array.TrueForAll(Channels, value => value is null)
                ? throw new Rejected(Rejection.BadFields, $"none of the fields {string.Join(", ", fields.Channels)} is there")
                : [.. Channels.Select(value => value ?? double.NaN)];
        }
    }

    internal sealed class Rejected(Rejection reason, string message) : Exception(message)
    {
        public Rejection Reason { get; } = reason;
    }
}
