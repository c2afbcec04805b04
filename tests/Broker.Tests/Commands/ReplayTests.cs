using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>What of a file a replay sends.</summary>
public sealed class ReplayTests(EmbeddedBrokerFixture broker) : IClassFixture<EmbeddedBrokerFixture>, IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("esn-replay-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(400, 48, 0)]  // words in a column of numbers are missing values
    [InlineData(40, 0, 1)]    // where they are half of it, it is none
    public async Task Rows_that_a_backtest_refuses_are_not_sent_and_are_told_of_and_missing_values_are(int good, int words, int code)
    {
        string topic = await broker.Topic("rows"), file = Path.Combine(_directory, "feed.csv");
        var start = new DateTime(2026, 1, 5, 0, 0, 0, DateTimeKind.Utc);
        string Row(int i, string values) =>
            string.Create(CultureInfo.InvariantCulture, $"{start.AddMinutes(i):yyyy-MM-dd HH:mm},{values}\n");
        // One that is broken off, after which its value may be cut; one whose time is none; words.
        File.WriteAllText(file, "time,flow,pressure\n" + string.Concat(Enumerable.Range(0, good).Select(i =>
            Row(i, string.Create(CultureInfo.InvariantCulture, $"{i}.5,{(i == 7 ? "" : "2.25")}"))))
            + Row(good, "3") + "soon,1.5,2.25\n" + string.Concat(Enumerable.Range(0, 48).Select(i => Row(good + 2 + i, "off,2.25"))));
        using var replay = new EsnProcess("replay", file, "--to", topic, "--bootstrap-servers", broker.BootstrapServers!,
            "--value-column", "flow", "--value-column", "pressure");
        Assert.True(await replay.Exit(EndToEnd.Patience) == code, replay.Said);
        Assert.Contains($"{good + words} rows sent to {topic} as stream feed", replay.Said, StringComparison.Ordinal);
        Assert.Contains($"{50 - words} rows can't be read and were not sent, the first: row {good}: the row has 2 fields, the header 3",
            replay.Said, StringComparison.Ordinal);

        double?[][] sent = [.. (await Topics.ReadAll(broker.BootstrapServers!, topic)).Select(record => record.Data().GetProperty("values")
            .EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? (double?)null : value.GetDouble()).ToArray())];
        Assert.Equal(Enumerable.Range(0, good + words).Select(i => new double?[] { i < good ? i + .5 : null, i == 7 ? null : 2.25 }), sent);
    }
}
