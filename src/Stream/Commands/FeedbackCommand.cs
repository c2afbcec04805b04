using System.CommandLine;

namespace Esn.Streaming.Commands;

/// <summary>esn feedback: somebody says whether an alarm was one.</summary>
static class FeedbackCommand
{
    const string Anomaly = "anomaly", Normal = "normal";

    public static (Command, string[]) Make()
    {
        var alarm = new Argument<string>("alarm") { Description = "Its id: the field alarm of its events, also on the page." };
        var what = new Argument<string>("what") { Description = $"{Anomaly}: it was one; {Normal}: what the feed did there is normal." };
        what.AcceptOnlyFromAmong(Anomaly, Normal);
        (Option<string> why, Option<string> at) = (OnCall.Why(), OnCall.At());
        var command = new Command("feedback", "Says whether an alarm was one. What is normal is learnt, and the same again is not told; "
            + "an anomaly is no part of what the feed does, nor of the budget, and the same again is told. It may be said of any of a "
            + $"stream's last 16 alarms. The token comes from {OnCall.TokenVariable}.") { alarm, what, why, at };
        command.SetAction((parsed, stop) =>
        {
            (string id, bool anomaly) = (parsed.GetRequiredValue(alarm), parsed.GetRequiredValue(what) == Anomaly);
            return OnCall.Send(parsed.GetRequiredValue(at), HttpMethod.Put, "alarms/feedback",
                [("alarm", id), ("anomaly", anomaly ? "true" : "false"), ("why", parsed.GetValue(why))],
                $"{id}: {(anomaly ? "an anomaly" : "no anomaly")}", stop);
        });
        return (command, ["esn feedback timesteps/0/pump-7/4711 normal --why test"]);
    }
}
