using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Esn.Streaming.Kafka;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class RecordValuesTests
{
    readonly RecordValues _values = new(new FrameFields());

    byte[]? Of(string? value) => _values.Deserialize(value is null ? default : Encoding.UTF8.GetBytes(value), value is null,
        SerializationContext.Empty);

    static string Usual(int i) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"timestamp": "2026-01-02T03:04:05Z", "value": {{i}}}""");

    // Each keeps its own bytes, whatever comes after it.
    [Fact]
    public void A_usual_record_is_read_and_its_bytes_are_as_they_came()
    {
        var records = new List<FeedRecord>();
        for (int i = 0; i < 10_000; i++)  // more than lie beside each other
        {
            Assert.Null(Of(Usual(i)));
            records.Add(new FeedRecord("steps", 0, i, 0, "pump"u8.ToArray(), _values.Raw, _values.Read!.Value));
        }
        for (int i = 0; i < records.Count; i++)
        {
            Assert.Equal(i, records[i].Read!.Value.Value);
            Assert.Equal(Usual(i), Encoding.UTF8.GetString(records[i].Value!));
            Assert.Equal([i], new FrameDecoder(new FrameFields()).Decode(records[i]).Frame!.Values);
        }
    }

    [Fact]
    public void Any_other_record_is_its_bytes()
    {
        foreach (string? value in (string?[])["", "{", """{"timestamp": 5, "value": 1}""", Usual(1) + new string(' ', 70_000), null])
        {
            Of(Usual(1));
            Assert.Equal(value is null ? null : Encoding.UTF8.GetBytes(value), Of(value));
            Assert.Null(_values.Read);
            Assert.Null(_values.Raw.Array);
        }
    }

    [Fact]
    public void A_record_that_is_in_a_frame_keeps_nobodys_bytes()
    {
        Of(Usual(1));
        FeedRecord record = new FeedRecord("steps", 0, 0, 0, null, _values.Raw, _values.Read!.Value);
        record.Taken();
        Assert.Null(record.Value);
    }
}
