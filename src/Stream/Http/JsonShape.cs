using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Esn.Streaming.Http;

/// <summary>How the API writes JSON: words of the wire, null for what is no number, series no longer than a picture needs.</summary>
static class JsonShape
{
    /// <summary>Of every answer.</summary>
    public static JsonSerializerOptions Options { get; } = Applied(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    /// <summary>The same into options that are there.</summary>
    public static JsonSerializerOptions Applied(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
        options.Converters.Add(new NumberConverter());
        options.Converters.Add(new SeriesConverter());
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower;
        return options;
    }

    // JSON knows no NaN.
    sealed class NumberConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

        public override bool HandleNull => true;

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value)) writer.WriteNumberValue(value);
            else writer.WriteNullValue();
        }
    }

    // Series are kept in single precision, around their first value: further digits are noise.
    sealed class SeriesConverter : JsonConverter<double[]>
    {
        public override double[] Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException("series are written alone");

        public override void Write(Utf8JsonWriter writer, double[] value, JsonSerializerOptions options)
        {
            Span<byte> text = stackalloc byte[32];
            writer.WriteStartArray();
            foreach (double number in value)
            {
                if (!double.IsFinite(number)) writer.WriteNullValue();
                else if (Math.Abs(number) < 1e15 && number == Math.Floor(number)) writer.WriteNumberValue((long)number);
                else if (number.TryFormat(text, out int length, Math.Abs(number) < 1e6 ? "G10" : "G15", CultureInfo.InvariantCulture))
                    writer.WriteRawValue(text[..length]);
            }
            writer.WriteEndArray();
        }
    }
}
