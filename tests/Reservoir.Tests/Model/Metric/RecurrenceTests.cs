using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>Jobs: what comes again at its hour is no alarm, and nothing else is excused by it.</summary>
public sealed class RecurrenceTests
{
    static readonly DateTime Start = new(2026, 2, 5, 0, 0, 0, DateTimeKind.Utc);
    static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    const double Threshold = 2.4;

    static double Left(Recurrence recurrence, double hours, double evidence) =>
        recurrence.Take(Start.AddHours(hours), evidence, keep: true, before: DateTime.MaxValue);

    [Theory]
    [InlineData(24)]
    [InlineData(168)]
    public void The_third_of_a_day_or_a_week_is_known_as_far_as_both_before_it_were_as_strong(int period)
    {
        var recurrence = new Recurrence(Hour, Threshold);
        Assert.Equal(4, Left(recurrence, 2, 4));
        Assert.Equal(3, Left(recurrence, period + 1, 3));       // a frame earlier
        Assert.Equal(7, Left(recurrence, 2 * period + 2, 10));  // both were 3 at least
        Assert.Equal(0, Left(recurrence, 3 * period + 2, 2.9));
        Assert.Equal(3, Left(recurrence, 3 * period + 12, 3));  // at another hour
        Assert.Equal(3, Left(recurrence, 4 * period + 12, 3));
    }

    // Christmas, New Year, and an outage on the same day of the week after.
    [Fact]
    public void What_lasted_all_day_twice_excuses_nothing_that_begins_within_these_hours()
    {
        const int week = 168;
        var recurrence = new Recurrence(Hour, Threshold);
        foreach (int holiday in new[] { 0, week })
            for (int hour = 6; hour < 22; hour++) Assert.Equal(4, Left(recurrence, holiday + hour, 4));
        Assert.Equal(3, Left(recurrence, 2 * week + 12, 3));
        Assert.Equal(3, Left(recurrence, 2 * week + 13, 3));
        var daily = new Recurrence(Hour, Threshold);
        for (int day = 0; day < 4; day++)
            for (int hour = 6; hour < 22; hour++) Assert.Equal(day < 2 ? 4 : 0, Left(daily, 24 * day + hour, 4));
    }

    [Fact]
    public void Little_evidence_muted_frames_and_days_that_are_no_rhythm_of_the_frames_are_not_remembered()
    {
        var recurrence = new Recurrence(Hour, Threshold);
        for (int day = 0; day < 3; day++) Assert.Equal(1.7, Left(recurrence, 24 * day, 1.7));
        for (int day = 10; day < 13; day++) Assert.Equal(5, recurrence.Take(Start.AddDays(day), 5, keep: false, before: DateTime.MaxValue));
        var daily = new Recurrence(TimeSpan.FromDays(1), Threshold);
        for (int day = 0; day < 5; day++) Assert.Equal(5, Left(daily, 24 * day, 5));
    }

    // More than is kept: of alternating evidence each frame is a stretch of its own, and two days of them are remembered, ten are not.
    [Theory]
    [InlineData(4, 0)]
    [InlineData(1, 3)]
    public void What_is_no_longer_remembered_is_told(int hours, double left)
    {
        var busy = new Recurrence(Hour, Threshold);
        int steps = 10 * 24 / hours * (hours == 1 ? 8 : 1);
        double step = hours == 1 ? .125 : hours;
        for (int i = 0; i < steps; i++)
        {
            double rest = Left(busy, step * i, i % 2 == 0 ? 3 : 7);
            if (step * i >= 72 && i % 2 == 0) Assert.Equal(left, rest);
        }
    }

    [Fact]
    public void What_is_remembered_is_a_part_of_what_alarms()
    {
        foreach (double threshold in (double[])[1, 5, 40])
        {
            Recurrence little = new(Hour, threshold), much = new(Hour, threshold);
            for (int day = 0; day < 2; day++) (Left(little, 24 * day, .74 * threshold), Left(much, 24 * day, .76 * threshold)).ToString();
            Assert.Equal(threshold, Left(little, 48, threshold));
            Assert.Equal(.24 * threshold, Left(much, 48, threshold), 6);
        }
    }

    [Fact]
    public void What_came_in_the_alarm_that_is_open_excuses_nothing_in_it()
    {
        Recurrence fault = new(Hour, Threshold), job = new(Hour, Threshold);
        for (int day = 0; day < 5; day++)
        {
            Assert.Equal(4, fault.Take(Start.AddDays(day), 4, keep: true, before: Start));
            Assert.Equal(day < 2 ? 4 : 0, job.Take(Start.AddDays(day), 4, keep: true, before: Start.AddDays(Math.Max(2, day))));
        }
    }

