using System.CommandLine;
using System.Globalization;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Commands;

/// <summary>esn state: what is kept over a restart.</summary>
static class StateCommand
{
    static readonly Option<string?> Topic = new("--topic", "-t") { Description = "Only this topic." };

    static readonly Option<int?> Partition = new("--partition", "-p") { Description = "Only this partition." };

    static readonly Option<string?> Stream = new("--stream", "-s") { Description = "Only this stream." };

    public static (Command, string[]) Make()
    {
        var command = new Command("state", "What is kept over a restart: what there is, whether it is whole, and how to begin anew.")
        {
            Sub("list", "What is kept: partitions, newest first, with the offset they stand for.",
                (parsed, stop) => List(parsed, stop), Topic, Partition),
            Sub("show", "The streams of the newest snapshots: steps taken, channels, size, digest.", Show, Topic, Partition, Stream),
            Sub("verify", "Reads every snapshot whole, and restores every stream of the newest with the models of the configuration. Exit "
                + "code 1: something is wrong.", Verify, Topic, Partition),
            Export(),
            Reset(),
        };
        return (command,
        [
            "esn state list --config config/esn.yaml",
            "esn state show -c config/esn.yaml --stream pump-7",
            "esn state verify -c config/esn.yaml",
            "esn state reset -c config/esn.yaml --stream pump-7 --yes",
        ]);
    }

    static Command Sub(string name, string does, Func<ParseResult, CancellationToken, Task<int>> act, params Option[] options)
    {
        var command = new Command(name, does) { RunCommand.Config };
        foreach (Option option in options) command.Options.Add(option);
        command.SetAction(act);
        return command;
    }

