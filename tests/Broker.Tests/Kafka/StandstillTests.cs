using Xunit;

namespace Esn.Broker.Tests;

/// <summary>Workers and brokers that are stopped for longer than a session, and go on.</summary>
public sealed class StandstillTests(ITestOutputHelper output)
{
    const string NoMember = "no longer a member of the group";

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
