using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Unicode = System.Text.Unicode;

namespace Esn.Streaming.Wire;

/// <summary>From a record's bytes to a frame. A record that can't be read is a value, never an exception.</summary>
/// <remarks>
/// <para>What a Confluent serialiser puts before its JSON (a zero byte, and four of the schema's id) is skipped: JSON never begins
/// so.</para>
/// <para>Not thread-safe: what a record takes to be read is kept for the next.</para>
/// </remarks>
/// <param name="fields">Names of the fields.</param>
public sealed class FrameDecoder(FrameFields fields)
{
    const int MostShown = 60;  // characters of a wrong text
    internal const int LongestKey = 512;  // bytes: a stream's name becomes a label and a header
    const int FramingBytes = 5;

    // Objects that hold a field of a name.
    readonly HashSet<string> _opened =
        [.. new[] { fields.Timestamp, fields.Value, fields.Values }.Concat(fields.Channels).Concat(fields.Stream)
        .SelectMany(name => name.Select((letter, i) => (letter, i)).Where(at => at.letter == '.').Select(at => name[..at.i]))];

    readonly TimeFormat? _format =
        fields.TimestampFormat.Length > 0 ? TimeFormat.Of(fields.TimestampFormat, fields.Timezone.Length > 0) : null;
    readonly TimeZoneInfo? _zone = fields.Timezone.Length > 0 ? TimeZoneInfo.FindSystemTimeZoneById(fields.Timezone) : null;
    readonly NamedField[] _named = NamedField.Of(fields);
    readonly FieldsRead _read = new(fields);
    readonly KnownKeys<string> _names = new();
    readonly UsualTime _usual = new();
    readonly UsualRecord? _usualRecord = UsualRecord.Of(fields);

    /// <summary>The frame in a record, or why there is none; exactly one of the two is null.</summary>
    public (Frame? Frame, DeadLetter? DeadLetter) Decode(FeedRecord record)
    {
        FieldsRead read = _read;
        string? name = null;
        try
        {
            if (fields.Stream.Count == 0) name = Name(record.Key);
            bool isField = record.Headers.Count > 0 && FieldRecord.Is(record);
            if (!isField && _usualRecord?.TryRead(record.Value, out DateTime time, out double value) == true)
                return (new Frame(record, new StreamId(record.Topic, record.Partition, name!), time, [value]), null);
            read.Begin(record.Timestamp);
            FieldLayout? field = null;
            DateTime? told = null;
            double[] values;
            if (isField)
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
            DateTime at = told ?? record.Timestamp
                ?? throw new Rejected(Rejection.BadTimestamp,
                    "the record's own timestamp counts where the value has none, and must be of a year from 1 to 9999, was "
                        + $"{record.Milliseconds} ms since 1970");
            return (new Frame(record, new StreamId(record.Topic, record.Partition, name), at, values)
            {
                Field = field,
                MayBeDays = read.MayBeDays,
            }, null);
        }
        catch (Rejected e)
        {
            string has = e.IsAbsent ? FieldsRead.InRecord(record.Value) : "";
            return (null, new DeadLetter(record, e.Reason, e.Message + has)
            {
                Stream = name is null ? null : new StreamId(record.Topic, record.Partition, name),
            });
        }
    }

    string Name(byte[]? key)
    {
        if (key is not null && _names.Find(key) is { } known) return known;
        if (key is null) throw new Rejected(Rejection.NoKey, "the record has no key: the key names the stream");
        if (NameOf(key) is not { } name)
            throw new Rejected(Rejection.BadKey, key.Length is 0 or > LongestKey
                ? $"the key must have 1 to {LongestKey} bytes, had {key.Length}"
                : Unicode.Utf8.IsValid(key) ? "the key has control characters, or others that no text may have" : "the key is not UTF-8");
        _names.Keep(key, name);
        return name;
    }

