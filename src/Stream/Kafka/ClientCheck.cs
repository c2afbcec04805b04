using System.Text.RegularExpressions;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Kafka;

/// <summary>Whether librdkafka takes the operator's settings: asked before anything connects.</summary>
static partial class ClientCheck
{
    /// <summary>Makes each client once, without a connection.</summary>
    /// <exception cref="ConfigException">A setting that is none, or a value that it can't have; with its line.</exception>
    public static void Settings(EsnConfig config)
    {
        KafkaConfig kafka = config.Kafka;
        if (kafka.Settings.Count > 0)
            Try(config, "settings", kafka.Settings, typeof(ClientConfig), () =>
                new AdminClientBuilder(ClientSettings.Admin(kafka)).SetLogHandler((_, _) => { }).Build());
        if (kafka.Settings.Count + kafka.Consumer.Count > 0)
            Try(config, "consumer", kafka.Consumer, typeof(ConsumerConfig), () =>
                new ConsumerBuilder<byte[], byte[]>(ClientSettings.Consumer(config)).SetLogHandler((_, _) => { }).Build());
        if (kafka.Settings.Count + kafka.Producer.Count > 0)
            Try(config, "producer", kafka.Producer, typeof(ProducerConfig), () =>
                new ProducerBuilder<byte[], byte[]>(ClientSettings.Producer(config)).SetLogHandler((_, _) => { }).Build());
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
            throw new ConfigException($"{path}: {e.Message.TrimEnd('.')}{hint}{config.Where(path)}");
        }
    }

    // SessionTimeoutMs → session.timeout.ms: so are the client's own properties named, but for a few.
    static IEnumerable<string> Names(Type config) =>
        config.GetProperties().Where(property => property.SetMethod is not null && property.GetIndexParameters().Length == 0)
            .Select(property => Words().Replace(property.Name, match => (match.Index == 0 ? "" : ".") + match.Value.ToLowerInvariant()));

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Words();
}
