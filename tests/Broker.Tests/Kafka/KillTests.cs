using System.Globalization;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>
/// Workers as processes in one group, killed or stopped, and their broker restarted. ESN_KILL_TEST=long feeds 100,000 timesteps and
/// kills 20 times; ESN_KILL_SEED repeats a run that failed, as far as its moments go.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    const int Workers = 3;
    const string NoMember = "no longer a member of the group";

    static readonly bool Long = Environment.GetEnvironmentVariable("ESN_KILL_TEST") == "long";
    static readonly int Steps = Long ? 1700 : 300;
    static readonly TimeSpan Between = TimeSpan.FromMilliseconds(Long ? 30 : 40);  // so that feeding takes about as long as the killing

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Workers_that_are_killed_at_random_tell_what_an_undisturbed_one_tells_each_once(bool topic)
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
        if (topic) await CommandsSee(group);
    }

    static async Task CommandsSee(DisturbedGroup group)
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

    [Fact]
    public async Task A_worker_that_is_killed_before_its_first_snapshot_leaves_no_hole_in_what_the_next_one_knows()
    {
        await using DisturbedGroup group = await DisturbedGroup.Start(output, intervalSeconds: 3600);
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

    [Fact]
    public async Task A_worker_that_stands_still_for_longer_than_its_session_is_refused_when_it_goes_on()
    {
        // Its snapshots are refused too.
        await using DisturbedGroup group = await DisturbedGroup.Start(output, topic: true);
        EsnProcess one = group.Worker(), other = group.Worker();
        await group.Members(2);
        int fed = 0;
        foreach (EsnProcess zombie in new[] { one, other })
        {
            fed = await Works(group, zombie, fed);
            double before = await EndToEnd.Metric(zombie, "esn_steps_total");
            Task feeding = group.Feed(fed, fed += 200, TimeSpan.FromMilliseconds(40));
            await EndToEnd.Steps(zombie, (long)before + 1);  // something is on its way
            int lost = Lost(zombie);
            zombie.Signal("STOP");
            await group.Members(1);
            zombie.Signal("CONT");
            await group.Members(2);
            await EndToEnd.Said(zombie, NoMember, lost + 1);
            await feeding;
        }
        await group.Through();
        await group.IsAsUndisturbed(fed);
    }

    [Fact]
    public async Task What_a_broker_still_does_after_it_stood_still_is_told_once()
    {
        await using DisturbedGroup group = await DisturbedGroup.Start(output, topic: true);
        EsnProcess worker = group.Worker();
        await group.Members(1);
        int fed = await Works(group, worker, 0);
        double before = await EndToEnd.Metric(worker, "esn_steps_total");
        Task feeding = group.Feed(fed, fed += 300, TimeSpan.FromMilliseconds(20));
        await EndToEnd.Steps(worker, (long)before + 1);  // something is on its way
        int lost = Lost(worker);
        group.Kafka.Signal("STOP");
        // Longer than a session and a transaction: what the broker still had to answer is of no member any more.
        await EndToEnd.Said(worker, NoMember, lost + 1);
        group.Kafka.Signal("CONT");
        await group.Members(1);
        await feeding;
        await group.Through();
        await group.IsAsUndisturbed(fed);
    }

    // Feeds until it has taken a snapshot; returns how far was fed.
    static async Task<int> Works(DisturbedGroup group, EsnProcess worker, int fed)
    {
        double taken = await EndToEnd.Metric(worker, "esn_snapshots_total");
        for (DateTime end = DateTime.UtcNow + EndToEnd.Patience; await EndToEnd.Metric(worker, "esn_snapshots_total") <= taken;)
        {
            Assert.True(DateTime.UtcNow < end, worker.Said);
            await group.Feed(fed, fed += 10, TimeSpan.FromMilliseconds(20));
        }
        return fed;
    }

    static int Lost(EsnProcess worker) => worker.Said.Split(NoMember).Length - 1;
}
