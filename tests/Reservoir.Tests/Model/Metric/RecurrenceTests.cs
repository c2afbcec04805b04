using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>Jobs: what comes again at its hour is no alarm, and nothing else is excused by it.</summary>
public sealed class RecurrenceTests
{
    static readonly DateTime Start = new(2026, 2, 5, 0, 0, 0, DateTimeKind.Utc);
    static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    static double Left(Recurrence recurrence, double hours, double evidence) =>
        recurrence.Take(Start.AddHours(hours), evidence, keep: true);

    [Theory]
    [InlineData(24)]
    [InlineData(168)]
    public void The_third_of_a_day_or_a_week_is_known_as_far_as_both_before_it_were_as_strong(int period)
    {
        var recurrence = new Recurrence(Hour);
        Assert.Equal(4, Left(recurrence, 2, 4));
        Assert.Equal(3, Left(recurrence, period + 1, 3));       // a frame earlier
        Assert.Equal(7, Left(recurrence, 2 * period + 2, 10));  // both were 3 at least
        Assert.Equal(0, Left(recurrence, 3 * period + 2, 2.9));
        Assert.Equal(3, Left(recurrence, 3 * period + 12, 3));  // at another hour
        Assert.Equal(3, Left(recurrence, 4 * period + 12, 3));
    }

    [Fact]
    public void Little_evidence_muted_frames_and_days_that_are_no_rhythm_of_the_frames_are_not_remembered()
    {
        var recurrence = new Recurrence(Hour);
        for (int day = 0; day < 3; day++) Assert.Equal(1.7, Left(recurrence, 24 * day, 1.7));
        for (int day = 10; day < 13; day++) Assert.Equal(5, recurrence.Take(Start.AddDays(day), 5, keep: false));
        var daily = new Recurrence(TimeSpan.FromDays(1));
        for (int day = 0; day < 5; day++) Assert.Equal(5, Left(daily, 24 * day, 5));
        var busy = new Recurrence(Hour);
        for (int i = 0; i < 3 * 256; i++) Assert.InRange(Left(busy, .25 * i, 2), 0, 2);  // more than is kept
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
        Assert.True(jobs <= 2 * 20 && moved >= 15, $"{jobs} jobs, {moved} at another hour");
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
