using System.CommandLine;
using System.Globalization;
using Esn.Streaming.Demo;

namespace Esn.Streaming.Commands;

/// <summary>esn demo: the whole system on this machine, with nothing to install.</summary>
static class DemoCommand
{
    public static (Command, string[]) Make()
    {
        var steps = new Option<long?>("--steps", "-n") { Description = "Length of the feed. Default: endless." };
        var exit = new Option<bool>("--exit") { Description = "End with the feed. Exit code 0: nine of ten anomalies caught, at most one false alarm in 20,000 steps." };
        var rate = new Option<double>("--rate", "-r") { Description = "Steps per second; 0: as fast as it goes. The first 2000 come at once, to learn from.", DefaultValueFactory = _ => 1000 };
        var seed = new Option<int>("--seed") { Description = "Of the feed: its start, its noise and where its anomalies are.",
            DefaultValueFactory = _ => 1 };
        var noise = new Option<double>("--noise") { Description = "Standard deviation of the noise on the feed, in standard deviations of the signal.", DefaultValueFactory = _ => .01 };
        var command = new Command("demo", """
            The same pipeline as `esn run`, on a broker inside this process (librdkafka's mock cluster: real protocol, no
            disk, no transactions). The feed is the Mackey–Glass equation, whose γ changes from .10 to .13 for 50 steps at
            random places, once in 4000 steps or so; no eye sees it. The alarm budget is as much.
            """) { steps, exit, rate, seed, noise };
        steps.Must(n => n is null or >= 5000 and <= 100_000_000, n => string.Create(CultureInfo.InvariantCulture, $"--steps must be in [5000, 100000000], was {n}: the model needs 2000 to learn, and the first anomaly comes after them"));
        rate.Must(perSecond => perSecond is >= 0 and <= 1e7, perSecond => string.Create(CultureInfo.InvariantCulture, $"--rate must be in [0, 1e7], was {perSecond}"));
        noise.Must(level => level is >= 0 and <= 1, level => string.Create(CultureInfo.InvariantCulture, $"--noise must be in [0, 1], was {level}"));
        command.Validators.Add(result =>
        {
            if (result.GetResult(exit) is { Implicit: false } && result.GetResult(steps) is null) result.AddError("--exit needs --steps: an endless feed does not end");
        });
        command.SetAction(async (parsed, stop) =>
        {
            var options = new DemoOptions(parsed.GetValue(steps), parsed.GetValue(exit), parsed.GetValue(rate), parsed.GetValue(seed),
                parsed.GetValue(noise));
            await using var demo = new DemoRun(options, TimeProvider.System);
            bool good = await DemoScreen.Show(demo, stop).ConfigureAwait(false);
            return good || !options.Exit ? 0 : 1;
        });
        return (command, ["esn demo", "esn demo --steps 20000 --exit --rate 0", "esn demo --noise 0.1 --seed 7"]);
    }
}
