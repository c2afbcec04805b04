using System.Reactive;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class KafkaSourceTests
{
    [Fact]
    public async Task A_source_that_is_disposed_of_while_it_waits_for_records_ends_its_thread_first()
    {
        var config = new EsnConfig
        {
            Kafka = new KafkaConfig { BootstrapServers = "127.0.0.1:1" }, Source = new SourceConfig { Topics = ["steps"] },
        };
        var source = new KafkaSource(config, new Readiness(TimeProvider.System, TimeSpan.FromMinutes(1)), TimeProvider.System,
            NullLogger.Instance);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        source.Messages(CancellationToken.None).Subscribe(Observer.Create<SourceMessage>(_ => { },
            error => ended.TrySetException(error), () => ended.TrySetResult()));
        await Task.Delay(300, TestContext.Current.CancellationToken);  // within a call of the client, or not yet: it must not matter
        Assert.False(ended.Task.IsCompleted);
        source.Dispose();
        Assert.True(ended.Task.IsCompletedSuccessfully);
    }
}
