using System.CommandLine;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Commands;

/// <summary>esn preset: what stands behind the word?</summary>
static class PresetCommand
{
    public static (Command, string[]) Make()
    {
        var name = new Argument<string>("PRESET") { Description = "signal, sensors or metric." };
        name.AcceptOnlyFromAmong([.. Enum.GetNames<Preset>().Select(ConfigFile.Key)]);
        var command = new Command("preset", """
            Prints every constant of a preset with its meaning and range, as YAML that --config reads. A configuration
            needs only the lines that differ.
            """) { name };
        command.SetAction(parsed =>
        {
            Preset preset = Enum.Parse<Preset>(parsed.GetValue(name)!, ignoreCase: true);
            Console.Out.Write(ConfigText.Of(preset, EsnConfig.Of(preset).Detector));
            return 0;
        });
        return (command, ["esn preset signal", "esn preset metric > my.yaml", "esn backtest feed.csv --config my.yaml"]);
    }
}
