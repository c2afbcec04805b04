using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>What people say to one process reaches the others, lasts, and is told with who and why; on a real Kafka.</summary>
public sealed class CommandTests(RealKafkaFixture broker) : IClassFixture<RealKafkaFixture>, IDisposable
{
    const string Token = "a token of alice's";

    static readonly TimeSpan Patience = EndToEnd.Patience;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("esn-commands-");
    readonly string _run = Guid.NewGuid().ToString("N")[..8];

    string Servers
    {
        get
        {
            Assert.SkipUnless(broker.BootstrapServers is not null, broker.Missing);
            return broker.BootstrapServers!;
        }
    }

    // Small models that are ready soon.
    string Config(string more = "")
    {
        string file = Path.Combine(_folder.FullName, "esn.yaml");
        File.WriteAllText(file, $$"""
            kafka: { bootstrapServers: "{{Servers}}" }
            source: { topics: [steps-{{_run}}], group: g-{{_run}} }
            sink: { events: events-{{_run}}, deadLetters: letters-{{_run}} }
            control: { topic: commands-{{_run}} }
            state: { intervalSeconds: 1 }
            http: { listen: "127.0.0.1:0", tokens: { alice: "{{Token}}" } }
            detector: { reservoir: { units: 20, degree: 4 }, calibrator: { reach: 1000 }, scalingSteps: 50, scoredFrom: 80, warmUp: 400 }
            {{more}}
            """);
        return file;
    }

    // A noisy sine that jumps for twenty steps at 600, 900 and 1200, the same each time.
    static double Value(long t) => Math.Sin(.3 * t) + .01 * Math.Sin(12.9898 * t * t) + (t >= 600 && t % 300 < 20 ? 3 : 0);

    async Task Feed(long from, long to, string key = "pump-7")
    {
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[],
            byte[]>(new ProducerConfig { BootstrapServers = Servers }).Build();
        for (long t = from; t < to; t++)
            producer.Produce($"steps-{_run}", new Message<byte[], byte[]>
            {
                Key = Encoding.UTF8.GetBytes(key),
                Value = Encoding.UTF8.GetBytes(FormattableString.Invariant(
                    $$"""{"value": {{Value(t)}}, "timestamp": {{1_700_000_000 + t}}}""")),
            });
        await Task.Run(() => producer.Flush(Patience));
    }

    static async Task<JsonElement> Until(EsnProcess esn, string path, Func<JsonElement, bool> enough)
    {
        using var http = new HttpClient { BaseAddress = new Uri(await esn.Address, "/api/v1/") };
        for (DateTime end = DateTime.UtcNow + Patience;;)
        {
            JsonElement answer = JsonDocument.Parse(await http.GetStringAsync(path)).RootElement;
            if (enough(answer)) return answer;
            Assert.True(DateTime.UtcNow < end, $"{path}: {answer}\n{esn.Said}");
            await Task.Delay(100);
        }
    }

