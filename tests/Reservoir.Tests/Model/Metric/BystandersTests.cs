using System.Buffers;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>A fault of a channel that has no part in what was told is told, and what joins a fault is not told for itself.</summary>
public sealed class BystandersTests
{
    const int Rise = 25, Begin = 2700;

    static int Step(Bystanders bystanders, double first, double second, int told = -1, int unprecedented = -1, bool turns = false) =>
        bystanders.Step([first, second], told, unprecedented, turns);

    [Fact]
    public void One_that_was_quiet_since_is_another_fault_once_the_alarm_has_been_told()
    {
        var bystanders = new Bystanders(2, Rise);
        Assert.Equal(-1, Step(bystanders, 2, 0, told: 0));
        for (int t = 0; t < Rise; t++) Assert.Equal(-1, Step(bystanders, 3, .2));
        Assert.Equal(1, Step(bystanders, 3, 1.1));   // that of the first channel goes on
        Assert.Equal(-1, Step(bystanders, 3, 1.4));  // and so does this one
    }

    [Fact]
    public void One_that_joins_while_the_alarm_is_told_has_a_part_in_it_until_it_has_rested()
    {
        var bystanders = new Bystanders(2, Rise);
        Step(bystanders, 2, 0, told: 0);
        for (int t = 1; t < 60; t++) Assert.Equal(-1, Step(bystanders, 2, t < 20 ? 0 : 1.5));
        for (int t = 0; t < EmissionBudget.Rest; t++) Assert.Equal(-1, Step(bystanders, 2, .4));
        Assert.Equal(1, Step(bystanders, 2, 1.5));
    }

    [Fact]
    public void What_the_others_do_as_a_channel_goes_back_is_its_doing()
    {
        var bystanders = new Bystanders(2, Rise);
        Step(bystanders, 2, 0, told: 0);
        for (int t = 0; t < 40; t++) Step(bystanders, 2, 0);
        Assert.Equal(-1, Step(bystanders, 2, 1.5, turns: true));
        Assert.Equal(-1, Step(bystanders, 2, 1.5));

        bystanders = new Bystanders(2, Rise);  // where that is told by its errors
        Step(bystanders, 2, 0, told: 0);
        for (int t = 0; t < 40; t++) Step(bystanders, .1, 0);
        Assert.Equal(-1, Step(bystanders, 2, .8, told: 0));
        Assert.Equal(-1, Step(bystanders, .1, 1.5));
    }

    [Fact]
    public void What_grows_of_a_channel_that_was_told_does_not_make_others_join()
    {
        var bystanders = new Bystanders(2, Rise);
        Step(bystanders, 2, 0, told: 0);
        for (int t = 0; t < 40; t++) Step(bystanders, 2, 0, told: t % 10 == 0 ? 0 : -1);
        Assert.Equal(1, Step(bystanders, 2, 1.5));
    }

    [Fact]
    public void One_that_begins_as_another_is_told_of_waits_for_that()
    {
        var bystanders = new Bystanders(2, Rise);
        Step(bystanders, 2, 0, told: 0);
        for (int t = 0; t < 40; t++) Step(bystanders, 2, 0);
        Assert.Equal(-1, Step(bystanders, 3, 1.5, told: 0));
        Assert.Equal(1, Step(bystanders, 3, 1.5));
    }

    // A standstill shakes no forecast, and may be no news.
    [Fact]
    public void What_is_unprecedented_meanwhile_keeps_none_back_but_at_that_step()
    {
        var bystanders = new Bystanders(2, Rise);
        Step(bystanders, 2, 0, told: 0);
        for (int t = 0; t < 40; t++) Step(bystanders, 2, 0);
        Assert.Equal(-1, Step(bystanders, 2, 0, unprecedented: 1));
        Assert.Equal(-1, Step(bystanders, 2, 0));
        Assert.Equal(1, Step(bystanders, 2, 1.5));

        bystanders = new Bystanders(2, Rise);
        Step(bystanders, 2, 0, told: 0);
        for (int t = 0; t < 40; t++) Step(bystanders, 2, 0);
        Assert.Equal(-1, Step(bystanders, 2, 1.5, unprecedented: 0));
        Assert.Equal(1, Step(bystanders, 2, 1.5));
    }

