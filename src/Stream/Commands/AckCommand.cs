using System.CommandLine;

namespace Esn.Streaming.Commands;

/// <summary>esn ack: somebody takes an alarm on.</summary>
static class AckCommand
{
    public static (Command, string[]) Make()
    {
        var alarm = new Argument<string>("alarm") { Description = "Its id: the field alarm of its events, also on the page." };
        (Option<string> why, Option<string> at) = (OnCall.Why(), OnCall.At());
        var command = new Command("ack",
            $"Takes an alarm on: the others see who did. The token comes from {OnCall.TokenVariable}.") { alarm, why, at };
        command.SetAction((parsed, stop) => OnCall.Send(parsed.GetRequiredValue(at), HttpMethod.Put, "alarms/acknowledgement",
            [("alarm", parsed.GetRequiredValue(alarm)), ("why", parsed.GetValue(why))],
            $"{parsed.GetRequiredValue(alarm)}: taken on", stop));
        return (command, ["esn ack timesteps/0/pump-7/4711 --why mine"]);
    }
}
