using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Pipeline;

static partial class Log
{
    [LoggerMessage(42, LogLevel.Error, "{Reason}; the snapshot before it stands, the next is tried after {Seconds} s")]
    public static partial void NotKept(this ILogger log, string reason, double seconds);

    [LoggerMessage(47, LogLevel.Warning,
        "stream {Stream} of {Topic}[{Partition}] begins anew: its snapshot does not fit the model that it is to have")]
    public static partial void BeginsAnew(this ILogger log, string stream, string topic, int partition);

    [LoggerMessage(54, LogLevel.Warning,
        "stream {Stream} of {Topic}[{Partition}] goes on with the specification that it has learnt with, not with that of the "
            + "configuration")]
    public static partial void KeepsOld(this ILogger log, string stream, string topic, int partition);

    [LoggerMessage(43, LogLevel.Information,
        "kept the state of {Partition}: {Streams} streams, {Size}, offset {Next}, in {Milliseconds} ms, digest {Digest:x16}")]
    public static partial void Kept(this ILogger log, string partition, int streams, string size, long next, long milliseconds,
        ulong digest);
}
