using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "assigned partitions: {Partitions}")]
    public static partial void Assigned(this ILogger log, string partitions);

    [LoggerMessage(2, LogLevel.Information, "partitions went to another replica: {Partitions}")]
    public static partial void Revoked(this ILogger log, string partitions);

    [LoggerMessage(3, LogLevel.Warning, "Kafka: {Reason} ({Code}); the client keeps trying")]
    public static partial void ClientError(this ILogger log, string reason, string code);

    [LoggerMessage(4, LogLevel.Warning, "can't consume: {Reason}; is source.topics right, and does the topic exist?")]
    public static partial void CannotConsume(this ILogger log, string reason);

    [LoggerMessage(5, LogLevel.Warning, "offset of {Partition} not stored: {Reason}; its records will be read again by the partition's new owner")]
    public static partial void OffsetNotStored(this ILogger log, string partition, string reason);

    [LoggerMessage(6, LogLevel.Warning, "{InFlight} batches were not through when their partitions went: their records will be read again")]
    public static partial void NotDrained(this ILogger log, int inFlight);

    [LoggerMessage(7, LogLevel.Information, "created topic {Topic}")]
    public static partial void TopicCreated(this ILogger log, string topic);

    [LoggerMessage(8, LogLevel.Warning, "can't reach the brokers at {Servers} yet: {Reason}")]
    public static partial void BrokersAway(this ILogger log, string servers, string reason);

    [LoggerMessage(9, LogLevel.Information, "alarm {Change}: stream {Stream} at {Time}, step {Position}, {Severity}, highest score {Score:F2}")]
    public static partial void Alarm(this ILogger log, string change, string stream, string time, long position, string severity, double score);

    [LoggerMessage(10, LogLevel.Warning, "dead letter: {Topic}[{Partition}]@{Offset}: {Reason}: {Detail}; {Suppressed} before it were not logged")]
    public static partial void DeadLetter(this ILogger log, string topic, int partition, long offset, string reason, string detail, int suppressed);

    [LoggerMessage(11, LogLevel.Error, "stopped: {Reason}")]
    public static partial void Stopped(this ILogger log, string reason);

    [LoggerMessage(12, LogLevel.Warning, "not everything was published within {Seconds} s of the request to stop; what is missing will be read again at the next start")]
    public static partial void NotFlushed(this ILogger log, double seconds);

    [LoggerMessage(13, LogLevel.Information, "stopped after {Steps} steps; offsets are committed")]
    public static partial void Ended(this ILogger log, double steps);

    [LoggerMessage(14, LogLevel.Information, "esn {Version}: topics {Topics} at {Servers}, group {Group}; metrics on http://{Listen}/metrics")]
    public static partial void Started(this ILogger log, string version, string topics, string servers, string group, string listen);

    [LoggerMessage(15, LogLevel.Error, "offsets could not be committed: {Reason}; the last records will be read again")]
    public static partial void NotCommitted(this ILogger log, string reason);
}
