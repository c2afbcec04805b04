using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>What a channel was at its hour: far outside of that is news, wherever the forecast lies.</summary>
public sealed class HourRangeTests
{
    static readonly DateTime Monday = new(2026, 2, 2, 0, 0, 0, DateTimeKind.Utc);
    static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    static double Day(int hour) => .5 - .5 * Math.Cos(2 * Math.PI * (hour - 3) / 24.0);

    static HourRange After(int days, Func<int, double> value, TimeSpan? every = null)
    {
        TimeSpan interval = every ?? Hour;
        var range = new HourRange(interval);
        for (int i = 0; i < days * (TimeSpan.FromDays(1) / interval); i++) range.Take(Monday + i * interval, value(i), keep: true);
        return range;
    }

    [Fact]
    public void Three_days_of_a_kind_make_a_range_and_before_that_all_days_once_one_is_of_the_kind()
    {
        var range = new HourRange(Hour);
        var known = new List<int>();
        for (int i = 0; i < 15 * 24; i++)
            if (!double.IsNaN(range.Take(Monday.AddHours(i), Day(i), keep: true)) && !known.Contains(i / 24)) known.Add(i / 24);
        Assert.Equal([3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14], known);
    }

    [Fact]
    public void What_is_outside_is_so_by_widths_of_the_range_and_to_its_side()
    {
        var random = new MersenneTwister(1);
        HourRange range = After(4, i => Day(i) + .01 * random.NextDouble());
        DateTime night = Monday.AddHours(4 * 24 + 3);
        Assert.Equal(0, range.Take(night, .005, keep: false), .1);
        double above = range.Take(night, .2, keep: false), below = range.Take(night, -.2, keep: false);
        Assert.InRange(above, 8, 40);
        Assert.InRange(below, -40, -8);
        Assert.Equal(0, range.Take(night.AddHours(12), 1.005, keep: false), .5);  // what is the rule at noon
    }

    [Fact]
    public void The_hour_tells_of_days_and_daily_jobs_and_not_of_noise_or_of_what_comes_each_hour()
    {
        var random = new MersenneTwister(2);
        double Noise() => Normal.Sample(random, 0, .05);
        TimeSpan five = TimeSpan.FromMinutes(5);
        Assert.InRange(After(10, i => Day(i) + Noise()).Tells, .9, 1);
        Assert.InRange(After(10, i => (i % 288 is >= 24 and < 33 ? 1 : 0) + Noise(), five).Tells, .7, 1);
        Assert.InRange(After(10, _ => Noise(), five).Tells, 0, .3);
        Assert.InRange(After(10, i => (i % 12 == 3 ? 1 : 0) + Noise(), five).Tells, 0, .3);
    }

    // A file that is replayed, a clock that was a year ahead: what was seen then says nothing of the days that come again.
    [Fact]
    public void Where_time_goes_back_it_begins_anew()
    {
        var range = new HourRange(Hour);
        for (int i = 0; i < 5 * 24; i++) range.Take(Monday.AddYears(1).AddHours(i), 9, keep: true);
        for (int i = 0; i < 40 * 24; i++) range.Take(Monday.AddHours(i), Day(i) + .01 * (i % 7), keep: true);
        double night = range.Take(Monday.AddDays(42).AddHours(3), 9, keep: false);
        Assert.True(night > 1, $"{night}");
    }

    [Fact]
    public void A_value_that_comes_again_is_inside_and_a_stamp_near_the_hour_is_of_it()
    {
        HourRange range = After(5, i => i % 24 < 6 ? .1 : Day(i) + .01 * (i % 7));
        Assert.Equal(0, range.Take(Monday.AddDays(7).AddHours(3), .1, keep: false));
        double noon = range.Take(Monday.AddDays(7).AddHours(12), 3, keep: false);
        Assert.True(noon > 1, $"{noon}");
        Assert.Equal(noon, range.Take(Monday.AddDays(7).AddHours(12).AddSeconds(-2), 3, keep: false));
    }

    [Fact]
    public void What_is_not_to_be_learnt_widens_no_range_and_rare_frames_have_none()
    {
        HourRange range = After(4, i => Day(i) + .01 * (i / 24));
        DateTime night = Monday.AddHours(4 * 24 + 3);
        double first = range.Take(night, 5, keep: false);
        Assert.Equal(first, range.Take(night, 5, keep: false));
        Assert.True(first > 5);
        HourRange rare = After(20, i => i, TimeSpan.FromHours(6));
        Assert.True(double.IsNaN(rare.Take(Monday.AddDays(20), 0, keep: true)));
    }

