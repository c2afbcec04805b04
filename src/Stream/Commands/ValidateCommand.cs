using System.CommandLine;
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
            Console.WriteLine($"  models  preset {config.Preset.ToString().ToLowerInvariant()}, {regressors} regressors: about {8.0 * regressors * (regressors + 1) / 2 / 1e6:F1} MB a stream");
            Console.WriteLine($"  shows   http://{config.Http.Listen}/metrics");
            return 0;
        });
        return (command, ["esn validate --config config/esn.yaml"]);
    }
}
