using Microsoft.Extensions.Logging;

namespace Esn.Streaming.State;

static partial class Log
{
    [LoggerMessage(40, LogLevel.Error, "snapshot {File} can't be used: {Reason}")]
    public static partial void Unusable(this ILogger log, string file, string reason);

    [LoggerMessage(41, LogLevel.Warning,
        "partition {Partition} goes on from an older snapshot, {File}, as the newest can't be used: more records are read again")]
    public static partial void FellBack(this ILogger log, string partition, string file);
}