    // Each job stands in the means for thirty frames.
    [Fact]
    public void A_weekly_job_is_known_beside_a_strong_one_of_every_day()
    {
        var recurrence = new Recurrence(TimeSpan.FromMinutes(5), Threshold);
        for (int day = 0; day < 28; day++)
        {
            for (int t = 0; t < 30; t++) Assert.InRange(Left(recurrence, 24 * day + 2 + t / 12.0, 9 - t / 6.0), 0, day < 2 ? 9 : 0);
            if (day % 7 != 3) continue;
            for (int t = 0; t < 30; t++) Assert.InRange(Left(recurrence, 24 * day + 12 + t / 12.0, 5), day < 14 ? 5 : 0, day < 14 ? 5 : 0);
        }
    }

    [Fact]
    public void A_job_of_a_feed_of_seconds_may_be_some_minutes_late()
    {
        var recurrence = new Recurrence(TimeSpan.FromSeconds(1), Threshold);
        int[] late = [0, 110, 20, 240, 5];
        for (int day = 0; day < late.Length; day++)
            for (int t = 0; t < 30; t++)
                Assert.Equal(day < 2 ? 4 : 0, Left(recurrence, 24 * day + 2 + (late[day] + t) / 3600.0, 4));
        Assert.Equal(4, Left(recurrence, 24 * late.Length + 2.2, 4));
    }

    static double Job(int seed, int t, Xoshiro256StarStar random, int period, int at, double height) => 20
        + 5 * Math.Sin(2 * Math.PI * t / 48) + Normal.Sample(random, 0, 1) + (t % period == at + seed % 5 ? height : 0);

    static List<AlarmEvent> Opened(int rows, Func<int, double> feed)
    {
        var detector = new Detector(new MetricModelSpec().ForFeedOf(rows), 1);
        var results = new StepResult[rows];
        for (int t = 0; t < rows; t++) results[t] = detector.Step(Start.AddMinutes(30 * t), [feed(t)], new double[1]);
        return [.. results.Events().Where(alarm => alarm.Change == AlarmChange.Opened)];
    }

    [Theory]
    [InlineData(700, 48)]
    [InlineData(4000, 336)]
    public void A_job_is_told_twice_at_the_most_and_once_at_another_hour(int rows, int period)
    {
        int jobs = 0, moved = 0;
        int other = rows - 100 - (rows - 100) % period + 20;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            List<AlarmEvent> opened = Opened(rows, t => Job(seed, t, random, period, 4, 80) + (t == other ? 80 : 0));
            jobs += opened.Count(alarm => alarm.Position % period == 4 + seed % 5);
            moved += opened.Count(alarm => alarm.Position == other);
        }
        Assert.True(jobs <= 2 * 20 && moved is >= 15 and <= 20, $"{jobs} jobs, {moved} at another hour");
    }

    // Six frames by night, on the third of them 1.4 times as many.
    [Fact]
    public void A_job_of_several_frames_that_is_somewhat_larger_is_told_by_what_it_is_larger_and_not_in_full_a_frame_later()
    {
        const int rows = 700, first = 10 * 48, last = 13 * 48;
        int opened = 0, escalated = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            var detector = new Detector(new MetricModelSpec().ForFeedOf(rows), 1);
            for (int t = 0; t < last + 48; t++)
            {
                double job = t >= first && t % 48 is >= 10 and < 16 ? t >= last ? 1.4 * 80 : 80 : 0;
                StepResult result = detector.Step(Start.AddMinutes(30 * t), [20 + Normal.Sample(random, 0, 1) + job], new double[1]);
                if (t < last) continue;
                if (result.Alarm is { Change: AlarmChange.Opened }) opened++;
                if (result.Alarm is { Change: AlarmChange.Escalated }) escalated++;
            }
        }
        Assert.True(escalated == 0 && opened >= 10, $"{opened} opened, {escalated} escalated");
    }

    // The rest of what is excused is no ceiling: the score was infinite, and its alarm critical for good.
    [Fact]
    public void A_job_that_grows_in_its_alarm_has_a_finite_score()
    {
        const int rows = 700, first = 9 * 48, last = 13 * 48;
        int told = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            var detector = new Detector(new MetricModelSpec().ForFeedOf(rows), 1);
            for (int t = 0; t < last + 48; t++)
            {
                double job = t >= first && t % 48 is >= 10 and < 16 ? 80 : 0;
                if (t >= last) job *= 1 + 4 * (t % 48 - 9);
                StepResult result = detector.Step(Start.AddMinutes(30 * t), [20 + Normal.Sample(random, 0, 1) + job], new double[1]);
                Assert.True(result.Score < 20, $"seed {seed}, frame {t}: {result.Score}");
                if (t >= last && result.Score >= 1) told++;
            }
        }
        Assert.True(told >= 20, $"{told}");
    }

    [Fact]
    public void A_job_that_is_ten_times_as_large_is_told()
    {
        int told = 0;
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            int at = 12 * 48 + 4 + seed % 5;
            if (Opened(700, t => Job(seed, t, random, 48, 4, t == at ? 800 : 80)).Exists(alarm => alarm.Position == at)) told++;
        }
        Assert.True(told >= 18, $"{told}");
    }
}
