using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>What stops the start stops it with one line.</summary>
public sealed class StartTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("esn-start-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("run", "kafka:\n  consumer:\n    fetch.min.byte: 1\n",
        "kafka.consumer.fetch.min.byte: No such configuration property: \"fetch.min.byte\": did you mean fetch.min.bytes? (", ":3)")]
    [InlineData("validate", "kafka:\n  producer: { acks: few }\n", "kafka.producer.acks: ", ":2)")]
    [InlineData("run", "kafka: { bootstrapServers: \"127.0.0.1:1\" }\nhttp:\n  listen: 192.0.2.1:9464\n",
        "http.listen: can't listen on 192.0.2.1:9464: ", ":3)")]
    public async Task A_wrong_setting_is_told_with_file_line_key_and_what_would_be_right(string command, string text, string says,
        string where)
    {
        string file = Path.Combine(_directory, "esn.yaml");
        File.WriteAllText(file, text);
        using var esn = new EsnProcess(command, "--config", file);
        Assert.Equal(2, await esn.Exit(EndToEnd.Patience));
        string line = Assert.Single(esn.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"esn: {says}", line, StringComparison.Ordinal);
        Assert.EndsWith($"{file}{where}", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http: { certificate: ESN }\n", "http.certificate: can't use ")]
    [InlineData("\nhttp: { certificate: /nowhere/esn.pem, certificateKey: /nowhere/esn.key }\n",
        "http.certificate: can't use /nowhere/esn.pem with the key /nowhere/esn.key")]
    [InlineData("state: { directory: ESN }\n", "state.directory: ")]
    [InlineData("state: { directory: ESN/below }\n", "state.directory: ")]
    public async Task Validate_refuses_files_that_a_start_can_not_use(string text, string says)
    {
        string file = Path.Combine(_directory, "esn.yaml");
        File.WriteAllText(file, text.Replace("ESN", file, StringComparison.Ordinal));  // is no directory, and no certificate
        using var esn = new EsnProcess("validate", "--config", file);
        Assert.Equal(2, await esn.Exit(EndToEnd.Patience));
        string line = Assert.Single(esn.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"esn: {says}", line, StringComparison.Ordinal);
        Assert.Matches(@"\(.*esn\.yaml:[12]\)$", line);
    }

    [Theory]
    [InlineData("http: { listen: \"192.0.2.1:9464\" }\n", "192.0.2.1:9464 is no address of this machine, on which a start would stop (")]
    [InlineData("http: { listen: \"0.0.0.0:9464\" }\n", null)]
    [InlineData("models: [{ streams: [\"*\"], preset: metric }, { streams: [a, \"b-*\"], preset: signal }]\n",
        "models[1] never holds for a, b-*: an entry before it names the same, and the first holds (")]
    [InlineData("models: [{ streams: [\"b-*\"], preset: metric }, { streams: [\"b-7*\", \"*-7\"], preset: signal }]\n",
        "models[1] never holds for b-7*: an entry")]
    [InlineData("models: [{ streams: [\"b-7\"], preset: metric }, { streams: [\"b-*\"], preset: signal }]\n", null)]
    public async Task Validate_warns_of_what_does_not_hold_here(string text, string? says)
    {
        string file = Path.Combine(_directory, "esn.yaml");
        File.WriteAllText(file, text);
        using var esn = new EsnProcess("validate", "--config", file);
        Assert.Equal(0, await esn.Exit(EndToEnd.Patience));
        string[] warnings = [.. esn.Said.Split('\n').Where(line => line.Contains("warning: ", StringComparison.Ordinal))];
        if (says is null) Assert.Empty(warnings);
        else Assert.Contains($"warning: {says}", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--budget lots", "was \"lots\"")]
    [InlineData("--preset sine", "--preset must be one of signal, sensors, metric, field, was \"sine\"")]
    public async Task A_wrong_option_is_told_and_ends_with_2(string option, string says)
    {
        using var esn = new EsnProcess(["backtest", "feed.csv", .. option.Split(' ')]);
        Assert.Equal(2, await esn.Exit(EndToEnd.Patience));
        Assert.Contains(says, esn.Said, StringComparison.Ordinal);
        Assert.Contains("esn backtest --help says what can be said", esn.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pump-9", "pump-9: preset sensors, budget 1 per month,", "by models[0]")]
    [InlineData("latency-eu", "latency-eu: preset metric, budget 2 per week,", "by models[2]")]
    [InlineData("tide", "tide: preset signal, budget 1 per 50000 steps,", "as no entry of models names it")]
    public async Task Validate_says_which_model_a_stream_gets(string stream, string says, string why)
    {
        using var esn = new EsnProcess("validate", "--config", Path.Combine(SharedData.Root, "config", "mixed.yaml"), "--stream", stream);
        Assert.Equal(0, await esn.Exit(EndToEnd.Patience));
        string line = Assert.Single(esn.Said.Split('\n'), line => line.Contains("models  ", StringComparison.Ordinal));
        Assert.Contains(says, line, StringComparison.Ordinal);
        Assert.EndsWith(why, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("alarms: { budget: 3 per day }\n", null)]
    [InlineData("detector: { reservoir: { units: 77 } }\n", "(pump-7): the start will stop (state.onSpecChange: fail;")]
    [InlineData("detector: { reservoir: { units: 77 } }\nstate: { onSpecChange: reset }\n", "(pump-7): they begin anew")]
    public async Task Validate_warns_of_what_a_start_will_refuse(string changed, string? says)
    {
        string file = Path.Combine(_directory, "esn.yaml");
        File.WriteAllText(file, "");
        EsnConfig config = ConfigFile.Load(file);
        var slot = new StreamSlot(new StreamId("timesteps", 0, "pump-7"), config.Model, new Gate(1));
        await using (var store = new DirectoryStore(config.StateDirectory, config.Source.Group, NullLogger.Instance))
            await store.Save(new PartitionSnapshot(new PartitionId("timesteps", 0), 5, DateTime.UnixEpoch, [slot.Capture(5)]),
                TestContext.Current.CancellationToken);
        File.WriteAllText(file, changed);
        using var esn = new EsnProcess("validate", "--config", file);
        Assert.Equal(0, await esn.Exit(EndToEnd.Patience));
        string[] warnings = [.. esn.Said.Split('\n').Where(line => line.Contains("warning", StringComparison.Ordinal))];
        if (says is null) Assert.Empty(warnings);
        else Assert.Contains("warning: 1 of 1 streams of timesteps[0] learnt with another specification " + says, Assert.Single(warnings),
            StringComparison.Ordinal);
    }
}
