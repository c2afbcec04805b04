using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class ClientCheckTests
{
    static EsnConfig Parse(string text) => ConfigFile.Parse(text, "esn.yaml", _ => null);

    [Theory]
    [InlineData("kafka:\n  consumer:\n    fetch.min.byte: 1",
        "kafka.consumer.fetch.min.byte: No such configuration property: \"fetch.min.byte\": did you mean fetch.min.bytes? (esn.yaml:3)")]
    [InlineData("kafka:\n  settings: { client.id: a }\n  producer:\n    linger.msec: 1",
        "kafka.producer.linger.msec: No such configuration property: \"linger.msec\": did you mean linger.ms? (esn.yaml:4)")]
    [InlineData("kafka:\n  settings:\n    security.protocol: TLS",
        "kafka.settings.security.protocol: Invalid value \"TLS\" for configuration property \"security.protocol\" (esn.yaml:3)")]
    [InlineData("kafka:\n  producer:\n    acks: 1\n", "(esn.yaml:3)")]
    [InlineData("kafka:\n  consumer:\n    log_level: 99\n", "(esn.yaml:3)")]
    public void A_setting_that_librdkafka_does_not_take_is_told_with_its_line(string text, string says)
    {
        string message = Assert.Throws<ConfigException>(() => ClientCheck.Settings(Parse(text))).Message;
        Assert.EndsWith(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_key_that_is_right_is_not_offered_in_its_own_place()
    {
        EsnConfig config = Parse("kafka:\n  settings:\n    security.protocol: ssl\n    ssl.ca.location: /no/such/file.pem");
        string message = Assert.Throws<ConfigException>(() => ClientCheck.Settings(config)).Message;
        Assert.StartsWith("kafka.settings.ssl.ca.location: ", message, StringComparison.Ordinal);
        Assert.EndsWith("(esn.yaml:4)", message, StringComparison.Ordinal);
        Assert.DoesNotContain("did you mean", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("consumer:\n    group.id: other", "kafka.consumer.group.id must be left out: source.group says it, was other (esn.yaml:3)")]
    [InlineData("consumer:\n    enable.auto.commit: \"true\"", "kafka.consumer.enable.auto.commit must be left out: it is not to be said")]
    [InlineData("consumer:\n    bootstrap.servers: \"x:1\"",
        "kafka.consumer.bootstrap.servers must be left out: kafka.bootstrapServers says it")]
    [InlineData("producer:\n    metadata.broker.list: \"x:1\"", "kafka.producer.metadata.broker.list must be left out")]
    [InlineData("settings:\n    bootstrap.servers: \"x:1\"", "kafka.settings.bootstrap.servers must be left out")]
    public void A_setting_that_another_key_says_is_refused(string text, string says) => Assert.StartsWith(says,
        Assert.Throws<ConfigException>(() => ClientCheck.Settings(Parse($"kafka:\n  {text}"))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("consumer:\n    linger.ms: 5", "kafka.consumer.linger.ms is a setting of a producer and is ignored (esn.yaml:3)")]
    [InlineData("settings: { log_level: 3 }\n  consumer:\n    linger.ms: 5",
        "kafka.consumer.linger.ms is a setting of a producer and is ignored (esn.yaml:4)")]
    [InlineData("producer:\n    max.partition.fetch.bytes: 5000",
        "kafka.producer.max.partition.fetch.bytes is a setting of a consumer and is ignored (esn.yaml:3)")]
    [InlineData("producer:\n    fetch.message.max.bytes: 5000",
        "kafka.producer.fetch.message.max.bytes is a setting of a consumer and is ignored (esn.yaml:3)")]
    [InlineData("consumer:\n    compression.type: lz4",
        "kafka.consumer.compression.type is a setting of a producer and is ignored (esn.yaml:3)")]
    [InlineData("producer:\n    fetch.min.bytes: 5",
        "kafka.producer.fetch.min.bytes is a setting of a consumer and is ignored (esn.yaml:3)")]
    public void A_setting_of_the_other_kind_of_client_is_told(string text, string says) =>
        Assert.Equal(says, Assert.Single(ClientCheck.Settings(Parse($"kafka:\n  {text}"))));

    [Fact]
    public void Good_settings_are_good()
    {
        Assert.Empty(ClientCheck.Settings(Parse("kafka:\n  settings: { linger.ms: 5, fetch.min.bytes: 2 }")));
        ClientCheck.Settings(Parse("kafka:\n  settings: { socket.timeout.ms: 5000 }\n  consumer: { fetch.min.bytes: 2 }\n  producer: { "
            + "compression.type: lz4 }"));
        ClientCheck.Settings(new EsnConfig());
    }
}
