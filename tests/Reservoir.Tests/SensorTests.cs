using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>What the preset for plant data promises of levels, noise and ends of faults.</summary>
public sealed class SensorTests
{
    const int Steps = 1100, Channels = 4;

    // White noise in every channel; what is added to the first, and how wide its noise is.
    static StepResult[] Run(Func<int, double> shift, Func<int, double>? width = null, int seed = 5, ErrorModelSpec? spec = null)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        double[] feed = new double[Steps * Channels];
        for (int i = 0; i < feed.Length; i++)
        {
            int t = i / Channels;
            bool first = i % Channels == 0;
            feed[i] = Normal.Sample(random, 0, 1) * (first && width is not null ? width(t) : 1) + (first ? shift(t) : 0);
        }
        return Feeds.Run(spec ?? Presets.Sensors(), feed, Channels);
    }

    [Theory]
    [InlineData(1.5)]
    [InlineData(3)]
    [InlineData(-8)]
    public void A_level_that_shifts_is_told_soon_and_so_is_its_end(double size)
    {
        StepResult[] results = Run(t => t is >= 573 and < 973 ? size : 0);
        AlarmEvent opened = results.Events().First(e => e.Change == AlarmChange.Opened);
        Assert.InRange(opened.Position, 573, 610);
        Assert.Equal(0, opened.Contributions[0].Channel);
        Assert.InRange(results.Events().Last(e => e.Change == AlarmChange.Closed && e.Start == opened.Start).Position, 973, 1020);
    }

    [Fact]
    public void A_fault_that_leaves_another_level_behind_is_over_and_that_level_is_the_new_normal()
    {
        StepResult[] results = Run(t => t < 573 ? 0 : t < 873 ? 6 : 1.8);
        Assert.Single(results.Events(), e => e.Change == AlarmChange.Opened);
        Assert.InRange(results.Events().First(e => e.Change == AlarmChange.Closed).Position, 873, 910);
        Assert.DoesNotContain(results[950..], r => r.AlarmOpen);
    }

    // A level that followed the value at which the sensor stood still would call the other half of its rhythm a deviation.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void An_alarm_of_a_sensor_that_stands_still_is_over_soon_after_it_lives_again(int seed)
    {
        const int steps = 4000, first = 2000, rows = 300;
        double[] feed = Feeds.Noise(steps, 30, seed, deviation: .2);
        for (int t = 0; t < steps; t++) feed[t] += 10 * Math.Sin(2 * Math.PI * t / 60);
        int at = first + 12 * seed;
        for (int t = at; t < at + rows; t++) feed[t] = feed[at];
        StepResult[] results = Feeds.Run(Presets.Sensors(), feed);
        AlarmEvent opened = Assert.Single(results.Events(), e => e.Change == AlarmChange.Opened && e.Position >= at);
        Assert.InRange(opened.Position, at, at + 20);
        Assert.InRange(Array.FindLastIndex(results, r => r.AlarmOpen), at + rows - 1, at + rows + 60);
    }

    // The level holds the alarm open; on-call is to hear of the noise too.
    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void A_second_fault_of_another_kind_in_the_channel_of_an_open_alarm_is_told_once(int seed)
    {
        const int steps = 2400, second = 1700;
        List<AlarmEvent> Events(double width)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            return Feeds.Run(Presets.Sensors(), [.. Enumerable.Range(0, Channels * steps).Select(i => Normal.Sample(random, 0, 1)
                * (i % Channels == 0 && i / Channels is >= second and < second + 100 ? width : 1)
                + (i % Channels == 0 && i / Channels is >= 1300 and < 2200 ? 12 : 0))], Channels).Events();
        }
        static bool Told(AlarmEvent e) => e.Change == AlarmChange.Escalated && e.Position is >= second and < second + 120;
        Assert.DoesNotContain(Events(width: 1), Told);
        List<AlarmEvent> events = Events(width: 4);
        Assert.Single(events, Told);
        Assert.Single(events, e => e.Change == AlarmChange.Opened && e.Position is >= 1300 and < 2200);
    }

    // At a row in five seconds such a fault lasts an hour and a quarter.
    [Fact]
    public void A_fault_of_nine_hundred_rows_is_one_alarm_from_its_onset_to_its_end()
    {
        const int steps = 2600, onset = 1300, end = 2200;
        var random = new Xoshiro256StarStar(31, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, Channels * steps).Select(i => Normal.Sample(random, 0, 1)
            + (i / Channels is >= onset and < end && i % Channels < 2 ? 4 : 0))];
        StepResult[] results = Feeds.Run(Presets.Sensors(), feed, Channels);
        AlarmEvent opened = Assert.Single(results.Events(), e => e.Change == AlarmChange.Opened && e.Position >= onset);
        Assert.InRange(opened.Position, onset, onset + 15);
        Assert.All(results[(onset + 15)..end], r => Assert.True(r.AlarmOpen));
        Assert.InRange(results.Events().Last().Position, end, end + 60);
        Assert.Equal(AlarmChange.Closed, results.Events().Last().Change);
    }

    // Whatever opened the alarm, on-call hears of what comes to the other sensors of the plant.
    [Theory]
    [InlineData(60)]
    [InlineData(400)]
    public void A_fault_of_another_channel_while_an_alarm_is_open_is_told_and_named(int after)
    {
        const int steps = 2400, onset = 1500;
        var random = new Xoshiro256StarStar(12, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, Channels * steps).Select(i => Normal.Sample(random, 0, 1)
            + (i / Channels >= onset && i % Channels == 0 ? 6 : 0) + (i / Channels >= onset + after && i % Channels == 2 ? 6 : 0))];
        AlarmEvent[] events = [.. Feeds.Run(Presets.Sensors(), feed, Channels).Events()];
        AlarmEvent opened = events.First(e => e.Change == AlarmChange.Opened && e.Position >= onset);
        Assert.Empty(opened.LaterChannels);
        AlarmEvent later = events.First(e => e.LaterChannels.Count > 0);
        Assert.Equal((AlarmChange.Escalated, opened.Start, true), (later.Change, later.Start, later.Announced));
        Assert.Equal([2], later.LaterChannels);
        Assert.InRange(later.Position, onset + after, onset + after + 20);
    }

    // One that never comes back must not deafen on-call to the others, nor call at night for months.
    [Fact]
    public void A_sensor_that_stays_stuck_is_told_once_and_hides_no_other()
    {
        const int steps = 8000, stuck = 1500, other = 4000;
        var random = new Xoshiro256StarStar(21, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, Channels * steps).Select(i => i / Channels >= stuck && i % Channels == 1 ? .25
            : Normal.Sample(random, 0, 1) + (i / Channels is >= other and < other + 200 && i % Channels == 2 ? 6 : 0))];
        AlarmEvent[] opened = [.. Feeds.Run(Presets.Sensors(), feed, Channels).Events().Where(e => e.Change == AlarmChange.Opened)];
        Assert.Equal([1], opened.Where(e => e.Position is >= stuck and < stuck + 40).Select(e => e.Contributions[0].Channel));
        Assert.Equal([2], opened.Where(e => e.Position is >= other and < other + 40).Select(e => e.Contributions[0].Channel));
        Assert.DoesNotContain(opened, e => e.Position > stuck + 600 && e.Contributions[0].Channel == 1);
    }

    [Fact]
    public void A_sensor_that_gets_stuck_again_for_as_long_is_told_again()
    {
        const int steps = 7000;
        var random = new Xoshiro256StarStar(22, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, Channels * steps).Select(i =>
            i % Channels == 1 && i / Channels >= 1500 && i / Channels % 1500 < 200 ? .25 : Normal.Sample(random, 0, 1))];
        int[] told = [.. Feeds.Run(Presets.Sensors(), feed, Channels).Events()
            .Where(e => e.Change == AlarmChange.Opened && e.Position >= 1500 && e.Position % 1500 < 200 && e.Contributions[0].Channel == 1)
            .Select(e => (int)e.Position / 1500)];
        Assert.Equal([1, 2, 3, 4], told);
    }

    // Of ten sensors one that stands still is a job for the day, however long it does; all of them off is one for the night.
    [Theory]
    [InlineData(3000, false)]
    [InlineData(6000, false)]
    [InlineData(3000, true)]
    [InlineData(6000, true)]
    public void One_stuck_sensor_among_many_is_never_critical_and_a_plant_that_is_off_is_major_at_least(int onset, bool all)
    {
        const int channels = 10;
        var random = new Xoshiro256StarStar(23, threadSafe: false);
        double[] feed = [.. Enumerable.Range(0, channels * (onset + 400)).Select(i =>
        {
            double noise = Normal.Sample(random, 0, 1);
            return i / channels < onset ? noise : all ? noise + 5 : i % channels == 3 ? .25 : noise;
        })];
        AlarmEvent[] told = [.. Feeds.Run(Presets.Sensors(), feed, channels).Events().Where(e => e.Position >= onset)];
        Assert.Contains(told, e => e.Change == AlarmChange.Opened && e.Position < onset + 30);
        if (all) Assert.True(told.Max(e => e.Severity) >= Severity.Major);
        else Assert.InRange(told.Max(e => e.Severity), Severity.Minor, Severity.Major);
    }

    // A counter of parts beside a setpoint that rested while the scaling was fixed.
    [Fact]
    public void A_setpoint_that_moves_beside_a_counter_is_no_reason_to_begin_anew()
    {
        const int steps = 5000;
        var random = new Xoshiro256StarStar(24, threadSafe: false);
        double parts = 0;
        double[] feed = [.. Enumerable.Range(0, steps).SelectMany(t =>
        {
            if (t is < 4000 or >= 4100) parts += 3 + random.NextDouble();
            return new double[] { parts, 20 + 5 * (t / 900 % 3), Normal.Sample(random, 0, 1), Normal.Sample(random, 0, 1) };
        })];
        StepResult[] results = Feeds.Run(Presets.Sensors(), feed, 4);
        Assert.Equal([false], results.Select(r => r.Model).OfType<ModelChange>().Select(change => change.Restarted));
        // That it stalls is told as before.
        Assert.Equal(0, results.Events().First(e => e.Change == AlarmChange.Opened && e.Position >= 4000).Contributions[0].Channel);
        Assert.InRange(results.Events().First(e => e.Change == AlarmChange.Opened && e.Position >= 4000).Position, 4000, 4060);
    }

    // The mean of a level that wanders is never independent of the last: its looks are few, however much was seen.
    [Fact]
    public void A_jump_out_of_a_level_that_wanders_is_told_once_much_of_the_wandering_was_seen()
    {
        const int steps = 6000, onset = 5200;
        var random = new Xoshiro256StarStar(4, threadSafe: false);
        double[] feed =
            [.. Enumerable.Range(0, steps).Select(t => Math.Sin(.01 * t) + random.NextDouble() + (t is >= onset and < onset + 60 ? 3 : 0))];
        AlarmEvent[] events = [.. Feeds.Run(Presets.Sensors() with { Scores = [Presets.SensorScores[0]] }, feed).Events()];
        Assert.InRange(Assert.Single(events, e => e.Change == AlarmChange.Opened).Position, onset, onset + 15);
        Assert.InRange(Assert.Single(events, e => e.Change == AlarmChange.Closed).Position, onset + 60, onset + 100);
    }

    // Its third channel is off by a tick for ten frames: 500 times as much as what never moved is measured by. A level that follows in full
    // is left where the channel is not, and the channel told a hundred frames later, until the jump of another one is no news any more.
    [Fact]
    public void A_few_frames_out_of_all_proportion_leave_the_level_of_a_constant_where_it_is()
    {
        const int Jump = 4500;
        double[] feed = [.. Enumerable.Range(0, 5000).SelectMany(t => new double[]
        {
            5, t is >= Jump and < Jump + 3 ? 60 : 10, t is 3000 or 3500 or (>= 4000 and < 4010) ? 3 : 2,
        })];
        AlarmEvent[] opened = [.. Feeds.Run(Presets.Sensors(), feed, 3).Events().Where(e => e.Change == AlarmChange.Opened)];
        Assert.DoesNotContain(opened, e => e.Position is > 4010 and < Jump);
        Assert.Equal(1, Assert.Single(opened, e => e.Position is >= Jump and < Jump + 5).Contributions[0].Channel);
        Assert.All(opened, e => Assert.Equal(Severity.Minor, e.Severity));
    }

    // It takes two rows to open an alarm; the second is an ordinary one.
    [Fact]
    public void One_wild_row_is_told_with_its_own_values()
    {
        const int wild = 1500;
        var random = new Random(3);
        double[] feed = [.. Enumerable.Range(0, 1600).SelectMany(t => new double[]
        {
            random.NextDouble(), random.NextDouble() + (t == wild ? 20 : 0), random.NextDouble(),
        })];
        AlarmEvent opened = Assert.Single(Feeds.Run(Presets.Sensors(), feed, 3).Events(),
            e => e.Change == AlarmChange.Opened && e.Position >= wild);
        Assert.Equal(wild + 1, opened.Position);
        Assert.Equal(feed[(3 * wild)..(3 * wild + 3)], opened.Observed);
        Assert.InRange(opened.Expected[1], -1, 2);
        Assert.Equal(1, opened.Contributions[0].Channel);
    }

    // 40 feeds of 700 steps that may alarm: 11 alarms are allowed.
    [Fact]
    public void Noise_that_grows_is_no_shift_of_a_level()
    {
        ErrorModelSpec blind = Presets.Sensors()
            with { Scores = [new LevelSpec { PerChannel = true, Tail = TailPrior.Student, Return = .5 }] };
        int Told(ErrorModelSpec spec) => Enumerable.Range(100, 40).Sum(seed =>
            Run(_ => 0, t => t < 600 ? 1 : 3, seed, spec).Count(r => r.Alarm is { Announced: true }));
        Assert.InRange(Told(Presets.Sensors() with { Scores = [Presets.SensorScores[0]] }), 0, 14);
        Assert.InRange(Told(blind), 40, 1000);
    }

    [Theory]
    [InlineData(10, 4.14)]   // p = .002
    [InlineData(50, 3.26)]
    [InlineData(200, 9)]
    public void The_margin_of_few_looks_is_minus_ln_p_of_Student(int looks, double t)
    {
        var margin = new StudentMargin(new BudgetSpec { LevelMemory = 1e6, Floor = 1e-30 }, span: 0);
        for (int i = 0; i < looks * 10; i++) margin.Learn(1);  // a variance of 1 that every tenth value is a look at
        double p = 2 * StudentT.CDF(0, 1, looks, -t);
        Assert.InRange(margin.Of(t * t, .1) / -Math.Log(p), .98, 1.02);
    }

    [Fact]
    public void The_margin_grows_with_the_deviation_to_where_no_probability_is_left()
    {
        var margin = new StudentMargin(new BudgetSpec { LevelMemory = 1e6, Floor = 1e-30 }, span: 0);
        for (int i = 0; i < 5000; i++) margin.Learn(1);
        double previous = -1;
        for (double q = 0; q < 1e5; q = 1.05 * q + .01)
        {
            double value = margin.Of(q, 1);
            Assert.InRange(value, previous, double.MaxValue);
            previous = value;
        }
    }

    [Fact]
    public void What_waits_is_not_learnt_once_it_is_thrown_away()
    {
        const int span = 5;
        BudgetSpec spec = new() { LevelMemory = 2000, Floor = 1e-6 };
        StudentMargin one = new(spec, span), other = new(spec, span);
        int waiting = spec.Margin.StudentWait * span;
        for (int i = 0; i < 100; i++)
        {
            one.Learn(1);
            other.Learn(1);
        }
        for (int i = 0; i < waiting; i++) other.Learn(1e6);
        Assert.Equal(one.Of(9, 1), other.Of(9, 1), .2);
        other.Discard();
        for (int i = 0; i < waiting; i++) other.Learn(1);
        Assert.Equal(one.Of(9, 1), other.Of(9, 1), .2);
    }

    [Fact]
    public void The_width_of_the_noise_follows_the_noise_and_not_the_level()
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        LevelSpec spec = new();
        var width = new NoiseWidth(1, spec.WidthWindow, spec.WidthSteps, spec.WidthMemory);
        double stepped = 0, widened = 0;
        for (int t = 0; t < 1000; t++)
        {
            double u = Normal.Sample(random, 0, 1) * (t >= 800 ? 3 : 1) + (t >= 500 ? 10 : 0);
            width.Add([u], new HeldChannels([false]));
            if (t is >= 500 and < 550) stepped = Math.Max(stepped, width.Of(0));
            if (t >= 900) widened += width.Of(0) / 100;
        }
        Assert.InRange(stepped, 1, 1.6);
        Assert.InRange(widened, 2.3, 3.5);
    }
}
