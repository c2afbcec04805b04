using Esn.Streaming.Kafka;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Hosting;

static partial class Log
{
    [LoggerMessage(11, LogLevel.Error, "stopped: {Reason}")]
    public static partial void Stopped(this ILogger log, string reason);

    [LoggerMessage(12, LogLevel.Warning, "not everything was published within {Seconds} s of the request to stop; what is missing will "
        + "be read again at the next start")]
    public static partial void NotFlushed(this ILogger log, double seconds);

    [LoggerMessage(13, LogLevel.Information, "stopped after {Steps} steps; offsets are committed")]
    public static partial void Ended(this ILogger log, double steps);

    [LoggerMessage(14, LogLevel.Information, "esn {Version}: topics {Topics} at {Servers}, group {Group}; metrics on "
        + "http://{Listen}/metrics; state {State}")]
    public static partial void Started(this ILogger log, string version, string topics, string servers, string group, string listen,
        string state);

    [LoggerMessage(20, LogLevel.Warning, "the consumer group was not left within {Seconds} s: the others of the group wait for the "
        + "session to end")]
    public static partial void NotLeft(this ILogger log, double seconds);

    [LoggerMessage(55, LogLevel.Information, "read {File} again; changed: {Keys}")]
    public static partial void Reloaded(this ILogger log, string file, string keys);

    [LoggerMessage(56, LogLevel.Error, "the configuration can't be used, the one before it holds: {Reason}")]
    public static partial void NotReloaded(this ILogger log, string reason);

    [LoggerMessage(57, LogLevel.Warning, "these keys take a restart, and are as they were until then: {Keys}")]
    public static partial void NeedsRestart(this ILogger log, string keys);

    [LoggerMessage(119, LogLevel.Warning, "{Setting}")]
    public static partial void SettingIgnored(this ILogger log, string setting);

    [LoggerMessage(111, LogLevel.Error, "{Reason}: it goes on from what lies there, and keeps nothing that it learns until there is room")]
    public static partial void DiskFull(this ILogger log, string reason);

    [LoggerMessage(64, LogLevel.Error, "the board begins without the alarms that topic {Topic} tells of")]
    public static partial void NoPast(this ILogger log, string topic, Exception reason);
}
