using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Joining;

static partial class Log
{
    [LoggerMessage(90, LogLevel.Information,
        "joins alarms of tiles in partition {Partition} of the events, and tells from offset {Offset} on")]
    public static partial void JoinBegins(this ILogger log, int partition, long offset);

    [LoggerMessage(91, LogLevel.Warning, "waits for the brokers: {Reason}")]
    public static partial void JoinWaits(this ILogger log, string reason);

    [LoggerMessage(82, LogLevel.Warning, "another process joins the alarms of its partitions by now: {Reason}")]
    public static partial void JoinFenced(this ILogger log, string reason);

    [LoggerMessage(83, LogLevel.Error, "event {Offset} of partition {Partition} can't be read, and takes no part: {Reason}")]
    public static partial void JoinUnread(this ILogger log, int partition, long offset, string reason);

    [LoggerMessage(84, LogLevel.Error, "can't write to topic {Topic}: {Reason}")]
    public static partial void JoinEnded(this ILogger log, string topic, string reason);
}
