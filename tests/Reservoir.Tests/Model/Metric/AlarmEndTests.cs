using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>When an alarm of a metric ends: once it is over, and not before.</summary>
public sealed class AlarmEndTests
{
    const int Begin = 2000;

    // Rows for which the alarm of what begins at Begin was open, and how it ended: counts by day, times a factor.
    static (int Rows, AlarmChange How)[] Ends(int feeds, Func<int, double> factor)
    {
        var ends = new (int, AlarmChange)[feeds];
        Parallel.For(0, feeds, seed =>
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double[] feed = [.. Enumerable.Range(0, Begin + 60).Select(t => (t >= Begin ? factor(t - Begin) : 1)
                * Poisson.Sample(random, 20 * (1 + .6 * Math.Sin(2 * Math.PI * t / 288))))];
            AlarmEvent end = Feeds.Run(Presets.Metric(), feed).Events().First(alarm => alarm.Start is >= Begin and < Begin + 8
                && alarm.Change is AlarmChange.Closed or AlarmChange.Adapted && alarm.Start >= Begin);
            ends[seed] = ((int)(end.Position - end.Start), end.Change);
        });
        return ends;
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(4, 4)]
    [InlineData(8, 3)]
    public void What_is_over_is_closed_though_means_of_the_error_remember_it(int rows, double factor)
    {
        (int Rows, AlarmChange How)[] ends = Ends(20, since => since < rows ? factor : 1);
        string each = string.Join(" ", ends.Select(end => end.Rows));
        Assert.True(ends.Count(end => end.How == AlarmChange.Closed) >= 19 && ends.Average(end => end.Rows) <= rows + 8, each);
    }

    // The latest errors alone fall below half of their mean in one frame of five by chance.
    [Fact]
    public void What_a_slow_shift_of_about_the_noise_tells_goes_on_as_long_as_it_does()
    {
        var ends = new List<(int Rows, AlarmChange How)>();
        Parallel.For(0, 60, seed =>
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double[] feed = [.. Enumerable.Range(0, Begin + 100).Select(t => 20 + Normal.Sample(random, 0, 1) + (t >= Begin ? 1 : 0))];
            List<AlarmEvent> events = Feeds.Run(Presets.Metric(), feed).Events();
            AlarmEvent? opened = events.Find(alarm => alarm is { Change: AlarmChange.Opened, Start: >= Begin + 5 and < Begin + 60 });
            if (opened is null) return;
            AlarmEvent end = events.Find(alarm => alarm.Start == opened.Start && alarm.Change is AlarmChange.Closed or AlarmChange.Adapted
                && alarm.Position > opened.Position)!;
            lock (ends) ends.Add(((int)(end.Position - end.Start), end.Change));
        });
        string each = string.Join(" ", ends.Select(end => $"{end.Rows}{(end.How == AlarmChange.Adapted ? "a" : "")}"));
        Assert.True(ends.Count >= 10 && ends.Count(end => end.How == AlarmChange.Adapted) >= .9 * ends.Count, each);
    }

    // Noise, counts by day, or a swing by day in little noise; what begins at Begin changes a value.
    static double[] Feed(string kind, int seed, int steps, Func<int, double, double> of)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double day = 2 * Math.PI / 288;
        return [.. Enumerable.Range(0, steps).Select(t => of(t - Begin, kind switch
        {
            "noise" => 60 + Normal.Sample(random, 0, 2),
            "faint" => 100 + Math.Sin(day * t) + Normal.Sample(random, 0, 1),  // of which the hour tells hardly half
            "counts" => Poisson.Sample(random, 25 * (1 + .5 * Math.Sin(day * t))),
            _ => 120 + 50 * Math.Sin(day * t) + Normal.Sample(random, 0, 4),
        }))];
    }

    static List<AlarmEvent> Events(double[] feed, int channels = 1, int muted = 0)
    {
        var times = new DateTime[feed.Length / channels];
        var mutes = new bool[times.Length];
        for (int t = 0; t < times.Length; t++)
        {
            times[t] = new DateTime(2026, 3, 2).AddMinutes(5 * t);
            mutes[t] = t >= Begin + 200 && t < Begin + 200 + muted;
        }
        var results = new StepResult[times.Length];
        new Detector(Presets.Metric(), channels).StepMany(times, feed, results, new double[feed.Length], mutes);
        return [.. results.Events().Where(alarm => alarm.Start >= Begin - 5)];
    }

    static bool Ends(AlarmEvent alarm) => alarm.Change is AlarmChange.Closed or AlarmChange.Adapted;

    [Theory]
    [InlineData("noise", 40, 0)]
    [InlineData("noise", 300, 0)]
    [InlineData("swing", 40, 0)]
    [InlineData("swing", 300, 0)]
    [InlineData("swing", 300, 3)]
    [InlineData("counts", 40, 0)]
    [InlineData("counts", 300, 3)]
    public void An_outage_is_open_for_as_long_as_it_lasts_though_it_is_learnt_meanwhile(string kind, int rows, double factor)
    {
        var ends = new string[10];
        Parallel.For(0, ends.Length, seed =>
        {
            List<AlarmEvent> events = Events(Feed(kind, seed, Begin + rows + 100,
                (since, value) => since >= 0 && since < rows ? factor * value : value));
            AlarmEvent opened = events.First(alarm => alarm.Change == AlarmChange.Opened), end = events.First(Ends);
            bool all = opened.Position < Begin + 20 && end.Position >= Begin + rows && end.Position < Begin + rows + 12
                && end.Change == AlarmChange.Closed;
            ends[seed] = all ? "" : $"{opened.Position - Begin}–{end.Position - Begin} {end.Change}";
        });
        Assert.True(ends.Count(end => end.Length == 0) >= 9, string.Join(", ", ends));
    }

    [Fact]
    public void What_has_lasted_for_as_long_as_a_warm_up_is_normal_and_so_what_is_learnt_of_a_person()
    {
        List<AlarmEvent> events = Events(Feed("noise", 3, Begin + 900, (since, value) => since >= 0 ? value + 30 : value));
        AlarmEvent end = events.First(Ends);
        Assert.Equal((AlarmChange.Adapted, 750), (end.Change, end.Position - end.Start));

        double[] feed = Feed("noise", 3, Begin + 100, (since, value) => since >= 0 ? value + 30 : value);
        var detector = new Detector(Presets.Metric(), 1);
        StepResult last = default;
        for (int t = 0; t < feed.Length - 1; t++) last = detector.Step(DateTime.UnixEpoch.AddMinutes(5 * t), feed.AsSpan(t, 1), [0]);
        Assert.True(last.AlarmOpen);
        detector.DenyAlarm(detector.LastAlarm);
        last = detector.Step(DateTime.UnixEpoch.AddMinutes(5 * feed.Length), feed.AsSpan(^1), [0]);
        Assert.Equal((AlarmChange.Adapted, false), (last.Alarm?.Change, last.AlarmOpen));
    }

    // A slow fall that nothing told, and back at once: that is no other outage.
    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public void The_return_from_where_it_went_untold_is_over_as_soon_as_it_is_learnt(int outageBefore)
    {
        int returns = 0;
        var lengths = new List<long>();
        Parallel.For(0, 20, seed =>
        {
            List<AlarmEvent> events = Events(Feed("noise", seed, Begin + 1900,
                (since, value) => since is >= 0 and < 1000 ? value - 12 * Math.Min(1, since / 700.0)
                    : since >= -1000 && since < -1000 + outageBefore ? value - 40 : value));
            AlarmEvent? end = events.Find(alarm => Ends(alarm) && alarm.Start is >= Begin + 1000 and < Begin + 1020);
            if (!events.Exists(alarm => alarm.Start is >= Begin + 1000 and < Begin + 1020)) return;
            Interlocked.Increment(ref returns);
            lock (lengths) lengths.Add(end is null ? long.MaxValue : end.Position - end.Start);
        });
        Assert.True(returns >= 10, $"{returns}");
        Assert.True(lengths.Count(rows => rows <= 60) >= .9 * returns, string.Join(" ", lengths));
    }

    // A machine that was off when the detector was attached: there it has been, but not for most of what is remembered.
    [Fact]
    public void An_outage_to_where_the_feed_began_goes_on_as_long_as_it_does()
    {
        var ends = new long[20];
        Parallel.For(0, ends.Length, seed =>
        {
            double[] feed = Feed("noise", seed, 1060, (since, value) => Begin + since is < 450 or (>= 800 and < 1000) ? value - 40 : value);
            ends[seed] = Feeds.Run(Presets.Metric(), feed).Events().Find(alarm => Ends(alarm) && alarm.Position > 800)?.Position ?? -1;
        });
        Assert.True(ends.Count(end => end is >= 1000 and < 1015) >= 18, string.Join(" ", ends));
    }

    // The outage itself, learnt meanwhile, tells that the hour tells less.
    [Fact]
    public void What_the_hour_hardly_tells_is_closed_once_it_is_over()
    {
        var ends = new string[24];
        int told = 0;
        Parallel.For(0, ends.Length, seed =>
        {
            List<AlarmEvent> events = Events(Feed("faint", seed, Begin + 1900,
                (since, value) => since is >= 1000 and < 1100 ? value - 7 : value));
            AlarmEvent? opened = events.Find(alarm =>
                alarm is { Change: AlarmChange.Opened, Position: >= Begin + 1000 and < Begin + 1020 });
            ends[seed] = "";
            if (opened is null) return;
            Interlocked.Increment(ref told);
            AlarmEvent end = events.First(alarm => alarm.Start == opened.Start && Ends(alarm));
            if (end.Position - Begin > 1112) ends[seed] = $"{opened.Position - Begin}–{end.Position - Begin} {end.Change}";
        });
        Assert.True(told >= 20 && ends.All(end => end.Length == 0), $"{told}: {string.Join(" ", ends)}");
    }

    // Learnt as the new normal, or its alarm ended by a mute: the way back is no outage of 750 rows.
    [Theory]
    [InlineData("noise", 1000, 0)]
    [InlineData("swing", 1000, 0)]
    [InlineData("noise", 600, 5)]
    public void The_way_back_from_where_an_alarm_left_the_feed_is_no_outage(string kind, int rows, int muted)
    {
        var open = new long[10];
        Parallel.For(0, open.Length, seed =>
        {
            List<AlarmEvent> events = Events(Feed(kind, seed, Begin + rows + 900,
                (since, value) => since >= 0 && since < rows ? value - 60 : value), muted: muted);
            foreach (AlarmEvent opened in events.Where(alarm => alarm.Change == AlarmChange.Opened && alarm.Position >= Begin + rows))
            {
                AlarmEvent end = events.First(alarm => alarm.Start == opened.Start && Ends(alarm));
                open[seed] = Math.Max(open[seed], end.Position - opened.Position);
            }
        });
        Assert.True(open.Count(rowsOpen => rowsOpen <= 60) >= 9, string.Join(" ", open));
    }

    // Two channels of noise, the first elsewhere from Begin on, the second so much later: until the end of the second, or of the first.
    [Theory]
    [InlineData(450, 400, 700, -60)]  // once the alarm is known to last
    [InlineData(1500, 780, 1400, -60)]  // after the first is taken for normal
    public void What_begins_later_in_another_channel_holds_the_alarm_for_as_long_as_it_lasts(int first, int from, int to, double by)
    {
        var ends = new string?[16];
        Parallel.For(0, ends.Length, seed =>
        {
            double[] one = Feed("noise", 2 * seed, Begin + 2000, (since, value) => since >= 0 && since < first ? value - 24 : value);
            double[] other = Feed("noise", 2 * seed + 1, Begin + 2000, (since, value) => since >= from && since < to ? value + by : value);
            List<AlarmEvent> events = Events([.. one.Zip(other, (a, b) => (double[])[a, b]).SelectMany(frame => frame)], channels: 2);
            if (events.Find(alarm => alarm.Announced && alarm.Position >= Begin + from) is not { } told) return;
            if (told.Position >= Begin + from + 20) return;
            AlarmEvent end = events.First(alarm => alarm.Position > told.Position && Ends(alarm));
            bool all = end.Position >= Begin + to && end.Position < Begin + to + 12;
            ends[seed] = all ? "" : $"{told.Position - Begin}–{end.Position - Begin} {end.Change}";
        });
        int count = ends.Count(end => end is not null);
        Assert.True(count >= 8 && ends.Count(end => end == "") >= count - 1, string.Join(", ", ends));
    }

    // The first channel far off for a few rows, the second less far, from some rows later on: it holds the alarm, and is told.
    [Theory]
    [InlineData("noise", 30, 12, 200)]
    [InlineData("noise", 60, 12, 300)]
    [InlineData("swing", 60, 60, 300)]
    public void The_weaker_of_two_that_fail_together_holds_the_alarm_for_as_long_as_it_lasts(string kind, int first, double by, int rows)
    {
        var ends = new string[10];
        Parallel.For(0, ends.Length, seed =>
        {
            double[] one = Feed(kind, 2 * seed, Begin + 500, (since, value) => since >= 0 && since < first ? 0 : value);
            double[] other = Feed(kind, 2 * seed + 1, Begin + 500, (since, value) => since >= 3 && since < rows ? value + by : value);
            List<AlarmEvent> events = Events([.. one.Zip(other, (a, b) => (double[])[a, b]).SelectMany(frame => frame)], channels: 2);
            AlarmEvent end = events.First(Ends);
            bool all = end.Position >= Begin + rows && end.Position < Begin + rows + 12 && end.Change == AlarmChange.Closed;
            bool told = events.Exists(alarm => alarm is { Change: AlarmChange.Updated } && alarm.Position < Begin + 50
                && alarm.Contributions.Any(one => one is { Channel: 1, Share: > .2 }));
            ends[seed] = all && told ? "" : $"–{end.Position - Begin} {end.Change} {told}";
        });
        Assert.True(ends.Count(end => end.Length == 0) >= 9, string.Join(", ", ends));
    }

    // Three times as much, that stays; nine times for five rows of it: one alarm, of two incidents.
    [Fact]
    public void Another_incident_while_the_first_lasts_is_told_of_the_same_alarm()
    {
        int told = 0;
        for (int seed = 0; seed < 8; seed++)
        {
            List<AlarmEvent> events = Events(Feed("counts", seed, Begin + 500,
                (since, value) => since < 0 ? value : since is >= 350 and < 355 ? 9 * value : 3 * value));
            Assert.Single(events, alarm => alarm.Change == AlarmChange.Opened);
            if (events.Find(alarm => alarm.Incidents == 2) is not { } second) continue;
            if (second is { Change: AlarmChange.Escalated, Announced: true } && second.Position - Begin is >= 350 and < 355) told++;
        }
        Assert.InRange(told, 6, 8);
    }

    // Of the same kind again and again, and of the way back, nothing is told.
    [Fact]
    public void What_goes_on_is_no_other_incident_and_nor_is_its_end()
    {
        int incidents = 0;
        for (int seed = 0; seed < 10; seed++)
        {
            List<AlarmEvent> events = Events(Feed("counts", seed, Begin + 500,
                (since, value) => since is >= 0 and < 300 ? 3 * value : value));
            incidents += events.Count(alarm => alarm.Announced && alarm.Position >= Begin + 25);
        }
        Assert.InRange(incidents, 0, 2);
    }

    // A flag that never moves beside a sensor that stands still for forty frames: what holds the alarm is the sensor.
    [Fact]
    public void A_freeze_ends_when_the_channel_moves_though_another_never_does()
    {
        var ends = new List<long>();
        Parallel.For(0, 40, seed =>
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double kept = 20 + .3 * Normal.Sample(random, 0, 1);
            double[][] frames = [.. Enumerable.Range(0, Begin + 640).Select(t =>
                (double[])[1, t is >= Begin and < Begin + 40 ? kept : 20 + Normal.Sample(random, 0, 1)])];
            var detector = new Detector(new MetricModelSpec { WarmUp = 300 }, 2);
            long start = -1;
            for (int t = 0; t < frames.Length; t++)
            {
                AlarmEvent? alarm = detector.Step(DateTime.UnixEpoch.AddMinutes(5 * t), frames[t], new double[2]).Alarm;
                if (start < 0 && alarm is { Change: AlarmChange.Opened, Position: >= Begin and < Begin + 40 }) start = alarm.Start;
                if (alarm is { Change: AlarmChange.Closed or AlarmChange.Adapted } && alarm.Start == start)
                    lock (ends) ends.Add(alarm.Position - Begin - 40);
            }
        });
        string each = string.Join(" ", ends);
        Assert.True(ends.Count >= 35 && ends.Count(end => end > 60) <= 2, each);
    }
}
