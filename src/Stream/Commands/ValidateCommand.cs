using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Http;
using Esn.Streaming.Kafka;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Commands;

/// <summary>esn validate: is this configuration right?</summary>
static class ValidateCommand
{
    public static (Command, string[]) Make()
    {
        var stream = new Option<string?>("--stream", "-s") { Description = "The name of a stream: says which model it gets, and why." };
        var channels = new Option<int?>("--channels") { Description = "Of frames of so many values: says what a stream of them takes." }
            .Must(value => value is > 0 and <= 1_000_000, value => $"--channels must be in [1, 1000000], was {value}");
        var command = new Command("validate", "Reads a configuration as `esn run` would and says what is wrong with it: "
            + "the file, the line, the value and what would be right. Exit code 0: nothing is. Where state is kept that can be looked at, "
            + "it warns of a topic that does not fit and of streams that learnt with another specification, and says what becomes of "
            + "them.")
        {
            RunCommand.Config, stream, channels,
        };
        command.SetAction(async (parsed, stop) =>
        {
            EsnConfig config = RunCommand.Load(parsed);
            IReadOnlyList<string> ignored = ClientCheck.Settings(config);
            WebServer.Certificate(config.Http, config.Where("http.certificate"))?.Dispose();
            if (NoDirectory(config) is { } file)
                throw new ConfigException($"state.directory: {file} is a file, and a directory is expected"
                    + config.Where("state.directory"));
            Console.WriteLine($"{parsed.GetValue(RunCommand.Config)?.ToString() ?? "the defaults"}: good");
            Console.WriteLine($"  reads   {string.Join(", ", config.Source.Topics)} at {config.Kafka.BootstrapServers} as group "
                + $"{config.Source.Group}");
            foreach (string line in ignored) Console.WriteLine($"  reads   warning: {line}");
            Console.WriteLine($"  writes  {config.Sink.Events} and {config.Sink.DeadLetters}");
            int width = parsed.GetValue(channels) ?? Math.Max(1, config.Source.FrameChannels);
            if (parsed.GetValue(stream) is { } name) Console.WriteLine($"  models  {name}: {One(config, name, width)}");
            else
                foreach (string line in All(config, width)) Console.WriteLine($"  models  {line}");
            foreach (string line in Shadowed(config)) Console.WriteLine($"  models  warning: {line}");
            Console.WriteLine($"  shows   {(config.Http.Certificate.Length > 0 ? "https" : "http")}://{config.Http.Address}/metrics");
            if (!IsOfThisMachine(config.Http.Address))
                Console.WriteLine($"  shows   warning: {config.Http.Address} is no address of this machine, on which a start would stop"
                    + config.Where("http.listen"));
            await foreach (string line in Kept(config, stop).ConfigureAwait(false)) Console.WriteLine($"  state   {line}");
            return 0;
        });
        return (command, ["esn validate --config config/esn.yaml", "esn validate --config config/plant.yaml --stream pump-7",
            "esn validate --config config/esn.yaml --channels 8"]);
    }

    // The file that stands where state is to be kept, or above; null: there is none.
    static string? NoDirectory(EsnConfig config)
    {
        if (config.State.Store != StateStore.Directory) return null;
        string? path = Path.GetFullPath(config.StateDirectory);
        while (path is not null && !Path.Exists(path)) path = Path.GetDirectoryName(path);
        return File.Exists(path) ? path : null;
    }

