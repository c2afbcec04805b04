using System.CommandLine;
using System.Globalization;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Commands;

/// <summary>esn validate: is this configuration right?</summary>
static class ValidateCommand
{
    public static (Command, string[]) Make()
    {
        var command = new Command("validate", "Reads a configuration as `esn run` would and says what is wrong with it: the file, the line, the value and what would be right. Exit code 0: nothing is.") { RunCommand.Config };
        command.SetAction(parsed =>
        {
            EsnConfig config = RunCommand.Load(parsed);
            int channels = Math.Max(1, Math.Max(config.Source.Channels, config.Source.Fields.Channels.Count)), regressors = config.Model.Regressors(channels);
            Console.WriteLine($"{parsed.GetValue(RunCommand.Config)?.ToString() ?? "the defaults"}: good");
            Console.WriteLine($"  reads   {string.Join(", ", config.Source.Topics)} at {config.Kafka.BootstrapServers} as group {config.Source.Group}");
            Console.WriteLine($"  writes  {config.Sink.Events} and {config.Sink.DeadLetters}");
            Console.WriteLine($"  models  preset {config.Preset.ToString().ToLowerInvariant()}, {regressors} regressors: P takes {Size(8.0 * regressors * (regressors + 1) / 2)} a stream, windows and statistics some 70 kB more");
            Console.WriteLine($"  shows   http://{config.Http.Listen}/metrics");
            return 0;
        });
        return (command, ["esn validate --config config/esn.yaml"]);
    }

    static string Size(double bytes) =>
        bytes < 1e6 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:F0} kB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB");
}
