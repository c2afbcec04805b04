using System.CommandLine;
using System.Globalization;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Demo;
using Esn.Streaming.Kafka;
using Spectre.Console;

namespace Esn.Streaming.Commands;

/// <summary>esn demo: the whole system on this machine, with nothing to install.</summary>
static class DemoCommand
{
    public static (Command, string[]) Make()
    {
        var field = new Option<FieldDemoKind?>("--field", "-f")
        {
            Description = "A simulation on a grid in place of a signal: ocean, lissajous (a blob on a closed path) or chaotic. "
                + "Default: ocean.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var steps = new Option<long?>("--steps", "-n") { Description = "Length of the feed. Default: endless." };
        var exit = new Option<bool>("--exit")
        {
            Description = "End with the feed. Exit code 0: nine of ten anomalies caught, at most one false alarm in 20,000 steps (of "
                + "fields: two in 2000 frames).",
        };
        var rate = new Option<double?>("--rate", "-r")
        {
            Description = "Steps per second; 0: as fast as it goes. The first 2000 (of fields 3000) come at once, to learn from. Default: "
                + "1000, of fields 40.",
        };
        var seed = new Option<int>("--seed") { Description = "Of the feed: its start, its noise and where its anomalies are.",
            DefaultValueFactory = _ => 1 };
        var noise = new Option<double>("--noise")
        {
            Description = "Standard deviation of the noise on the feed, in standard deviations of the signal.",
            DefaultValueFactory = _ => .01,
        };
        var to = new Option<string?>("--to", "-t")
        {
            Description = "Sends the feed to this topic of a Kafka that there is, and runs nothing else: for an `esn run` to watch. To one "
                + "that has records already it goes at its rate from the first step on.",
        };
        var servers = new Option<string?>("--bootstrap-servers", "-b")
        {
            Description = "With --to: host:port of Kafka. Default: localhost:9092.",
        };
        var command = new Command("demo", """
            The same pipeline as `esn run`, on a broker inside this process (librdkafka's mock cluster: real protocol, no
            disk, no transactions). The feed is the Mackey–Glass equation, whose γ changes from .10 to .13 for 50 steps at
            random places, once in 4000 steps or so; no eye sees it. The alarm budget is 1 in 3000. With --field it is a
            simulation whose frames go as binary records: the terminal shows the field, its error and the heat map of alarms.
            """) { field, steps, exit, rate, seed, noise, to, servers };
        steps.Must(n => n is null or <= 100_000_000,
            n => string.Create(CultureInfo.InvariantCulture, $"--steps must be in [5000, 100000000], was {n}"));
        rate.Must(perSecond => perSecond is null or >= 0 and <= 1e7,
            perSecond => string.Create(CultureInfo.InvariantCulture, $"--rate must be in [0, 1e7], was {perSecond}"));
        noise.Must(level => level is >= 0 and <= 1,
            level => string.Create(CultureInfo.InvariantCulture, $"--noise must be in [0, 1], was {level}"));
        command.Validators.Add(result =>
        {
            bool fields = result.GetResult(field) is not null;
            // What is no number is told by the option itself.
            if (result.GetResult(steps) is { Tokens: [var said] }
                && !long.TryParse(said.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return;
            if (fields && result.GetValue(steps) is { } frames and < 3500)
                result.AddError(string.Create(CultureInfo.InvariantCulture,
                    $"--steps must be in [3500, 100000000] for fields, was {frames}: "
                    + $"the model needs 3000 to learn, and the first anomaly comes after them"));
            if (!fields && result.GetValue(steps) is { } n and < 5000)
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--steps must be in [5000, 100000000], was {n}: "
                    + $"the model needs 2000 to learn, and the first anomaly comes after them"));
            if (result.GetResult(exit) is { Implicit: false } && result.GetResult(steps) is null)
                result.AddError("--exit needs --steps: an endless feed does not end");
            bool sends = result.GetResult(to) is not null;
            if (sends && fields) result.AddError("--to sends the signal alone; `esn replay` sends fields of a file");
            if (sends && result.GetResult(exit) is { Implicit: false })
                result.AddError("--exit says what was caught, and with --to nothing is watched here");
            if (!sends && result.GetResult(servers) is not null)
                result.AddError("--bootstrap-servers needs --to: without it the broker is within this process");
        });
        command.SetAction(async (parsed, stop) =>
        {
            if (parsed.GetResult(field) is not null)
            {
                FieldDemoKind kind = parsed.GetValue(field) ?? FieldDemoKind.Ocean;
                var fields = new FieldDemoOptions(kind, parsed.GetValue(steps), parsed.GetValue(exit), parsed.GetValue(rate) ?? 40,
                    parsed.GetValue(seed));
                await using var fieldDemo = new FieldDemoRun(fields, TimeProvider.System);
                return await FieldDemoScreen.Show(fieldDemo, kind, stop).ConfigureAwait(false) || !fields.Exit ? 0 : 1;
            }
            if (parsed.GetValue(to) is { } topic)
            {
                var config = new EsnConfig();
                if (parsed.GetValue(servers) is { } there) config = config with { Kafka = new KafkaConfig { BootstrapServers = there } };
                await ReplayCommand.Ready(config, topic, stop).ConfigureAwait(false);
                Terminal.Note.MarkupLineInterpolated($"{DemoProducer.Stream} → {topic} at {config.Kafka.BootstrapServers}");
                var feed = new DemoFeed(parsed.GetValue(seed), DemoRun.Quiet, parsed.GetValue(noise));
                // Begun again, what it would send at once lies before what it has sent: the stream has learnt from that.
                int atOnce = await Task.Run(() => HasRecords(config, topic), stop).ConfigureAwait(false) ? 0 : DemoRun.Quiet;
                await new DemoProducer(config, feed, TimeProvider.System, atOnce).Send(topic, parsed.GetValue(steps),
                    parsed.GetValue(rate) ?? 1000, () => long.MaxValue, stop).ConfigureAwait(false);
                return 0;
            }
            var options = new DemoOptions(parsed.GetValue(steps), parsed.GetValue(exit), parsed.GetValue(rate) ?? 1000,
                parsed.GetValue(seed),
                parsed.GetValue(noise));
            await using var demo = new DemoRun(options, TimeProvider.System);
            bool good = await DemoScreen.Show(demo, stop).ConfigureAwait(false);
            return good || !options.Exit ? 0 : 1;
        });
        return (command,
        [
            "esn demo", "esn demo --steps 20000 --exit --rate 0", "esn demo --noise 0.1 --seed 7",
            "esn demo --to timesteps --bootstrap-servers kafka:9092 --rate 50",
            "esn demo --field", "esn demo --field lissajous --steps 5000 --exit --rate 0", "esn demo --field chaotic",
        ]);
    }

    static bool HasRecords(EsnConfig config, string topic)
    {
        using IConsumer<byte[]?, byte[]?> client = new ConsumerBuilder<byte[]?, byte[]?>(ClientSettings.StateConsumer(config))
            .SetErrorHandler((_, _) => { }).SetLogHandler((_, _) => { }).Build();
        using IAdminClient admin = new DependentAdminClientBuilder(client.Handle).Build();
        return admin.GetMetadata(topic, ReplayCommand.Patience).Topics.SelectMany(found => found.Partitions).Any(partition =>
            client.QueryWatermarkOffsets(new TopicPartition(topic, partition.PartitionId), ReplayCommand.Patience) is var ends
            && ends.High > ends.Low);
    }
}