    static async Task<(int Status, string Text)> Put(EsnProcess esn, string path)
    {
        using var http = new HttpClient { BaseAddress = new Uri(await esn.Address, "/api/v1/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        using HttpResponseMessage response = await http.PutAsync(path, null);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    static Task<JsonElement> Steps(EsnProcess esn, long steps) =>
        Until(esn, "health", health => health.GetProperty("steps").GetInt64() >= steps);

    static JsonElement[] Alarms(JsonElement alarms) => [.. alarms.EnumerateArray()];

    [Fact]
    public async Task A_topic_of_commands_that_is_deleted_is_told_of_and_made_anew_with_the_mutes_in_force_and_every_replica_hears_of_them()
    {
        await Topics.Create(Servers, $"steps-{_run}", 1);
        using var esn = new EsnProcess("run", "--config", Config());
        await Feed(0, 100);
        await Steps(esn, 100);
        using var other = new EsnProcess("run", "--config", Config());
        await Until(other, "health", _ => true);
        Assert.Equal(200, (await Put(esn, "mutes?streams=pump-7&for=1h")).Status);
        await Until(other, "mutes", mutes => mutes.GetArrayLength() == 1);
        await Topics.Delete(Servers, $"commands-{_run}");
        // One of them is the first to notice.
        EsnProcess[] both = [esn, other];
        string Said() => $"{esn.Said}\n{other.Said}";
        for (DateTime end = DateTime.UtcNow + Patience; !Said().Contains($"topic commands-{_run} of commands is gone",
            StringComparison.Ordinal) || Said().Split($"created topic commands-{_run}").Length < 3; await Task.Delay(100))
            Assert.True(DateTime.UtcNow < end, Said());
        EsnProcess later = Array.Find(both, one => !one.Said.Contains("of commands is gone", StringComparison.Ordinal)) ?? other;
        for (DateTime end = DateTime.UtcNow + Patience; (await Put(later, "mutes?streams=fan-*&for=1h")).Status != 200;
            await Task.Delay(100))
            Assert.True(DateTime.UtcNow < end, Said());
        foreach (EsnProcess one in both) await Until(one, "mutes", mutes => mutes.GetArrayLength() == 2);
        // They are in the topic, so another process hears of them.
        using var next = new EsnProcess("run", "--config", Config());
        JsonElement mutes = await Until(next, "mutes", mutes => mutes.GetArrayLength() > 1);
        Assert.Equal(["fan-*", "pump-7"], mutes.EnumerateArray().Select(mute => mute.GetProperty("streams").GetString()));
    }

    [Fact]
    public async Task What_was_said_of_an_alarm_lasts_over_a_restart_whose_board_knows_it_and_the_same_again_is_not_told()
    {
        await Topics.Create(Servers, $"steps-{_run}", 2);
        string id;
        await Feed(0, 700);
        using (var esn = new EsnProcess("run", "--config", Config()))
        {
            await Steps(esn, 700);
            id = Alarms(await Until(esn, "alarms", alarms => Alarms(alarms).Length == 1))[0].GetProperty("id").GetString()!;
            string alarm = Uri.EscapeDataString(id);
            Assert.Equal(200, (await Put(esn, $"alarms/acknowledgement?alarm={alarm}&why=mine")).Status);
            (int status, string told) = await Put(esn, $"alarms/feedback?alarm={alarm}&anomaly=false&why=the%20weekly%20test");
            Assert.True(status == 200, told);
            Assert.False(JsonDocument.Parse(told).RootElement.GetProperty("verdict").GetProperty("anomaly").GetBoolean());
            await Feed(700, 1000);  // the same again
            await Steps(esn, 1000);
            Assert.Single(Alarms(await Until(esn, "alarms", _ => true)));
            esn.Terminate();
            Assert.Equal(0, await esn.Exit(Patience));
        }

        using (var esn = new EsnProcess("run", "--config", Config()))
        {
            // Before a single record comes.
            JsonElement known = Alarms(await Until(esn, "alarms", alarms => Alarms(alarms).Length == 1))[0];
            Assert.Equal((id, "closed", "pump-7"), (known.GetProperty("id").GetString(), known.GetProperty("state").GetString(),
                known.GetProperty("stream").GetString()));
            Assert.Equal("alice", known.GetProperty("acknowledged").GetProperty("by").GetString());
            Assert.Equal("the weekly test", known.GetProperty("verdict").GetProperty("why").GetString());
            Assert.Equal(200, (await Put(esn, $"alarms/feedback?alarm={Uri.EscapeDataString(id)}&anomaly=true")).Status);
            await Feed(1000, 1300);
            await Until(esn, "streams", streams => streams.GetProperty("streams").EnumerateArray()
                .Any(stream => stream.GetProperty("position").GetInt64() == 1299));
            esn.Terminate();
            Assert.Equal(0, await esn.Exit(Patience));
        }

        List<ConsumeResult<byte[], byte[]>> commands = await Topics.ReadAll(Servers, $"commands-{_run}");
        Assert.Equal(["acknowledgement", "feedback", "feedback", "taken", "taken"],
            commands.Select(record => record.Data().GetProperty("kind").GetString()).Order());
        foreach (ConsumeResult<byte[], byte[]> record in commands)
        {
            Assert.StartsWith("esn.command.", record.Header("ce_type"), StringComparison.Ordinal);
            Assert.Equal(record.Header("ce_subject"), Encoding.UTF8.GetString(record.Message.Key));
            if (record.Header("ce_type") != "esn.command.taken") Assert.Equal("alice", record.Data().GetProperty("by").GetString());
        }
        Assert.Equal([700L, 1000], commands.Select(record => record.Data()).Where(data => data.TryGetProperty("from", out _))
            .Select(data => data.GetProperty("from").GetInt64()).Order());
    }

    [Fact]
    public async Task A_mute_that_was_said_to_one_replica_holds_in_the_one_that_has_the_stream_and_over_its_end()
    {
        await Topics.Create(Servers, $"steps-{_run}", 1);
        await Feed(0, 590);
        using var first = new EsnProcess("run", "--config", Config());
        await Steps(first, 590);
        using var second = new EsnProcess("run", "--config", Config());  // one partition: it has none
        await Until(second, "mutes", _ => true);
        (int status, string said) = (0, "");
        for (DateTime end = DateTime.UtcNow + Patience; status != 200 && DateTime.UtcNow < end; await Task.Delay(200))
            (status, said) = await Put(second, "mutes?streams=pump-*&for=1h&why=belt");
        Assert.True(status == 200, said);
        await Until(first, "mutes", mutes => mutes.GetArrayLength() == 1);
        await Feed(590, 640);
        await Steps(first, 640);
        Assert.Empty(Alarms(await Until(first, "alarms", _ => true)));
        first.Dispose();  // kill -9

        await Until(second, "health", health => health.GetProperty("modelBytes").GetInt64() > 0);  // it has the partition
        Assert.Equal("belt", (await Until(second, "mutes", mutes => mutes.GetArrayLength() == 1))[0].GetProperty("why").GetString());
        await Feed(640, 950);
        await Steps(second, 200);
        await Until(second, "streams", streams => streams.GetProperty("streams")[0].GetProperty("state").GetString() == "muted");
        await Until(second, "streams", streams => streams.GetProperty("streams")[0].GetProperty("position").GetInt64() == 949);
        Assert.Empty(Alarms(await Until(second, "alarms", _ => true)));
    }

    [Fact]
    public async Task Log_lines_are_objects_with_the_values_of_the_message_where_that_is_asked_for()
    {
        await Topics.Create(Servers, $"steps-{_run}", 1);
        await Feed(0, 640);
        using var esn = new EsnProcess("run", "--config", Config("logging: { format: json }"));
        await Until(esn, "alarms", alarms => Alarms(alarms).Length == 1);
        esn.Terminate();
        Assert.Equal(0, await esn.Exit(Patience));
        JsonElement[] lines = [.. esn.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement opened = lines.First(line => line.GetProperty("EventId").GetInt32() == 9);
        JsonElement values = opened.GetProperty("State");
        Assert.Equal(("pump-7", "opened"), (values.GetProperty("Stream").GetString(), values.GetProperty("Change").GetString()));
        Assert.True(values.GetProperty("Score").GetDouble() >= 1);
        Assert.EndsWith("Z", opened.GetProperty("Timestamp").GetString(), StringComparison.Ordinal);
        // The same line is one for a person.
        Assert.Matches("^alarm opened: stream pump-7 at 2023-11-14T22:2\\d:\\d\\dZ, step \\d+, (minor|major|critical), highest score "
            + "\\d+\\.\\d\\d$",
            opened.GetProperty("Message").GetString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
