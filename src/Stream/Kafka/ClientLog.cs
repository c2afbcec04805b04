using System.Text.RegularExpressions;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>
/// What librdkafka says, in our log: warnings and worse, what repeats once a minute with how often it did. That it tries something
/// again is told once that lasts: a broker that has just begun refuses many a thing for a moment.
/// </summary>
/// <param name="log">Ours.</param>
/// <param name="time">The clock.</param>
sealed partial class ClientLog(ILogger log, TimeProvider time)
{
    static readonly TimeSpan Period = TimeSpan.FromMinutes(1), Moment = TimeSpan.FromSeconds(10);
    const int MostKinds = 100;  // beyond which those that are left share one

    readonly Lock _lock = new();
    readonly Dictionary<string, RateLimit> _kinds = [];
    readonly Dictionary<string, (DateTimeOffset First, DateTimeOffset Last)> _retries = [];

    /// <summary>A line of the client's log. What it tells as an error too is told once.</summary>
    public void Line(LogMessage line)
    {
        if (line.Level > SyslogLevel.Warning || line.Facility is "FAIL" or "ERROR") return;
        string kind = $"{line.Facility} {Digits().Replace(line.Message, "#")}";
        if (line.Message.EndsWith("retrying", StringComparison.Ordinal) && !Lasts(kind)) return;
        if (Allows(kind, out int repeats))
            log.ClientLine(line.Message, line.Facility, line.Name, repeats);
    }

    /// <summary>An error that the client itself goes on after.</summary>
    public void Error(Error error)
    {
        // By its code: a broker that is away is told with another number of milliseconds each time.
        if (Allows(error.Code.ToString(), out int repeats) || error.IsFatal)
            log.ClientError(error.Reason, error.Code.ToString(), repeats);
    }

    bool Lasts(string kind)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_lock)
        {
            if (_retries.Count >= MostKinds && !_retries.ContainsKey(kind)) kind = "";
            DateTimeOffset first = _retries.TryGetValue(kind, out (DateTimeOffset First, DateTimeOffset Last) before)
                && now - before.Last < Period ? before.First : now;
            _retries[kind] = (first, now);
            return now - first >= Moment;
        }
    }

    bool Allows(string kind, out int repeats)
    {
        RateLimit? limit;
        lock (_lock)
        {
            if (_kinds.Count >= MostKinds && !_kinds.ContainsKey(kind)) kind = "";
            if (!_kinds.TryGetValue(kind, out limit)) _kinds.Add(kind, limit = new RateLimit(time, Period));
        }
        return limit.Allows(out repeats);
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
