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

    static readonly bool Long = Environment.GetEnvironmentVariable("ESN_KILL_TEST") == "long";
    static readonly int Kills = Long ? 20 : 4, Steps = Long ? 1700 : 400;
    static readonly TimeSpan Between = TimeSpan.FromMilliseconds(Long ? 30 : 40);  // so that feeding takes about as long as the killing

    [Fact]
    public async Task Workers_that_are_killed_at_random_tell_what_an_undisturbed_one_tells_each_once()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ESN_KILL_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given : Environment.TickCount;
        output.WriteLine($"ESN_KILL_SEED={seed}");
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(seed);
        await using DisturbedGroup group = await DisturbedGroup.Start(output);
        EsnProcess[] workers = [.. Enumerable.Range(0, Workers).Select(_ => group.Worker())];
        Task feeding = group.Feed(0, Steps, Between);
        for (int kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(random.Next(500, 4000));
            int killed = random.Next(Workers);
            workers[killed].Dispose();  // kill -9
            workers[killed] = group.Worker();
            if (kill != Kills / 2) continue;
            await group.Kafka.Kill();
            await group.Kafka.Start();
        }
        await feeding;
        await group.Through();
        await group.IsAsUndisturbed(Steps);
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
        await using DisturbedGroup group = await DisturbedGroup.Start(output);
        EsnProcess one = group.Worker(), other = group.Worker();
        await group.Members(2);
        Task feeding = group.Feed(0, 600, TimeSpan.FromMilliseconds(40));
        foreach (EsnProcess zombie in new[] { one, other, one })
        {
            await Task.Delay(1000);
            int lost = Lost(zombie);
            zombie.Signal("STOP");
            await group.Members(1);
            zombie.Signal("CONT");
            await group.Members(2);
            Assert.Equal(lost + 1, Lost(zombie));
        }
        await feeding;
        await group.Through();
        await group.IsAsUndisturbed(600);
    }

    static int Lost(EsnProcess worker) => worker.Said.Split("no longer a member of the group").Length - 1;
}