    // Of frames by the minute five are of a slot: the last two of a Sunday were of Monday's first.
    [Fact]
    public void The_last_minutes_of_a_sunday_are_judged_by_weekends()
    {
        var random = new MersenneTwister(6);
        TimeSpan minute = TimeSpan.FromMinutes(1);
        HourRange range = After(20, i => (i / 1440 % 7 >= 5 ? 1 : 5) + .05 * random.NextDouble(), minute);
        DateTime monday = Monday.AddDays(21);
        for (int i = -1440; i < 10; i++)
        {
            double outside = range.Take(monday + i * minute, (i < 0 ? 1 : 5) + .05 * random.NextDouble(), keep: true);
            Assert.InRange(outside, -.5, .5);
        }
    }

    [Fact]
    public void A_width_outside_of_many_days_is_more_than_one_of_few()
    {
        double[] after = [.. ((int[])[4, 11]).Select(days =>
            After(days, i => i / 24 % 2).Take(Monday.AddDays(days), 7, keep: false))];
        Assert.Equal(Math.Log(9) / Math.Log(4), after[1] / after[0], 3);  // two of the eleven were a weekend
    }

    // A fault of half an hour by the minute took the hour's say from itself.
    [Fact]
    public void A_fault_does_not_teach_that_the_hour_tells_nothing()
    {
        var random = new MersenneTwister(8);
        TimeSpan minute = TimeSpan.FromMinutes(1);
        HourRange range = After(7, i => (i % 1440 is >= 120 and < 150 ? 3 : 0) + Normal.Sample(random, 0, .2), minute);
        double before = range.Tells;
        for (int i = 120; i < 150; i++) range.Take(Monday.AddDays(7) + i * minute, 0, keep: true);
        Assert.True(before > .6 && range.Tells > .8 * before, $"{before}, {range.Tells}");
    }

    // Three quarters of an hour at two o'clock, by five minutes; on the second Saturday it does not come.
    [Fact]
    public void A_job_that_does_not_come_is_told_and_one_that_comes_on_a_first_weekend_is_not()
    {
        const int day = 288, missing = 12;
        int told = 0, weekend = 0;
        foreach (int seed in Enumerable.Range(1, 8))
        {
            var random = new MersenneTwister(seed);
            var detector = new Detector(Presets.Metric(), 1);
            double slow = 0;
            bool heard = false;
            for (int i = 0; i < 13 * day; i++)
            {
                slow = .8 * slow + Normal.Sample(random, 0, 3);
                bool job = i % day is >= 24 and < 33 && i / day != missing;
                if (detector.Step(Monday.AddMinutes(5 * i), [20 + slow + (job ? 60 : 0)], [0]).Alarm is not { Announced: true }) continue;
                if (i / day == missing && i % day is >= 24 and < 36) heard = true;
                if (i / day is 5 or 6 && i % day is >= 24 and < 36) weekend++;
            }
            if (heard) told++;
        }
        Assert.InRange(told, 6, 8);
        Assert.InRange(weekend, 0, 2);
    }

    // Requests by the hour, never below 150: three hours of nothing, when nearly nothing is expected anyway.
    [Fact]
    public void An_outage_by_night_is_told()
    {
        int told = 0, alarms = 0;
        foreach (int seed in Enumerable.Range(1, 6))
        {
            var random = new MersenneTwister(seed);
            var detector = new Detector(Presets.Metric().ForFeedOf(1000), 1);
            double slow = 0;
            bool heard = false;
            for (int i = 0; i < 1000; i++)
            {
                slow = .7 * slow + Normal.Sample(random, 0, .04);
                double x = i is >= 699 and < 702 ? 0 : Math.Round(220 + 1200 * Day(i) * (1 + slow) + Normal.Sample(random, 0, 8));
                if (detector.Step(Monday.AddHours(i), [x], [0]).Alarm is not { Announced: true }) continue;
                if (i is >= 699 and < 704) heard = true;
                else alarms++;
            }
            if (heard) told++;
        }
        Assert.InRange(told, 5, 6);
        Assert.InRange(alarms, 0, 8);
    }
}