    /// <summary>What a key names; null: it is none of a stream.</summary>
    internal static string? NameOf(byte[] key) => key.Length is not (0 or > LongestKey) && Unicode.Utf8.IsValid(key)
        && Encoding.UTF8.GetString(key) is var name && !name.EnumerateRunes().Any(IsNoText) ? name : null;

    // What the subject of a CloudEvent may not have: such a stream could never raise an alarm.
    internal static bool IsNoText(Rune rune) =>
        Rune.IsControl(rune) || rune.Value is >= 0xFDD0 and <= 0xFDEF || (rune.Value & 0xFFFE) == 0xFFFE;

    // By a serialiser of a schema registry.
    static bool IsFramed(ReadOnlySpan<byte> value) => value is [0, _, _, _, _, ..];

    // Where the JSON begins, behind such a frame or the mark of UTF-8.
    internal static int Begin(ReadOnlySpan<byte> value) =>
        IsFramed(value) ? FramingBytes : value.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;

    void Read(byte[]? value, FieldsRead read)
    {
        if (value is null) throw new Rejected(Rejection.NoValue, "the record has no value");
        ReadOnlySpan<byte> json = value;
        if (json is [0x1F, 0x8B, ..])
            throw new Rejected(Rejection.NotJson, "the value is gzip, which is not unpacked: let the producer compress its batches "
                + "(compression.type), which clients unpack by themselves");
        bool framed = IsFramed(json);
        json = json[Begin(json)..];
        if (framed)
        {
            int schema = BinaryPrimitives.ReadInt32BigEndian(value.AsSpan(1));
            if (!json.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
                throw new Rejected(Rejection.NotJson, $"the value is framed for a schema registry (schema {schema}) and is no JSON: Avro "
                    + "or Protobuf, which are not read; the producer's JSON Schema serialiser is");
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
        catch (JsonException) when (BareNumbers.TryReplace(json) is { } plain)
        {
            read.Reset();
            Read(plain, read);
        }
        // The reader tells broken escapes in texts by InvalidOperationException.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new Rejected(Rejection.NotJson, $"the value is not JSON: {e.Message}");
        }
    }

    // A wrong value does not end it: the fields that name the stream may follow.
    void Object(ref Utf8JsonReader reader, string within, FieldsRead read)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // As a text only where objects hold fields: else its bytes tell which it is.
            string? path = _opened.Count == 0 ? null : within.Length == 0 ? reader.GetString()! : $"{within}.{reader.GetString()}";
            int at = Find(ref reader, path, read);
            reader.Read();
            int depth = reader.CurrentDepth;
            try
            {
                if (at >= 0) Take(ref reader, at, read);
                else if (path is not null && reader.TokenType == JsonTokenType.StartObject && _opened.Contains(path))
                    Object(ref reader, path, read);
                else reader.Skip();
            }
            catch (Rejected e)
            {
                read.Problem ??= e;
                if (reader.CurrentDepth == depth && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                    reader.Skip();
                while (reader.CurrentDepth > depth && reader.Read()) { }
            }
        }
    }

    // Index of the field that the reader is at, −1: it is none of ours. Records mostly have them in the same order.
    int Find(ref Utf8JsonReader reader, string? path, FieldsRead read)
    {
        for (int looked = 0, at = read.Next; looked < _named.Length; looked++, at++)
        {
            if (at >= _named.Length) at = 0;
            if (path is null ? !reader.ValueTextEquals(_named[at].Utf8) : path != _named[at].Name) continue;
            read.Next = at + 1;
            return at;
        }
        // A name that is no text is no JSON.
        if (path is null && (reader.ValueIsEscaped || !Ascii.IsValid(reader.ValueSpan))) _ = reader.GetString();
        return -1;
    }

