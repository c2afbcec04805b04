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
    public void A_record_that_is_broken_by_a_hair_is_worth_half_as_much_more_than_the_second_of_all_as_one_that_is_clear()
    {
        double[] before = [.. Enumerable.Range(0, 100).Select(t => (double)(t % 11))];  // 0 … 10
        double mean = before.Average();
        double At(double value, double clear = .1)
        {
            var records = new ExtremeEvidence(ValuesAlone with { Clear = clear }, 5);
            foreach (double x in before) records.Step(x);
            double first = records.Step(value);
            Assert.Equal(value > 10 ? (value - 10) / (10 - mean) : value < 0 ? -value / mean : 0, records.Margin, 6);
            return first * 8 / Math.Log(100) / 2;
        }
        double tie = 1 - .5 * Math.Log(2) / Math.Log(5);
        Assert.Equal(1, At(11), 12);
        Assert.Equal(1, At(-9), 12);
        Assert.Equal(tie, At(10 + 1e-9), 6);
        Assert.InRange(At(10.25), tie + .45 * (1 - tie), tie + .55 * (1 - tie));
        Assert.Equal(1, At(10 + 1e-9, clear: 0), 12);
    }

    [Fact]
    public void By_how_much_a_record_is_broken_is_told_in_widths_of_its_own_side_whatever_the_units()
    {
        foreach (double unit in new[] { 1, 1e-9, 1e200 })
        {
            Assert.Equal(3, RecordMargin.Of(40 * unit, 0, 16 * unit, 8 * unit), 12);
            Assert.Equal(2, RecordMargin.Of(-4 * unit, 0, 16 * unit, 2 * unit), 12);
            Assert.Equal(2.5, RecordMargin.Of(-4 * unit, 0, 16 * unit, .1 * unit), 12);  // no side is narrower than a tenth of the range
            Assert.Equal(0, RecordMargin.Of(16 * unit, 0, 16 * unit, 8 * unit));
        }
        Assert.Equal(0, RecordMargin.Of(5, 3, 3, 3));
        Assert.Equal(0, RecordMargin.Of(double.NaN, 3, 4, 3.5));
        Assert.Equal(0, RecordMargin.Of(1.7e308, -1.7e308, 1.7e307, 0));
    }
}
