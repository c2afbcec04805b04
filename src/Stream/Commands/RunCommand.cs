using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Esn.Streaming.Configuration;
using Esn.Streaming.Hosting;
using Esn.Streaming.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Esn.Streaming.Commands;

/// <summary>esn run: the detector, until it is told to stop.</summary>
static class RunCommand
{
    public static Option<FileInfo?> Config { get; } = new("--config", "-c")
    {
        Description = "The configuration (YAML). Without it all defaults hold.",
    };

    static readonly Option<SpecChange?> OnSpecChange = new("--on-spec-change")
    {
        Description = "What becomes of a stream whose model is to learn in another way than its snapshot did: fail, the start stops and "
            + "says which; reset, it begins anew; keep-old, it goes on with what it has learnt with. In place of state.onSpecChange.",
        CustomParser = result => result.Tokens is [var token]
            && Enum.TryParse(token.Value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out SpecChange change)
            && Enum.IsDefined(change) && !char.IsAsciiDigit(token.Value[0]) ? change : Refused(result),
        HelpName = "fail|reset|keep-old",
    };

    static SpecChange? Refused(ArgumentResult result)
    {
        result.AddError($"--on-spec-change must be fail, reset or keep-old, was "
            + $"'{string.Join(' ', result.Tokens.Select(token => token.Value))}'");
        return null;
    }

    public static (Command, string[]) Make()
    {
        var command = new Command("run",
            "Reads timesteps from Kafka, writes anomaly events to Kafka, shows metrics and health over HTTP. "
            + "Ctrl-C or SIGTERM: publishes what is on its way, keeps what was learnt, commits, ends.") { Config, OnSpecChange };
        command.SetAction(async (parsed, stop) =>
        {
            EsnConfig config = Load(parsed);
            if (parsed.GetValue(OnSpecChange) is { } change) config = config with { State = config.State with { OnSpecChange = change } };
            using ILoggerFactory log = Logging(LogLevel.Information, config.Logging.Format,
                logging => logging.AddOtlp(config.Tracing, config.Source.Group));
            // Beside that of System.CommandLine, which does not hear a signal that comes within a second of the start.
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
            using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
            using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
            void End(PosixSignalContext signal)
            {
                signal.Cancel = true;
                ended.CancelAsync();
            }
            await using var host = new StreamingHost(config, TimeProvider.System, log);
            return await host.Run(ended.Token).ConfigureAwait(false) ? 0 : 1;
        });
        return (command,
        [
            "esn run --config config/esn.yaml",
            "ESN_KAFKA_PASSWORD=… esn run -c config/secured.yaml",
            "curl -s localhost:9464/metrics | grep esn_anomaly_score",
        ]);
    }

    public static EsnConfig Load(ParseResult parsed) => parsed.GetValue(Config) is { } file ? ConfigFile.Load(file.ToString())
        : new EsnConfig();

    public static ILoggerFactory Logging(LogLevel level, LogFormat format = LogFormat.Text, Action<ILoggingBuilder>? more = null) =>
        LoggerFactory.Create(logging =>
    {
        more?.Invoke(logging);
        logging
            .SetMinimumLevel(level)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);  // an address it can't listen on is told by the exception
        if (format == LogFormat.Json) logging.AddJsonConsole(Times);
        else logging.AddSimpleConsole(console =>
        {
            Times(console);
            console.SingleLine = true;
            console.ColorBehavior = Console.IsOutputRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        });
    });

    static void Times(ConsoleFormatterOptions console) => (console.TimestampFormat, console.UseUtcTimestamp) =
        (console is JsonConsoleFormatterOptions ? "yyyy-MM-ddTHH:mm:ss.fffZ" : "yyyy-MM-ddTHH:mm:ss.fffZ ", true);
}
