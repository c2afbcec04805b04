using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

/// <summary>What a value is worth at its hour, as evidence and as an excuse.</summary>
public sealed class HourEvidenceTests
{
    const int Day = 288;

    static readonly DateTime Monday = new(2026, 2, 2, 0, 0, 0, DateTimeKind.Utc);
    static readonly TimeSpan Five = TimeSpan.FromMinutes(5);

    static HourEvidence New() => new(new MetricCalibratorSpec(), Five, lasting: 187);

    // A job by night on noise: from 02:00 for 45 minutes.
    static double Job(int i, MersenneTwister random) => (i % Day is >= 24 and < 33 ? 3 : 0) + Normal.Sample(random, 0, .2);

    static HourEvidence After(int days, MersenneTwister random)
    {
        HourEvidence hour = New();
        for (int i = 0; i < days * Day; i++) hour.Step(Monday + i * Five, Job(i, random), learn: true, keep: true);
        return hour;
    }

    [Fact]
    public void A_job_that_does_not_come_is_evidence_and_one_that_comes_is_explained()
    {
        foreach (int seed in Enumerable.Range(1, 8))
        {
            HourEvidence comes = After(11, new MersenneTwister(seed)), missing = After(11, new MersenneTwister(seed));
            double least = 1, most = 0;
            for (int i = 11 * Day + 25; i < 11 * Day + 32; i++)  // beside these slots are some without it
            {
                comes.Step(Monday + i * Five, 3, learn: true, keep: true);
                missing.Step(Monday + i * Five, 0, learn: true, keep: true);
                (least, most) = (Math.Min(least, comes.Left), Math.Max(most, missing.Evidence));
                Assert.True(comes.Evidence < .3, $"seed {seed}: {comes.Evidence}");
                Assert.False(missing.Above);
                Assert.Equal(1, missing.Left);
            }
            Assert.InRange(least, .6, .75);
            Assert.True(most > 1.5, $"seed {seed}: {most}");
        }
    }

    // What was missed once widens the range by half of its width: before, the second was inside of it for two weeks.
    [Fact]
    public void A_job_that_was_missed_is_no_excuse_for_the_next_time()
    {
        foreach (int seed in Enumerable.Range(1, 8))
        {
            var random = new MersenneTwister(seed);
            HourEvidence hour = After(8, random);
            double[] most = new double[4];
            for (int i = 8 * Day; i < 12 * Day; i++)
            {
                bool missed = i / Day is 8 or 11 && i % Day is >= 24 and < 33;
                hour.Step(Monday + i * Five, missed ? 0 : Job(i, random), learn: true, keep: true);
                if (missed) most[i / Day - 8] = Math.Max(most[i / Day - 8], hour.Evidence);
            }
            Assert.True(most[3] > .5 * most[0], $"seed {seed}: {most[0]}, {most[3]}");
        }
    }

    // A little outside is still nearly what it was at this hour: before, a hair brought back all of the errors' evidence.
    [Fact]
    public void A_value_is_explained_the_less_the_further_it_is_outside()
    {
        HourEvidence[] hours = [.. Enumerable.Range(0, 5).Select(_ => After(11, new MersenneTwister(3)))];
        DateTime night = Monday + (11 * Day + 28) * Five;
        double[] left = [.. hours.Select((hour, i) =>
        {
            hour.Step(night, 3.4 + .25 * i, learn: true, keep: true);
            return hour.Left;
        })];
        for (int i = 1; i < left.Length; i++) Assert.True(left[i] >= left[i - 1], $"{left[i - 1]}, {left[i]}");
        Assert.True(left[0] < .8 && left[1] is > .65 and < 1 && left[^1] == 1, string.Join(" ", left));
    }

    [Fact]
    public void A_day_of_a_kind_that_was_hardly_seen_asks_for_more_where_the_hour_tells_and_only_there()
    {
        var random = new MersenneTwister(4);
        HourEvidence jobs = After(5, random), noise = New();
        for (int i = 0; i < 5 * Day; i++) noise.Step(Monday + i * Five, Normal.Sample(random, 0, 1), learn: true, keep: true);
        DateTime saturday = Monday.AddDays(5).AddHours(10);
        jobs.Step(saturday, 9, learn: true, keep: true);
        noise.Step(saturday, 9, learn: true, keep: true);
        Assert.Equal(0, jobs.Evidence);
        Assert.InRange(jobs.Left, .6, .75);
        Assert.InRange(noise.Left, .9, 1);
    }

    [Fact]
    public void A_frame_that_is_not_to_be_judged_says_nothing()
    {
        HourEvidence hour = After(11, new MersenneTwister(5));
        hour.Step(Monday + (11 * Day + 28) * Five, -9, learn: false, keep: false);
        Assert.Equal((0, 0, 1), (hour.Evidence, hour.Remembered, hour.Left));
    }
}