    // Whatever listens there now: only the address is asked for.
    static bool IsOfThisMachine(string listen)
    {
        var address = IPEndPoint.Parse(listen);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address.Address, 0));
            return true;
        }
        catch (SocketException e)
            when (e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            return false;
        }
    }

    // Entries that never hold. The * of a name is no letter: what matches it are those of the entries before.
    static IEnumerable<string> Shadowed(EsnConfig config)
    {
        for (int i = 1; i < config.Models.Count; i++)
        {
            string[] before = [.. config.Models.Take(i).SelectMany(entry => entry.Streams)];
            string[] never = [.. config.Models[i].Streams.Where(new StreamPattern(before).Matches)];
            string key = FormattableString.Invariant($"models[{i}]");
            if (never.Length > 0)
                yield return $"{key} never holds for {string.Join(", ", never)}: an entry before it names the same, and the first holds"
                    + config.Where($"{key}.streams");
        }
    }

    // What a start would find, one partition in memory at a time.
    static async IAsyncEnumerable<string> Kept(EsnConfig config, [EnumeratorCancellation] CancellationToken stop)
    {
        using ILoggerFactory log = RunCommand.Logging(LogLevel.Critical);  // what is wrong is told as a result
        (ISnapshotStore? found, string? line) = await Store(config, log.CreateLogger("esn"), stop).ConfigureAwait(false);
        if (line is not null) yield return line;
        if (found is null) yield break;
        await using ISnapshotStore store = found;
        var models = new ModelChoice(config);
        var partitions = new List<PartitionId>();
        await foreach (StoredSnapshot stored in store.List(stop).ConfigureAwait(false))
        {
            if (stored.Newest) partitions.Add(stored.Partition);
            if (stored.Fault is { } fault) yield return $"warning: generation {stored.Generation} of {stored.Partition}: {fault}";
        }
        foreach (PartitionId partition in partitions)
        {
            if (await store.Load(partition, stop).ConfigureAwait(false) is not { } snapshot) continue;
            string[] others = [.. snapshot.Slots.Where(slot => !PartitionGroup.Fits(slot, models)).Select(slot => slot.Stream.Key)];
            if (others.Length == 0) continue;
            string named = string.Join(", ", others.Take(3)) + (others.Length > 3 ? ", …" : "");
            yield return string.Create(CultureInfo.InvariantCulture, $"warning: {others.Length} of {snapshot.Slots.Count} streams of "
                + $"{partition} learnt with another specification ({named}): {Becomes(config.State.OnSpecChange)}");
        }
    }

    // Null: there is none that can be looked at; the line says why, where a person would not know.
    static async Task<(ISnapshotStore?, string?)> Store(EsnConfig config, ILogger log, CancellationToken stop)
    {
        if (config.State.Store == StateStore.Directory && Directory.Exists(config.StateDirectory))
            return (new DirectoryStore(config.StateDirectory, config.Source.Group, log), null);
        if (config.State.Store != StateStore.Topic) return (null, null);
        var store = new TopicStore(config, TimeProvider.System, log, asks: true);
        string? line = null;
        try
        {
            if (await store.Look(stop).ConfigureAwait(false)) return (store, null);
        }
        catch (ConfigException e)
        {
            line = $"warning: the start will stop: {e.Message}";
        }
        catch (KafkaException e)
        {
            line = $"topic {config.State.Topic} was not looked at: {config.Kafka.BootstrapServers} does not answer ({e.Error.Reason})";
        }
        await store.DisposeAsync().ConfigureAwait(false);
        return (null, line);
    }

    static string Becomes(SpecChange change) => change switch
    {
        SpecChange.Reset => "they begin anew (state.onSpecChange: reset)",
        SpecChange.KeepOld => "they go on with it (state.onSpecChange: keepOld)",
        _ => "the start will stop (state.onSpecChange: fail; reset and keepOld are the others)",
    };

    static IEnumerable<string> All(EsnConfig config, int channels)
    {
        foreach (ModelConfig entry in config.Models) yield return $"{string.Join(", ", entry.Streams)}: {Model(config, entry, channels)}";
        yield return $"{(config.Models.Count > 0 ? "the others: " : "")}{Model(config, null, channels)}";
    }

    static string One(EsnConfig config, string stream, int channels)
    {
        ModelConfig? entry = config.Entry(stream);
        string why = entry is null ? (config.Models.Count > 0 ? ", as no entry of models names it" : "")
            : string.Create(CultureInfo.InvariantCulture, $", by models[{config.Models.ToList().IndexOf(entry)}]");
        return Model(config, entry, channels) + why;
    }

    static string Model(EsnConfig config, ModelConfig? entry, int channels)
    {
        ModelSpec model = entry is null ? config.Model : config.ModelOf(entry);
        AlarmBudget? said = entry?.Budget ?? config.Alarms.Budget;
        string budget = AlarmBudget.Say(model, said) + BacktestCommand.Daily(said?.PerDay is null ? model.AlarmsAStep() : null,
            config.Source.Times.IntervalSeconds);
        return string.Create(CultureInfo.InvariantCulture,
            $"preset {entry?.Preset ?? config.Preset}, budget {budget}, {model.Regressors(channels)} regressors, about "
                + $"{MemorySize.Say(model.EstimatedBytes(channels))} a stream of {channels} channel{(channels == 1 ? "" : "s")}");
    }
}
