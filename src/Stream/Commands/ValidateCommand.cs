using System.CommandLine;
using System.Globalization;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;

namespace Esn.Streaming.Commands;

/// <summary>esn validate: is this configuration right?</summary>
static class ValidateCommand
{
    public static (Command, string[]) Make()
    {
        var stream = new Option<string?>("--stream", "-s") { Description = "The name of a stream: says which model it gets, and why." };
        var command = new Command("validate", "Reads a configuration as `esn run` would and says what is wrong with it: "
            + "the file, the line, the value and what would be right. Exit code 0: nothing is.")
        {
            RunCommand.Config, stream,
        };
        command.SetAction(parsed =>
        {
            EsnConfig config = RunCommand.Load(parsed);
            ClientCheck.Settings(config);
            Console.WriteLine($"{parsed.GetValue(RunCommand.Config)?.ToString() ?? "the defaults"}: good");
            Console.WriteLine($"  reads   {string.Join(", ", config.Source.Topics)} at {config.Kafka.BootstrapServers} as group "
                + $"{config.Source.Group}");
            Console.WriteLine($"  writes  {config.Sink.Events} and {config.Sink.DeadLetters}");
            if (parsed.GetValue(stream) is { } name) Console.WriteLine($"  models  {name}: {One(config, name)}");
            else
                foreach (string line in All(config)) Console.WriteLine($"  models  {line}");
            Console.WriteLine($"  shows   http://{config.Http.Listen}/metrics");
            return 0;
        });
        return (command, ["esn validate --config config/esn.yaml", "esn validate --config config/plant.yaml --stream pump-7"]);
    }

    static IEnumerable<string> All(EsnConfig config)
    {
        foreach (ModelConfig entry in config.Models) yield return $"{string.Join(", ", entry.Streams)}: {Model(config, entry)}";
        yield return $"{(config.Models.Count > 0 ? "the others: " : "")}{Model(config, null)}";
    }

    static string One(EsnConfig config, string stream)
    {
        ModelConfig? entry = config.Entry(stream);
        string why = entry is null ? (config.Models.Count > 0 ? ", as no entry of models names it" : "")
            : string.Create(CultureInfo.InvariantCulture, $", by models[{config.Models.ToList().IndexOf(entry)}]");
        return Model(config, entry) + why;
    }

    static string Model(EsnConfig config, ModelConfig? entry)
    {
        ModelSpec model = entry is null ? config.Model : config.ModelOf(entry);
        int channels = Math.Max(1, config.Source.FrameChannels);
        string budget = (entry?.Budget ?? config.Alarms.Budget)?.Text ?? "the preset's";
        return string.Create(CultureInfo.InvariantCulture,
            $"preset {entry?.Preset ?? config.Preset}, budget {budget}, {model.Regressors(channels)} regressors, about "
                + $"{MemorySize.Say(model.EstimatedBytes(channels))} a stream of {channels} channel{(channels == 1 ? "" : "s")}");
    }
}