    static Command Export()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "Is written; must not be there." };
        Command command = Sub("export", "Writes the state of one stream to a file of its own.", async (parsed, stop) =>
        {
            (PartitionSnapshot snapshot, SlotSnapshot slot) = await One(parsed, stop).ConfigureAwait(false);
            using FileStream to = New(parsed.GetValue(file)!);
            var bytes = new Pieces();
            slot.Write(bytes);
            foreach (ReadOnlyMemory<byte> piece in bytes.Written()) await to.WriteAsync(piece, stop).ConfigureAwait(false);
            Console.WriteLine($"{parsed.GetValue(file)}: {slot.Stream.Key} of {snapshot.Partition} at step {slot.Position}, "
                + $"{MemorySize.Say(bytes.Length)}");
            return 0;
        }, Topic, Partition, Stream);
        command.Arguments.Add(file);
        return command;
    }

    static Command Reset()
    {
        var yes = new Option<bool>("--yes") { Description = "Without it nothing is deleted: it says what would be." };
        return Sub("reset",
            "Forgets what was learnt of a stream, or of whole partitions: they begin anew. Stop the replicas that read them first.",
            async (parsed, stop) =>
        {
            bool sure = parsed.GetValue(yes);
            string? stream = parsed.GetValue(Stream);
            await using ISnapshotStore store = Store(parsed);
            int forgotten = 0;
            foreach (PartitionId partition in (await All(parsed, store, stop).ConfigureAwait(false)).Select(stored => stored.Partition)
                .Distinct().ToArray())
            {
                if (stream is null)
                {
                    Console.WriteLine($"{partition}: {(sure ? "forgotten" : "would be forgotten")}");
                    if (sure) await store.Delete(partition, stop).ConfigureAwait(false);
                    forgotten++;
                    continue;
                }
                PartitionSnapshot snapshot = (await store.Load(partition, stop).ConfigureAwait(false))!;
                SlotSnapshot[] left = [.. snapshot.Slots.Where(slot => slot.Stream.Key != stream)];
                var id = new StreamId(partition.Topic, partition.Number, stream);
                bool asleep = await store.Wake(id, stop).ConfigureAwait(false) is not null;
                if (left.Length == snapshot.Slots.Count && !asleep) continue;
                Console.WriteLine($"{partition}: stream {stream} {(sure ? "forgotten" : "would be forgotten")}");
                if (sure) await store.Forget(id, stop).ConfigureAwait(false);
                if (sure)
                    await store.Save(snapshot with { Slots = left, TakenAt = TimeProvider.System.GetUtcNow().UtcDateTime }, stop)
                        .ConfigureAwait(false);
                forgotten++;
            }
            if (forgotten == 0) throw new ConfigException($"nothing is kept of {stream ?? "such partitions"} in {store.Name}");
            if (!sure) Console.WriteLine("nothing was deleted: say --yes");
            return 0;
        }, Topic, Partition, Stream, yes);
    }

    static async Task<int> List(ParseResult parsed, CancellationToken stop)
    {
        await using ISnapshotStore store = Store(parsed);
        List<StoredSnapshot> all = await All(parsed, store, stop).ConfigureAwait(false);
        if (all.Count == 0) Console.WriteLine($"nothing is kept in {store.Name}");
        foreach (StoredSnapshot stored in all)
            Console.WriteLine(stored.Fault is { } fault
                ? $"{stored.Partition}  generation {stored.Generation}  {MemorySize.Say(stored.Bytes)}  can't be used: {fault}"
                : string.Create(CultureInfo.InvariantCulture,
                    $"{stored.Partition}  generation {stored.Generation}  {(stored.Newest ? "newest" : "older")}  taken "
                    + $"{FeedTime.Write(stored.TakenAt)}  offset {stored.Next}  {stored.Streams} streams  {MemorySize.Say(stored.Bytes)}"));
        return 0;
    }

    static async Task<int> Show(ParseResult parsed, CancellationToken stop)
    {
        await using ISnapshotStore store = Store(parsed);
        string? stream = parsed.GetValue(Stream);
        int shown = 0;
        foreach (PartitionId partition in Newest(await All(parsed, store, stop).ConfigureAwait(false)))
        {
            PartitionSnapshot snapshot = (await store.Load(partition, stop).ConfigureAwait(false))!;
            foreach (SlotSnapshot slot in snapshot.Slots.Where(slot => stream is null || slot.Stream.Key == stream)
                .OrderBy(slot => slot.Stream.Key, StringComparer.Ordinal))
            {
                shown++;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{partition}  {slot.Stream.Key}  {slot.Position} steps  {slot.Channels} channel{(slot.Channels == 1 ? "" : "s")}  "
                        + $"offset {slot.Next}  {MemorySize.Say(slot.Detector.Length)}  digest {slot.Digest:x16}"));
            }
            // One that woke is in the snapshot; what it slept with stays until it sleeps again.
            HashSet<string> awake = [.. snapshot.Slots.Select(slot => slot.Stream.Key)];
            await foreach (SlotSnapshot slot in store.Asleep(partition, stop).ConfigureAwait(false))
            {
                if ((stream ?? slot.Stream.Key) != slot.Stream.Key || awake.Contains(slot.Stream.Key)) continue;
                shown++;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{partition}  {slot.Stream.Key}  {slot.Position} steps  left memory  {MemorySize.Say(slot.Detector.Length)}  digest "
                        + $"{slot.Digest:x16}"));
            }
        }
        if (shown == 0) throw new ConfigException($"nothing is kept of {stream ?? "such partitions"} in {store.Name}");
        return 0;
    }

    static async Task<int> Verify(ParseResult parsed, CancellationToken stop)
    {
        EsnConfig config = RunCommand.Load(parsed);
        var models = new ModelChoice(config);
        await using ISnapshotStore store = Store(parsed);
        List<StoredSnapshot> all = await All(parsed, store, stop).ConfigureAwait(false);
        int wrong = 0, streams = 0;
        foreach (StoredSnapshot stored in all.Where(stored => stored.Fault is not null))
        {
            wrong++;
            Console.WriteLine($"{stored.Partition}  generation {stored.Generation}: {stored.Fault}");
        }
        foreach (PartitionId partition in Newest(all))
        {
            PartitionSnapshot snapshot = (await store.Load(partition, stop).ConfigureAwait(false))!;
            foreach (SlotSnapshot slot in snapshot.Slots)
            {
                streams++;
                try
                {
                    StreamSlot.Restore(slot, models.Of(slot.Stream.Key));
                }
                catch (InvalidDataException e)
                {
                    wrong++;
                    Console.WriteLine($"{partition}  {slot.Stream.Key}: {e.Message}");
                }
            }
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{all.Count} snapshots, {streams} streams of the newest: {(wrong == 0 ? "good" : $"{wrong} wrong")}"));
        return wrong == 0 ? 0 : 1;
    }

    static async Task<(PartitionSnapshot, SlotSnapshot)> One(ParseResult parsed, CancellationToken stop)
    {
        string stream = parsed.GetValue(Stream) ?? throw new ConfigException("--stream must say which one");
        await using ISnapshotStore store = Store(parsed);
        var found = new List<(PartitionSnapshot, SlotSnapshot)>();
        foreach (PartitionId partition in Newest(await All(parsed, store, stop).ConfigureAwait(false)))
        {
            PartitionSnapshot snapshot = (await store.Load(partition, stop).ConfigureAwait(false))!;
            if (snapshot.Slots.FirstOrDefault(slot => slot.Stream.Key == stream) is { } slot) found.Add((snapshot, slot));
        }
        return found.Count switch
        {
            1 => found[0],
            0 => throw new ConfigException($"nothing is kept of {stream} in {store.Name}"),
            _ => throw new ConfigException(
                $"{stream} is in {string.Join(", ", found.Select(one => one.Item1.Partition))}: say --topic and --partition"),
        };
    }

    static async Task<List<StoredSnapshot>> All(ParseResult parsed, ISnapshotStore store, CancellationToken stop)
    {
        string? topic = parsed.GetValue(Topic);
        int? partition = parsed.GetValue(Partition);
        var all = new List<StoredSnapshot>();
        await foreach (StoredSnapshot stored in store.List(stop).ConfigureAwait(false))
            if ((topic ?? stored.Partition.Topic) == stored.Partition.Topic
                && (partition ?? stored.Partition.Number) == stored.Partition.Number) all.Add(stored);
        return all;
    }

    static IEnumerable<PartitionId> Newest(List<StoredSnapshot> all) =>
        [.. all.Where(stored => stored.Newest).Select(stored => stored.Partition)];

    static ISnapshotStore Store(ParseResult parsed)
    {
        EsnConfig config = RunCommand.Load(parsed);
        if (config.State.Store == StateStore.None)
            throw new ConfigException($"state.store: none, so nothing is kept{config.Where("state.store")}");
        ILoggerFactory log = RunCommand.Logging(LogLevel.Critical);  // what is wrong is told as a result
        return config.State.Store == StateStore.Topic ? new TopicStore(config, TimeProvider.System, log.CreateLogger("esn"), asks: true)
            : new DirectoryStore(config.StateDirectory, config.Source.Group, log.CreateLogger("esn"));
    }

    static FileStream New(FileInfo file)
    {
        try
        {
            return new FileStream(file.FullName, FileMode.CreateNew);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"can't write {file}: {e.Message}");
        }
    }
}
