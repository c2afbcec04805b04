using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Pipeline;

static partial class Log
{
    [LoggerMessage(42, LogLevel.Error, "{Reason}; the snapshot before it stands, the next is tried after {Seconds} s")]
    public static partial void NotKept(this ILogger log, string reason, double seconds);

    [LoggerMessage(43, LogLevel.Information, "kept the state of {Partition}: {Streams} streams, {Size}, offset {Next}, in {Milliseconds} ms, digest {Digest:x16}")]
    public static partial void Kept(this ILogger log, string partition, int streams, string size, long next, long milliseconds, ulong digest);
}
