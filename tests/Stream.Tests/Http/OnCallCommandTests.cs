using System.CommandLine;
using Esn.Streaming.Commands;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>The commands of who is on call, against a server.</summary>
public sealed class OnCallCommandTests
{
    static async Task<(int Code, string Said)> Run(Served served, string? token, Command command, params string[] arguments)
    {
        using var said = new StringWriter();
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        string? before = Environment.GetEnvironmentVariable(OnCall.TokenVariable);
        Environment.SetEnvironmentVariable(OnCall.TokenVariable, token);
        try
        {
            ParseResult parsed = new RootCommand { command }.Parse([command.Name, .. arguments, "--at",
                served.Client.BaseAddress!.AbsoluteUri]);
            Assert.Empty(parsed.Errors);
            Console.SetOut(said);
            Console.SetError(said);
            int code = await parsed.InvokeAsync(cancellationToken: Served.Stop);
            return (code, said.ToString().Trim());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
            Environment.SetEnvironmentVariable(OnCall.TokenVariable, before);
        }
    }

    [Fact]
    public async Task A_stream_is_muted_and_judged_again_and_an_alarm_is_taken_on()
    {
        await using Served served = await Served.Start();
        served.Feed(603, "pump 7/a");
        string alarm = Assert.Single(served.Board.Alarms(open: true, 10)).Id;
        Assert.Equal((0, $"{alarm}: taken on"), await Run(served, Served.Token, AckCommand.Make().Item1, alarm, "--why", "on my way"));
        Assert.Equal("on my way", Assert.Single(served.Board.Alarms(open: true, 10)).Acknowledged!.Why);
        Assert.Equal((0, $"{alarm}: no anomaly"),
            await Run(served, Served.Token, FeedbackCommand.Make().Item1, alarm, "normal", "--why", "a test"));
        Assert.False(Assert.Single(served.Board.Alarms(open: false, 10)).Verdict!.Anomaly);
        Assert.Equal((0, $"{alarm}: an anomaly"), await Run(served, Served.Token, FeedbackCommand.Make().Item1, alarm, "anomaly"));
        Assert.True(Assert.Single(served.Board.Alarms(open: false, 10)).Verdict!.Anomaly);
        Assert.Equal((0, "pump*: muted for 1h30m"),
            await Run(served, Served.Token, MuteCommand.Make().Item1, "pump*", "--for", "1h30m", "--why", "a & b"));
        Assert.Equal("a & b", Assert.Single(served.Mutes.All).Why);
        Assert.Equal((0, "pump*: judged again"), await Run(served, Served.Token, MuteCommand.Make().Item1, "pump*", "--end"));
        Assert.Empty(served.Mutes.All);

        Assert.Equal((1, "esn: this is no token of http.tokens"), await Run(served, "some other token", MuteCommand.Make().Item1, "pump*"));
        Assert.Equal((2, "esn: the environment's ESN_TOKEN must hold a token, was empty: one that http.tokens has in the "
                + "configuration of the esn run at --at"),
            await Run(served, "", MuteCommand.Make().Item1, "pump*"));
        Assert.Equal((2, "esn: the environment's ESN_TOKEN must hold a token of http.tokens, had a space at an end, or letters that no "
                + "header carries"),
            await Run(served, Served.Token + "\n", MuteCommand.Make().Item1, "pump*"));
        Assert.Empty(served.Mutes.All);
    }

    [Fact]
    public async Task A_health_check_asks_where_it_is_told_to()
    {
        await using Served served = await Served.Start();
        Task<int> Ask(string where, string option = "--at") => new RootCommand { HealthCommand.Make().Item1 }
            .Parse(["health", option, where]).InvokeAsync(cancellationToken: Served.Stop);
        Assert.Equal(1, await Ask(served.Client.BaseAddress!.AbsoluteUri));
        Assert.Equal(0, await Ask(new Uri(served.Client.BaseAddress!, "/health/live").AbsoluteUri, "--url"));  // as it was called before
        Assert.Equal(0, await Ask(new Uri(served.Client.BaseAddress!, "/health/live").AbsoluteUri));
        Assert.Equal(1, await Ask(new Uri(served.Client.BaseAddress!, "/health/ready").AbsoluteUri));  // no broker
        Assert.NotEmpty(new RootCommand { HealthCommand.Make().Item1 }.Parse(["health", "--at", "localhost"]).Errors);
    }
}
