using System.Globalization;
using System.Text.RegularExpressions;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>Whether librdkafka takes the operator's settings: asked before anything connects.</summary>
static partial class ClientCheck
{
    // What other keys say, or nobody: it would hold for one of the clients alone, or is overwritten.
    static readonly (string Key, string Instead)[] Ours =
    [
        ("bootstrap.servers", "kafka.bootstrapServers says it, for all clients"),
        ("metadata.broker.list", "kafka.bootstrapServers says it, for all clients"),
        ("group.id", "source.group says it"),
        ("enable.auto.commit", Offsets), ("auto.commit.enable", Offsets), ("enable.auto.offset.store", Offsets),
    ];

    // By which librdkafka knows its own settings.
    static readonly Dictionary<string, string> Aliases = new()
    {
        ["linger.ms"] = "queue.buffering.max.ms", ["retries"] = "message.send.max.retries", ["compression.type"] = "compression.codec",
        ["acks"] = "request.required.acks", ["delivery.timeout.ms"] = "message.timeout.ms",
        ["max.partition.fetch.bytes"] = "fetch.message.max.bytes",
    };

    const string Offsets = "it is not to be said, as an offset is committed once all that came of its records is written";

    /// <summary>Makes each client once, without a connection.</summary>
    /// <returns>Settings that librdkafka ignores, as they are of the other kind of client; with their lines.</returns>
    /// <exception cref="ConfigException">
    /// A setting that is none, that is said elsewhere, or a value that it can't have; with its line.
    /// </exception>
    public static IReadOnlyList<string> Settings(EsnConfig config)
    {
        KafkaConfig kafka = config.Kafka;
        (string Name, IReadOnlyDictionary<string, string> Settings)[] sections =
            [("settings", kafka.Settings), ("consumer", kafka.Consumer), ("producer", kafka.Producer)];
        foreach ((string section, IReadOnlyDictionary<string, string> settings) in sections)
            foreach ((string key, string instead) in Ours)
                if (settings.TryGetValue(key, out string? value))
                    throw new ConfigException($"kafka.{section}.{key} must be left out: {instead}, was {value}"
                        + config.Where($"kafka.{section}.{key}"));
        var told = new List<string>();
        if (kafka.Settings.Count > 0)
            Try(config, "settings", kafka.Settings, typeof(ClientConfig), () =>
                new AdminClientBuilder(ClientSettings.Admin(kafka)).SetLogHandler((_, _) => { }).Build());
        if (kafka.Settings.Count + kafka.Consumer.Count > 0)
            Try(config, "consumer", kafka.Consumer, typeof(ConsumerConfig), () =>
                new ConsumerBuilder<byte[], byte[]>(Heard(ClientSettings.Consumer(config))).SetLogHandler(Hear).Build());
        if (kafka.Settings.Count + kafka.Producer.Count > 0)
            Try(config, "producer", kafka.Producer, typeof(ProducerConfig), () =>
                new ProducerBuilder<byte[], byte[]>(Heard(ClientSettings.Producer(config))).SetLogHandler(Hear).Build());
        return [.. Ignored("consumer", kafka.Consumer, "producer"), .. Ignored("producer", kafka.Producer, "consumer")];

        void Hear(object client, LogMessage message)
        {
            lock (told) told.Add(message.Message);  // librdkafka's threads log as well
        }

        // Those for all clients are of one kind or the other, and of use there.
        IEnumerable<string> Ignored(string section, IReadOnlyDictionary<string, string> settings, string other)
        {
            string[] heard;
            lock (told) heard = [.. told];
            return settings.Keys.Where(key => Array.Exists(heard, message =>
                    message.Contains($"property {Aliases.GetValueOrDefault(key, key)} is a {other} property", StringComparison.Ordinal)))
                .Select(key => $"kafka.{section}.{key} is a setting of a {other} and is ignored{config.Where($"kafka.{section}.{key}")}");
        }
    }

    // With its warnings, whichever it would log; a level that is none is left for librdkafka to refuse.
    static T Heard<T>(T settings)
        where T : ClientConfig
    {
        if (int.TryParse(settings.Get("log_level"), CultureInfo.InvariantCulture, out int level)
            && level is >= 0 and < (int)SyslogLevel.Info)
            settings.Set("log_level", ((int)SyslogLevel.Info).ToString(CultureInfo.InvariantCulture));
        return settings;
    }

    static void Try(EsnConfig config, string section, IReadOnlyDictionary<string, string> settings, Type known, Func<IDisposable> make)
    {
        try
        {
            make().Dispose();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or KafkaException)
        {
            string? key = settings.Keys.OrderByDescending(key => key.Length)
                .FirstOrDefault(key => e.Message.Contains(key, StringComparison.Ordinal));
            string? near = key is not null && e is InvalidOperationException ? Spelling.Nearest(key, Names(known)) : null;
            string path = key is null ? $"kafka.{section}" : $"kafka.{section}.{key}";
            string hint = near is null || near == key ? "" : $": did you mean {near}?";
            throw new ConfigException($"{path}: {e.Message.TrimEnd('.', '\n')}{hint}{config.Where(path)}");
        }
    }

    // SessionTimeoutMs → session.timeout.ms: so are the client's own properties named, but for a few.
    static IEnumerable<string> Names(Type config) =>
        config.GetProperties().Where(property => property.SetMethod is not null && property.GetIndexParameters().Length == 0)
            .Select(property => Words().Replace(property.Name, match => (match.Index == 0 ? "" : ".") + match.Value.ToLowerInvariant()));

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Words();
}
