using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Control;

static partial class Log
{
    [LoggerMessage(51, LogLevel.Information, "{Count} mutes go on, from {File}")]
    public static partial void MutesKept(this ILogger log, int count, string file);

    [LoggerMessage(52, LogLevel.Error, "the mutes in {File} can't be used, every stream is judged: {Reason}")]
    public static partial void MutesLost(this ILogger log, string file, string reason);

    [LoggerMessage(53, LogLevel.Error, "mutes are in force, but would not outlast a restart: {Reason}")]
    public static partial void MutesNotKept(this ILogger log, string reason);
}
