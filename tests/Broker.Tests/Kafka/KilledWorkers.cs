using System.Globalization;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>
/// Workers as processes in one group, killed at random, and their broker restarted. ESN_KILL_TEST=long feeds 100,000 timesteps and
/// kills 20 times; ESN_KILL_SEED repeats a run that failed, as far as its moments go.
/// </summary>
/// <param name="output">Of the test.</param>
/// <param name="topic">What they learnt is kept in a topic; else in a directory.</param>
public abstract class KilledWorkers(ITestOutputHelper output, bool topic)
{
    const int Workers = 3;

    static readonly bool Long = Environment.GetEnvironmentVariable("ESN_KILL_TEST") == "long";
    static readonly int Steps = Long ? 1700 : 300;
    static readonly TimeSpan Between = TimeSpan.FromMilliseconds(Long ? 30 : 40);  // so that feeding takes about as long as the killing

    [Fact]
    public async Task Workers_that_are_killed_at_random_tell_what_an_undisturbed_one_tells_each_once()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ESN_KILL_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given : Environment.TickCount;
        output.WriteLine($"ESN_KILL_SEED={seed}");
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(seed);
        await using DisturbedGroup group = await DisturbedGroup.Start(output, topic: topic);
        EsnProcess[] workers = [.. Enumerable.Range(0, Workers).Select(_ => group.Worker())];
        int kills = Long ? 20 : topic ? 2 : 3;
        Task feeding = group.Feed(0, Steps, Between);
        for (int kill = 0; kill < kills; kill++)
        {
            await Task.Delay(random.Next(500, 4000));
            int killed = random.Next(Workers);
            workers[killed].Dispose();  // kill -9
            workers[killed] = group.Worker();
            if (kill != kills / 2) continue;
            await group.Kafka.Kill();
            await group.Kafka.Start();
        }
        await feeding;
        await group.Through();
        await group.IsAsUndisturbed(Steps);
        await Kept(group);
    }

    /// <summary>What is asked of the state that is kept in the end.</summary>
    private protected virtual Task Kept(DisturbedGroup group) => Task.CompletedTask;
}

/// <summary>That keep what they learnt in a directory.</summary>
public sealed class KilledWorkersWithADirectory(ITestOutputHelper output) : KilledWorkers(output, topic: false)
{
    readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task A_worker_that_is_killed_before_its_first_snapshot_leaves_no_hole_in_what_the_next_one_knows()
    {
        await using DisturbedGroup group = await DisturbedGroup.Start(_output, intervalSeconds: 3600);
        using (group.Worker())
        {
            await group.Feed(0, 150, TimeSpan.Zero);
            await group.Through();
        }
        using (group.Worker())
        {
            await group.Feed(150, 300, TimeSpan.Zero);
            await group.Through();
        }
        await group.IsAsUndisturbed(300);
    }
}

/// <summary>That keep what they learnt in a topic.</summary>
public sealed class KilledWorkersWithATopic(ITestOutputHelper output) : KilledWorkers(output, topic: true)
{
    private protected override async Task Kept(DisturbedGroup group)
    {
        Assert.Contains("60 streams of the newest: good", await group.Said(0, "state", "verify"), StringComparison.Ordinal);
        string file = Path.Combine(group.Directory, "s7.slot");
        await group.Said(0, "state", "export", file, "--stream", "s7");
        Assert.NotEqual(0, new FileInfo(file).Length);
        await group.Said(0, "state", "reset", "--stream", "s7", "--yes");
        Assert.Contains("nothing is kept of s7", await group.Said(2, "state", "show", "--stream", "s7"), StringComparison.Ordinal);
        await group.Said(0, "state", "reset", "--yes");
        Assert.Contains("nothing is kept in topic esn.state", await group.Said(0, "state", "list"), StringComparison.Ordinal);
    }
}
