using System.Globalization;
using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class RecordValuesTests
{
    readonly RecordValues _values = new(new FrameFields());

    byte[]? Of(string? value) => _values.Of(value is null ? default : Encoding.UTF8.GetBytes(value), value is null);

    static string Usual(int i) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"timestamp": "2026-01-02T03:04:05Z", "value": {{i}}}""");

    // Each keeps its own bytes, whatever comes after it.
    [Fact]
    public void A_usual_record_is_read_and_its_bytes_are_as_they_came()
    {
        var rows = new RecordRows();
        for (int i = 0; i < 10_000; i++)  // more than lie beside each other
        {
            Assert.Null(Of(Usual(i)));
            rows.Add(new RecordRow(null, "steps", 2, i, 5) 
            {
                Key = "pump"u8.ToArray(), Bytes = _values.Bytes, Value = _values.Read!.Value.Value,
            });
        }
        Assert.Equal(10_000, rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.Equal(i, rows.Row(i).Value);
            FeedRecord record = rows[i];
            Assert.Equal(("steps", 2, i, 5), (record.Topic, record.Partition, record.Offset, record.Milliseconds));
            Assert.Equal("pump"u8.ToArray(), record.Key);
            Assert.Equal(Usual(i), Encoding.UTF8.GetString(record.Value!));
        }
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => (long)i), rows.Select(record => record.Offset));
    }

    [Fact]
    public void Any_other_record_is_its_bytes()
    {
        foreach (string? value in (string?[])["", "{", """{"timestamp": 5, "value": 1}""", Usual(1) + new string(' ', 70_000), null])
        {
            Of(Usual(1));
            Assert.Equal(value is null ? null : Encoding.UTF8.GetBytes(value), Of(value));
            Assert.Null(_values.Read);
            Assert.Null(_values.Bytes.Array);
        }
    }

    // Read where it came or not, a record is the same to all that follows: scored, a dead letter with its bytes, refused for its key.
    [Fact]
    public void Rows_become_what_their_records_become()
    {
        var config = new EsnConfig
        {
            Source = new SourceConfig { Topics = ["steps"] }, State = new StateConfig { Store = StateStore.None },
        };
        string[] keys = ["a", "b", "", "\u0001", "a"];
        var rows = new RecordRows();
        for (int i = 0; i < 2000; i++)
        {
            byte[] key = Encoding.UTF8.GetBytes(keys[i % keys.Length]);
            int second = i % 97 == 0 ? 0 : i;  // some are late
            string json = string.Create(CultureInfo.InvariantCulture,
                $$"""{"timestamp": "{{Start.AddSeconds(second):yyyy-MM-ddTHH:mm:ssZ}}", "value": {{Math.Sin(.1 * i)}}}""");
            Assert.Null(Of(json));
            (DateTime time, double value) = _values.Read!.Value;
            rows.Add(new RecordRow(null, "steps", 0, i, 1000 * i)
            {
                Key = key, Name = FrameDecoder.NameOf(key), Time = time, Value = value, Bytes = _values.Bytes,
            });
        }
        ScoredBatch one = new StreamTable(config, TimeProvider.System).Take(new RecordBatch(rows)),
            other = new StreamTable(config, TimeProvider.System).Take(new RecordBatch([.. rows]));
        Assert.True(one.Frames.Count > 1100 && one.DeadLetters.Count > 800, $"{one.Frames.Count} {one.DeadLetters.Count}");
        Assert.Equal(other.Frames.Select(Said), one.Frames.Select(Said));
        Assert.Equal(other.DeadLetters.Select(Said), one.DeadLetters.Select(Said));
        Assert.Contains(one.DeadLetters, letter => letter.Reason == Rejection.Late);
        Assert.Contains(one.DeadLetters, letter => letter.Reason == Rejection.BadKey);
    }

    static readonly DateTime Start = new(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc);

    static string Said(ScoredFrame frame) => FormattableString.Invariant(
        $"{frame.Frame.Stream} {frame.Frame.Time:O} {frame.Frame.Values[0]:R} {frame.Frame.Record.Offset} {frame.Result.Score:R}")
        + FormattableString.Invariant($" {frame.At} {frame.Frame.Record.Milliseconds} {Encoding.UTF8.GetString(frame.Frame.Record.Key!)}");

    static string Said(DeadLetter letter) => FormattableString.Invariant(
        $"{letter.Reason} {letter.Detail} {letter.Stream} {letter.Record.Offset} {Encoding.UTF8.GetString(letter.Record.Value!)}");
}
