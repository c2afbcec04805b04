using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

public sealed class ExtremeEvidenceTests
{
    static readonly ExtremesSpec ValuesAlone = new() { LevelWeight = 0 };

    [Fact]
    public void A_record_is_worth_the_logarithm_of_its_age_and_ranks_below_it_less()
    {
        var records = new ExtremeEvidence(ValuesAlone, 5);
        for (int t = 0; t < 100; t++) records.Step(t % 10);  // every value ten times
        double[] worth = [records.Step(20), records.Step(20), records.Step(20), records.Step(20), records.Step(20)];
        for (int r = 0; r < 5; r++)
            Assert.Equal(2 * (1 - Math.Log(1 + r) / Math.Log(5)) * Math.Log(100 + r) / 8, worth[r], 12);
        Assert.Equal(0, records.Step(5));
        Assert.Equal(2 * Math.Log(106) / 8, records.Step(-1), 12);
    }

    [Fact]
    public void Constants_have_no_records_and_no_new_levels_whatever_the_rounding()
    {
        var records = new ExtremeEvidence(new ExtremesSpec(), 7);
        for (int t = 0; t < 10_000; t++) Assert.Equal(0, records.Step(.1));
    }

    [Fact]
    public void A_mean_outside_all_means_before_is_a_new_level_though_no_value_is_a_record()
    {
        var records = new ExtremeEvidence(new ExtremesSpec { ValueWeight = 0 }, 8);
        for (int t = 0; t < 200; t++) Assert.Equal(0, records.Step(t % 2));
        Assert.Equal(Math.Log(200) / 8, records.Step(1), 12);  // five ones in eight
        Assert.Equal(0, records.Step(1));                            // still five
        Assert.Equal(Math.Log(202) / 8, records.Step(1), 12);  // six
    }

    [Fact]
    public void Of_exchangeable_values_a_tenth_of_the_frames_being_ten_times_older_are_a_tenth_as_often_extremes()
    {
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        int early = 0, late = 0;
        for (int stream = 0; stream < 300; stream++)
        {
            var records = new ExtremeEvidence(ValuesAlone with { Ranks = 1 }, 5);
            for (int t = 0; t < 2000; t++)
            {
                bool record = records.Step(random.NextDouble()) > 0;
                if (record && t is >= 100 and < 200) early++;   // expected 300 · 2 ln 2 = 416
                if (record && t is >= 1000) late++;             // the same
            }
        }
        Assert.InRange(early, 340, 490);
        Assert.InRange(late, 340, 490);
    }

    [Fact]
    public void What_is_not_kept_leaves_records_as_they_were()
    {
        var twin = new ExtremeEvidence(new ExtremesSpec(), 5);
        var other = new ExtremeEvidence(new ExtremesSpec(), 5);
        for (int t = 0; t < 200; t++)
        {
            double x = t % 7;
            twin.Step(t is >= 100 and < 120 ? 1e6 : x, keep: t is < 100 or >= 120);
            other.Step(x);
        }
        Assert.Equal(other.Step(50), twin.Step(50));  // no record after 1e6, had it been kept
    }

    [Fact]
    public void How_far_a_value_lies_from_all_before_counts_the_more_the_fewer_they_are()
    {
        double At(int frames, double value)
        {
            var records = new ExtremeEvidence(new ExtremesSpec(), 5);
            for (int t = 0; t < frames; t++) records.Step(t % 10);  // 0 … 9
            records.Step(value);
            return records.Distance;
        }
        double few = 1 - Math.Log(40) / Math.Log(1000);
        Assert.Equal(few * Math.Log(4), At(40, 36), 12);   // three times the range above it
        Assert.Equal(few * Math.Log(2), At(40, -9), 12);
        Assert.Equal(0, At(40, 9));
        Assert.Equal(0, At(10, 36));                       // too few to say
        Assert.Equal(0, At(1000, 36));                     // records are worth enough by now
    }
}
