using System.Reflection;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Hosting;
using Esn.Streaming.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class LoggingTests
{
    [Fact]
    public void Every_log_message_has_a_number_of_its_own()
    {
        int[] ids =
        [
            .. typeof(StreamingHost).Assembly.GetTypes()
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public
                    | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId).OfType<int>(),
        ];
        Assert.True(ids.Length > 10);
        Assert.Equal(ids.Distinct().Order(), ids.Order());
    }

    [Fact]
    public async Task A_start_logs_the_settings_that_are_ignored()
    {
        using var log = new Lines();
        EsnConfig config = ConfigFile.Parse("kafka:\n  consumer:\n    linger.ms: 5\nhttp:\n  listen: 127.0.0.1:0", "esn.yaml", _ => null);
        await using (new StreamingHost(config, TimeProvider.System, log))
            Assert.Contains("kafka.consumer.linger.ms is a setting of a producer and is ignored (esn.yaml:3)", log.Said);
    }

    [Fact]
    public void What_the_client_says_is_logged_once_a_minute_and_the_rest_is_counted()
    {
        using var log = new Lines();
        var time = new FakeTimeProvider();
        var said = new ClientLog(log, time);
        for (int i = 0; i < 5; i++) said.Line(new LogMessage("esn#1", SyslogLevel.Warning, "MAXPOLL", $"line {i}"));
        said.Line(new LogMessage("esn#1", SyslogLevel.Info, "CHATTER", "of no interest"));
        said.Line(new LogMessage("esn#1", SyslogLevel.Error, "FAIL", "told by the error handler"));
        time.Advance(TimeSpan.FromMinutes(1));
        said.Line(new LogMessage("esn#1", SyslogLevel.Warning, "MAXPOLL", "line 5"));
        Assert.Equal(["librdkafka: line 0 (MAXPOLL, esn#1)",
            "librdkafka: line 5 (MAXPOLL, esn#1); 4 alike before it were not logged"], log.Said);
    }

    [Fact]
    public void What_the_client_tries_again_is_told_once_it_lasts()
    {
        using var log = new Lines();
        var time = new FakeTimeProvider();
        var said = new ClientLog(log, time);
        void Retries(int seconds)
        {
            for (int i = 0; i <= seconds; i++, time.Advance(TimeSpan.FromSeconds(1)))
                said.Line(new LogMessage("esn#1", SyslogLevel.Warning, "GETPID", "Failed to acquire a PID: Coordinator load in progress: "
                    + "retrying"));
        }
        Retries(seconds: 3);
        time.Advance(TimeSpan.FromMinutes(2));
        Retries(seconds: 3);
        Assert.Empty(log.Said);
        Retries(seconds: 15);
        Assert.Single(log.Said);
    }

    [Fact]
    public void Partitions_are_held_no_longer_than_a_stop_waits() => Assert.True(KafkaSource.DrainWithin < StreamingHost.FlushWithin);

    sealed class Lines : ILogger, ILoggerFactory
    {
        public List<string> Said { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Said.Add(formatter(state, exception));
    }
}