    [Fact]
    public void What_is_let_pass_costs_as_an_alarm_does_and_lets_nothing_weaker_of_the_other_pass()
    {
        var budget = new EmissionBudget(new EmissionBudgetSpec { Youth = 0 }, warmUp: 750);
        double one = budget.Threshold;
        budget.Step(3 * one);
        Assert.Equal(0, budget.Step(2.5 * one));
        double before = budget.Factor;
        budget.LetPass(1.2);
        Assert.Equal(Math.Exp(-.4), budget.Factor / before, 2);
        Assert.Equal(0, budget.Step(3 * one));
    }

    // Requests and errors by day, a row in five minutes.
    static double[] Feed(int seed, Action<int, double[]> fault)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] feed = new double[(Begin + 600) * 2], row = new double[2];
        for (int t = 0; t < feed.Length / 2; t++)
        {
            row[0] = 500 * (1 + .4 * Math.Sin(2 * Math.PI * t / 288)) + Normal.Sample(random, 0, 20);
            row[1] = Gamma.Sample(random, 4, 1);
            fault(t - Begin, row);
            row.CopyTo(feed, 2 * t);
        }
        return feed;
    }

    static DateTime[] Times(double[] feed) =>
        [.. Enumerable.Range(0, feed.Length / 2).Select(t => new DateTime(2026, 3, 2).AddMinutes(5 * t))];

    static List<AlarmEvent> Events(double[] feed, int rows = 200, double[]? minimum = null)
    {
        var results = new StepResult[feed.Length / 2];
        MetricModelSpec spec = Presets.Metric();
        spec = spec with { Alarm = spec.Alarm with { MinimumDeviation = minimum ?? [] } };
        new Detector(spec, 2).StepMany(Times(feed), feed, results, new double[feed.Length]);
        return [.. results.Events().Where(alarm => alarm.Position >= Begin && alarm.Position < Begin + rows)];
    }

    static void ErrorsOutlastRequests(int since, double[] row)
    {
        if (since is >= 0 and < 100) row[0] = 0;
        if (since is >= 60 and < 300) row[1] *= 15;
    }

    [Fact]
    public void Errors_that_burst_while_there_are_no_requests_are_told_though_those_still_alarm()
    {
        int[] told = new int[10];
        Parallel.For(0, told.Length, seed =>
        {
            List<AlarmEvent> events = Events(Feed(seed, (since, row) =>
            {
                if (since is >= 0 and < 100) row[0] = 0;
                if (since is >= 60 and < 66) row[1] *= 15;
            }));
            Assert.Contains(events, alarm => alarm.Change == AlarmChange.Opened && alarm.Position < Begin + 5);
            if (events.Exists(alarm => alarm.Change == AlarmChange.Escalated && alarm.Position >= Begin + 60
                && alarm.Position < Begin + 66)) told[seed] = 1;
        });
        Assert.True(told.Sum() >= 8, string.Join(" ", told));
    }

    // It counts as a part of the outage: no other alarm, but on-call reads its channel. What an outage shakes alone is not named.
    [Theory]
    [InlineData(15, 8)]
    [InlineData(15, 0)]
    public void What_fails_for_some_rows_soon_after_an_outage_began_is_named(int from, int rows)
    {
        int[] named = new int[10];
        Parallel.For(0, named.Length, seed =>
        {
            List<AlarmEvent> events = Events(Feed(seed, (since, row) =>
            {
                if (since is >= 0 and < 100) row[0] = 0;
                if (since >= from && since < from + rows) row[1] *= 15;
            }));
            Assert.Single(events, alarm => alarm.Change == AlarmChange.Opened);
            AlarmEvent after = events.First(alarm => alarm.Position >= Begin + 25);
            if (after.Position < Begin + 50 && after.Contributions.Any(one => one is { Channel: 1, Share: > .2 })) named[seed] = 1;
        });
        Assert.True(rows > 0 ? named.Sum() >= 9 : named.Sum() <= 1, string.Join(" ", named));
    }

    [Fact]
    public void A_fault_that_outlasts_the_one_beside_which_it_was_told_holds_the_alarm_open()
    {
        var ends = new int[8];
        Parallel.For(0, ends.Length, seed =>
        {
            List<AlarmEvent> events = Events(Feed(seed, ErrorsOutlastRequests), rows: 600);
            ends[seed] = events.Exists(alarm => alarm.LaterChannels is [1])
                ? (int)events.Find(alarm => alarm.Change is AlarmChange.Closed or AlarmChange.Adapted)!.Position - Begin : -1;
        });
        Assert.True(ends.Count(end => end is >= 295 and < 320) >= 7, string.Join(" ", ends));
    }

    [Fact]
    public void A_bystander_that_deviates_by_less_than_alarms_are_for_is_not_told()
    {
        double[] feed = Feed(0, ErrorsOutlastRequests);
        Assert.Contains(Events(feed, rows: 600, minimum: [100, 10]), alarm => alarm.LaterChannels is [1]);
        List<AlarmEvent> events = Events(feed, rows: 600, minimum: [100, 1000]);
        Assert.Contains(events, alarm => alarm.Change == AlarmChange.Opened);
        Assert.DoesNotContain(events, alarm => alarm.LaterChannels.Count > 0);
    }

    // The exporter died in the burst.
    [Fact]
    public void One_that_gives_no_value_any_more_holds_no_alarm_open()
    {
        List<AlarmEvent> events = Events(Feed(0, (since, row) =>
        {
            ErrorsOutlastRequests(since, row);
            if (since >= 120) row[1] = double.NaN;
        }), rows: 600);
        Assert.Contains(events, alarm => alarm.LaterChannels is [1]);
        Assert.InRange(events.Find(alarm => alarm.Change is AlarmChange.Closed or AlarmChange.Adapted)!.Position - Begin, 100, 160);
    }

    // The same goes beyond where it was before to the other side: another incident of it, and no other channel.
    [Fact]
    public void What_begins_soon_after_a_channel_of_the_alarm_was_told_anew_is_told_and_that_one_is_no_later_channel()
    {
        var told = new string[9];
        Parallel.For(0, told.Length, at =>
        {
            List<AlarmEvent> events = Events(Feed(at % 3, (since, row) =>
            {
                if (since is >= 0 and < 60) row[0] = 0;
                if (since is >= 60 and < 200) row[0] += 6000;
                if (since >= 68 + at / 3 && since < 108 + at / 3) row[1] *= 25;
            }));
            Assert.DoesNotContain(events, alarm => alarm.LaterChannels.Contains(0));
            told[at] = events.Exists(alarm => alarm.LaterChannels is [1] && alarm.Position <= Begin + 80) ? "" : $"{at}";
        });
        Assert.True(told.Count(none => none == "") >= 8, string.Join(" ", told));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(97)]
    public void Blocks_and_restarts_change_no_bit(int block)
    {
        double[] feed = Feed(0, ErrorsOutlastRequests), expected = new double[feed.Length];
        DateTime[] times = Times(feed);
        var whole = new StepResult[times.Length];
        var parts = new StepResult[times.Length];
        var detector = new Detector(Presets.Metric(), 2);
        detector.StepMany(times, feed, whole, expected);
        byte[] end = Saved(detector);
        detector = new Detector(Presets.Metric(), 2);
        int[] restarts = [Begin + 2, Begin + 61, Begin + 90, Begin + 305, times.Length];
        for (int at = 0, next = 0; at < times.Length;)
        {
            int count = Math.Min(block, restarts[next] - at);
            detector.StepMany(times.AsSpan(at, count), feed.AsSpan(2 * at, 2 * count), parts.AsSpan(at, count),
                expected.AsSpan(0, 2 * count));
            at += count;
            if (at != restarts[next]) continue;
            next++;
            detector = Detector.Load(Presets.Metric(), 2, Saved(detector));
        }
        Assert.Equal(whole.Select(step => (step.Score, step.Alarm?.Change)), parts.Select(step => (step.Score, step.Alarm?.Change)));
        Assert.Equal(end, Saved(detector));

        static byte[] Saved(Detector detector)
        {
            var bytes = new ArrayBufferWriter<byte>();
            detector.Save(bytes);
            return bytes.WrittenSpan.ToArray();
        }
    }

    [Fact]
    public void An_outage_of_both_channels_is_one_alarm_though_one_joins_later()
    {
        string[] news = new string[10];
        Parallel.For(0, news.Length, seed => news[seed] = string.Join(" ", Events(Feed(seed, (since, row) =>
            {
                if (since is >= 0 and < 100) row[0] = 0;
                if (since is >= 5 and < 100) row[1] *= 8;
            })).Where(alarm => alarm.Change is AlarmChange.Opened or AlarmChange.Escalated).Select(alarm => alarm.Position - Begin)));
        Assert.True(news.Sum(each => each.Split(' ').Length) <= 25, string.Join(", ", news));
    }
}