    void Take(ref Utf8JsonReader reader, int at, FieldsRead read)
    {
        (string name, _, FieldUse use, int place) = _named[at];
        if (read.Seen[at]) throw Twice(name);
        read.Seen[at] = true;
        switch (use)
        {
            case FieldUse.Timestamp:
                read.Time = Time(ref reader, read);
                break;
            case FieldUse.Stream:
                read.Names[place] = Word(ref reader, name);
                break;
            case FieldUse.Channel:
                read.Channels[place] = Number(ref reader, name);
                break;
            case FieldUse.Value or FieldUse.Values when read.Values is not null:
                throw Twice($"{fields.Value} or {fields.Values}");
            case FieldUse.Value:
                read.Values = [Number(ref reader, name)];
                break;
            default:
                read.Values = Numbers(ref reader, name);
                break;
        }
    }

    static string Word(ref Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => Encoding.UTF8.GetString(reader.ValueSpan),
        _ => throw new Rejected(Rejection.BadKey,
            $"field {field} names the stream and must be a text or a number, was {Kind(reader.TokenType)}"),
    };

    double[] Numbers(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new Rejected(Rejection.WrongType, $"field {field} must be a list of numbers, was {Kind(reader.TokenType)}");
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
            throw new Rejected(Rejection.WrongType, $"field {field} must be a number, was {Kind(reader.TokenType)}");
        return reader.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw new Rejected(Rejection.NotFinite, $"field {field} is too large for a double");
    }

    static bool IsNaN(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsNaN(number);

    static bool IsNotFinite(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && !double.IsFinite(number);

    DateTime Time(ref Utf8JsonReader reader, FieldsRead read)
    {
        if (_format is null && _usual.Read(ref reader, read) is { } usual) return usual;
        string text = reader.TokenType == JsonTokenType.String ? reader.GetString()!
            : Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number)) throw NoTime(text);
        if (_format is not null)
            return _format.Read(text) is { } stamp && Utc(stamp, read.Sent) is { } said ? said : throw NoTime(text);
        bool number = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double since);
        if (number && !TimeText.IsCompact(text))
        {
            read.MayBeDays = FeedTime.MayBeDays(since);
            return FeedTime.FromNumber(since) ?? throw NoTime(text);
        }
        if (TimeText.Numbers(text) is { Separator: not '.' })
            throw new Rejected(Rejection.BadTimestamp, $"the timestamp '{text}' can be read day first and month first: say which with "
                + "source.fields.timestampFormat: day-first or month-first");
        TimeStamp? date = TimeText.Parse(text) ?? TimeText.Parse(text, DayOrder.DayFirst);  // nobody writes 01.13.2026
        return (date is { } day ? Utc(day, read.Sent) : FeedTime.Parse(text)) ?? throw NoTime(text);
    }

    // Of the hour that comes twice when clocks go back, the one that is nearer to when the record was sent.
    DateTime? Utc(TimeStamp stamp, DateTime? sent)
    {
        DateTime? first = stamp.In(_zone);
        if (sent is not { } then || !stamp.IsAmbiguousIn(_zone) || stamp.In(_zone, later: true) is not { } second) return first;
        return first is { } one && (then - one).Duration() <= (then - second).Duration() ? one : second;
    }

    Rejected NoTime(string text) => new(Rejection.BadTimestamp, $"the timestamp must be {(_format is null
        ? "ISO 8601 or a number since 1970" : $"written as source.fields.timestampFormat says ({_format.Says})")}, was "
        + text[..Math.Min(text.Length, MostShown)]);

    static Rejected Twice(string field) => new(Rejection.BadFields, $"field {field} stands twice");

    // What stands there, for a person.
    static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartArray => "a list",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.String => "a text",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.Null => "null",
        _ => "a number",
    };

    internal sealed class Rejected(Rejection reason, string message) : Exception(message)
    {
        public Rejection Reason { get; } = reason;

        /// <summary>Whether fields that must be there are not: which are there is worth a word.</summary>
        public bool IsAbsent { get; init; }
    }
}
