using System.CommandLine;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Commands;

/// <summary>esn preset: what stands behind the word?</summary>
static class PresetCommand
{
    public static (Command, string[]) Make()
    {
        var name = new Argument<string>("PRESET")
        {
            Description = string.Join("; ", Presets.Names.Select(preset => $"{preset}: {Presets.For(preset)}")) + ".",
        };
        name.AcceptOnlyFromAmong([.. Presets.Names]);
        var command = new Command("preset", """
            Prints every constant of a preset with its meaning and range, as YAML that --config reads. A configuration
            needs only the lines that differ.
            """) { name };
        command.SetAction(parsed =>
        {
            string preset = parsed.GetValue(name)!;
            Console.Out.Write(ConfigText.Of(preset, EsnConfig.Of(preset).Detector));
            return 0;
        });
        return (command, ["esn preset signal", "esn preset metric > my.yaml", "esn backtest feed.csv --config my.yaml"]);
    }
}
