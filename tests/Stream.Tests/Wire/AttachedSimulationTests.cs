using System.Text;
using System.Text.Json;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>The lines that docs/fields.md gives to a simulation in Python send what is read here, to the bit.</summary>
public sealed class AttachedSimulationTests : IDisposable
{
    // Stands in for confluent-kafka: it shows what would be sent, one record a line.
    const string Client = """
        import json
        class Producer:
            def __init__(self, settings): assert "bootstrap.servers" in settings
            def produce(self, topic, key=None, value=None, headers=None):
                print(json.dumps({"topic": topic, "key": key, "value": value.hex(), "headers": {k: str(v) for k, v in headers.items()}}))
            def poll(self, timeout): return 0
            def flush(self): return 0
        """;

    readonly string _directory = Directory.CreateTempSubdirectory("esn-test-").FullName;

    static long Bits(double value) => double.IsNaN(value) ? 0 : BitConverter.DoubleToInt64Bits(value) ^ 1;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_lines_for_Python_send_what_is_read_here()
    {
        string snippet = Assert.Single(Markdown.Blocks("docs/fields.md"), block => block.Language == "python").Text;
        await File.WriteAllTextAsync(Path.Combine(_directory, "confluent_kafka.py"), Client, TestContext.Current.CancellationToken);
        string script = Path.Combine(_directory, "simulation.py");
        await File.WriteAllTextAsync(script, $"""
            {snippet}
            send([[1.5, -2.25, 1e300], [float("nan"), 0.1, -0.0]])
            send([[3, 4, 5], [float("nan"), 7, 8]])
            producer.flush()
            """, TestContext.Current.CancellationToken);
        (int code, string said) = await Tool.Run("python3", [script]);
        Assert.True(code == 0, said);

        double[][] fields = [[1.5, -2.25, 1e300, double.NaN, .1, -0.0], [3, 4, 5, double.NaN, 7, 8]];
        string[] lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(fields.Length, lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            JsonElement sent = JsonDocument.Parse(lines[i]).RootElement;
            byte[] value = Convert.FromHexString(sent.GetProperty("value").GetString()!);
            RecordHeader[] headers = [.. sent.GetProperty("headers").EnumerateObject()
                .Select(header => new RecordHeader(header.Name, Encoding.UTF8.GetBytes(header.Value.GetString()!)))];
            var record = new FeedRecord("timesteps", 0, i, 0, Encoding.UTF8.GetBytes(sent.GetProperty("key").GetString()!),
                value) { Headers = headers };
            (Frame? frame, DeadLetter? letter) = new FrameDecoder(new FrameFields()).Decode(record);
            Assert.Null(letter?.Detail);
            Assert.Equal(("ocean", 1, 2, 3), (frame!.Stream.Key, frame.Field!.Fields, frame.Field.Rows, frame.Field.Columns));
            // To the bit, but for NaN, of which there are many.
            Assert.Equal(fields[i].Select(Bits), frame.Values.Select(Bits));
            Assert.InRange(DateTime.UtcNow - frame.Time, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(10));
            // And byte by byte what the encoder of `esn replay` makes of the same field.
            Assert.Equal(FieldRecord.Encode(frame.Field, frame.Values, frame.Time, wide: true).Value, value);
        }
    }
}
