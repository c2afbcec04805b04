using System.Text;
using System.Text.Json;

namespace Esn.Streaming.Wire;

/// <summary>What was read of a record's fields so far.</summary>
/// <remarks>Kept for the next record. Not thread-safe.</remarks>
/// <param name="fields">Names of the fields.</param>
sealed class FieldsRead(FrameFields fields)
{
    const int MostNamed = 12, LongestNamed = 40;

    public DateTime? Sent { get; private set; }
    public bool[] Seen { get; } = new bool[NamedField.Of(fields).Length];
    public int Next { get; set; }  // field that is looked for first
    public string?[] Names { get; } = new string?[fields.Stream.Count];
    public double?[] Channels { get; } = new double?[fields.Channels.Count];
    public double[]? Values { get; set; }
    public DateTime? Time { get; set; }
    public bool MayBeDays { get; set; }
    public FrameDecoder.Rejected? Problem { get; set; }  // the first one

    /// <summary>Nothing has been read of a record that was sent then.</summary>
    public void Begin(DateTime? sent)
    {
        Sent = sent;
        Reset();
    }

    /// <summary>As if nothing had been read.</summary>
    public void Reset()
    {
        Array.Clear(Seen);
        Array.Clear(Names);
        Array.Clear(Channels);
        (Next, Values, Time, MayBeDays, Problem) = (0, null, null, false, null);
    }

    public string Stream()
    {
        int missing = Array.IndexOf(Names, null);
        if (missing >= 0)
            throw Problem ?? Absent(Rejection.NoKey, $"field {fields.Stream[missing]} is missing: it names the stream");
        string name = string.Join('/', Names);
        if (name.Length == Names.Length - 1 || Encoding.UTF8.GetByteCount(name) > FrameDecoder.LongestKey
            || name.EnumerateRunes().Any(FrameDecoder.IsNoText))
            throw new FrameDecoder.Rejected(Rejection.BadKey, $"what {string.Join(", ", fields.Stream)} say must be a name of 1 to "
                + $"{FrameDecoder.LongestKey} bytes without control characters");
        return name;
    }

    public double[] Frame()
    {
        if (Problem is not null) throw Problem;
        if (fields.Channels.Count == 0)
            return Values
                ?? throw Absent(Rejection.BadFields, $"neither field {fields.Value} nor field {fields.Values} is there");
        // A device that has nothing to say of a sensor leaves it out; one that says nothing of any is misnamed.
        return Array.TrueForAll(Channels, value => value is null)
            ? throw Absent(Rejection.BadFields, $"none of the fields {string.Join(", ", fields.Channels)} is there")
            : [.. Channels.Select(value => value ?? double.NaN)];
    }

    static FrameDecoder.Rejected Absent(Rejection reason, string detail) => new(reason, detail) { IsAbsent = true };

    /// <summary>Which fields a record has, for who named others; empty: none.</summary>
    /// <param name="value">JSON.</param>
    public static string InRecord(byte[]? value)
    {
        List<string> names = [];
        try
        {
            ReadOnlyMemory<byte> text = value.AsMemory(FrameDecoder.Begin(value));
            using JsonDocument json = JsonDocument.Parse(BareNumbers.TryReplace(text.Span) ?? text);
            foreach (JsonProperty field in json.RootElement.EnumerateObject()) Name(field, "");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";  // no object: what is wrong with it has been told
        }
        string more = names.Count > MostNamed ? ", …" : "";
        return names.Count == 0 ? ""
            : $"; the record has {string.Join(", ", names.Take(MostNamed))}{more}: source.fields says which are meant";

        void Name(JsonProperty field, string within)
        {
            string path = within + (field.Name.Length <= LongestNamed ? field.Name : $"{field.Name[..LongestNamed]}…");
            if (field.Value.ValueKind != JsonValueKind.Object || within.Length > 0) names.Add(path);
            else foreach (JsonProperty below in field.Value.EnumerateObject()) Name(below, $"{path}.");
        }
    }
}
