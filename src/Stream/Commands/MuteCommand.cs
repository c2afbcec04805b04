using System.CommandLine;

namespace Esn.Streaming.Commands;

/// <summary>esn mute: streams are not to be judged for some time.</summary>
static class MuteCommand
{
    public static (Command, string[]) Make()
    {
        var streams = new Argument<string>("streams")
        {
            Description = "Name of a stream, or a pattern: * stands for any letters. It need not be there yet.",
        };
        var duration = new Option<string>("--for")
        {
            Description = "How long from now: 90s, 15m, 1h30m, 2h, 3d; at most 30d.",
            DefaultValueFactory = _ => "2h",
        };
        var topic = new Option<string?>("--topic") { Description = "Of the streams. Default: of any." };
        var end = new Option<bool>("--end") { Description = "Ends the mute of this very name or pattern." };
        (Option<string> why, Option<string> at) = (OnCall.Why(), OnCall.At());
        var command = new Command("mute", "Mutes streams in a running process, any of the group's: no alarm, an open one ends, nothing is "
            + $"learnt. The token comes from {OnCall.TokenVariable}.")
            { streams, duration, topic, why, end, at };
        command.SetAction((parsed, stop) =>
        {
            (string name, string? of) = (parsed.GetRequiredValue(streams), parsed.GetValue(topic));
            return parsed.GetValue(end)
                ? OnCall.Send(parsed.GetRequiredValue(at), HttpMethod.Delete, "mutes", [("streams", name), ("topic", of)],
                    $"{name}: judged again", stop)
                : OnCall.Send(parsed.GetRequiredValue(at), HttpMethod.Put, "mutes",
                    [("streams", name), ("for", parsed.GetValue(duration)), ("topic", of), ("why", parsed.GetValue(why))],
                    $"{name}: muted for {parsed.GetValue(duration)}", stop);
        });
        return (command,
        [
            "esn mute pump-7 --for 1h30m --why belt",
            "esn mute \"pump-*\" --end",
            "esn mute pump-7 --at https://esn-0.plant:9464",
        ]);
    }
}
