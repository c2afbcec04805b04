using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>Clients of bytes, whose lines and errors are told in our log.</summary>
static class Clients
{
    /// <summary>One that reads. To be disposed of.</summary>
    public static IConsumer<byte[]?, byte[]?> Consumer(ConsumerConfig settings, TimeProvider time, ILogger log)
    {
        var said = new ClientLog(log, time);
        return new ConsumerBuilder<byte[]?, byte[]?>(settings)
            .SetErrorHandler((_, error) => said.Error(error)).SetLogHandler((_, line) => said.Line(line)).Build();
    }

    /// <summary>One that writes. To be disposed of.</summary>
    public static IProducer<byte[]?, byte[]?> Producer(ProducerConfig settings, TimeProvider time, ILogger log)
    {
        var said = new ClientLog(log, time);
        return new ProducerBuilder<byte[]?, byte[]?>(settings)
            .SetErrorHandler((_, error) => said.Error(error)).SetLogHandler((_, line) => said.Line(line)).Build();
    }
}
