using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Kafka;

/// <summary>What librdkafka says, in our log: warnings and worse, one a second of a client.</summary>
/// <param name="log">Ours.</param>
/// <param name="time">The clock.</param>
sealed class ClientLog(ILogger log, TimeProvider time)
{
    readonly RateLimit _lines = new(time, TimeSpan.FromSeconds(1)), _errors = new(time, TimeSpan.FromSeconds(1));

    /// <summary>A line of the client's log. What it tells as an error too is told once.</summary>
    public void Line(LogMessage line)
    {
        if (line.Level > SyslogLevel.Warning || line.Facility is "FAIL" or "ERROR") return;
        if (_lines.Allows(out int suppressed)) log.ClientLine(line.Message, line.Facility, line.Name, suppressed);
    }

    /// <summary>An error that the client itself goes on after.</summary>
    public void Error(Error error)
    {
        if (error.IsFatal || _errors.Allows(out _)) log.ClientError(error.Reason, error.Code.ToString());
    }
}
