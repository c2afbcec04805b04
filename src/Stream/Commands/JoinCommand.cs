using System.CommandLine;
using Esn.Streaming.Configuration;
using Esn.Streaming.Joining;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Commands;

/// <summary>esn join: alarms of neighbouring tiles become one.</summary>
static class JoinCommand
{
    public static (Command, string[]) Make()
    {
        var command = new Command("join", """
            Reads the topic of events, and joins alarms of neighbouring tiles of a field that overlap in feed time into one
            event with one map, each exactly once, in the topic sink.joined. Several may run: they share the partitions.
            Other streams' events are passed by.
            """) { RunCommand.Config };
        command.SetAction(async (parsed, stop) =>
        {
            EsnConfig config = RunCommand.Load(parsed);
            using ILoggerFactory log = RunCommand.Logging(LogLevel.Information, config.Logging.Format);
            using var run = new JoinRun(config, log.CreateLogger("esn"));
            return await run.Run(TimeProvider.System, stop).ConfigureAwait(false) ? 0 : 1;
        });
        return (command, ["esn join --config config/esn.yaml"]);
    }
}
