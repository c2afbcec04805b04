using Xunit;

namespace Esn.Tests.Metric;

public sealed class AsinhScaleTests
{
    [Fact]
    public void The_bulk_is_four_units_wide_and_its_middle_is_zero()
    {
        double[] values = [.. Enumerable.Range(0, 101).Select(i => 1000 + (double)i)];  // quantiles .02 and .98: 1002 and 1098
        var scaler = new AsinhScale(values, new AsinhScalerSpec());
        Assert.Equal(1050, scaler.Centre, 9);
        Assert.Equal(96 / 4.0 + .02 * 100 + 1e-3 * 1050, scaler.Unit, 9);
        Assert.Equal(0, scaler.Scale(1050), 12);
        Assert.Equal(Math.Asinh(1), scaler.Scale(1050 + scaler.Unit), 12);
    }

    [Fact]
    public void One_spike_in_the_warm_up_hardly_moves_the_scale()
    {
        double[] quiet = [.. Enumerable.Range(0, 1000).Select(i => Math.Sin(i))];
        double[] spiked = [.. quiet];
        spiked[500] = 100;
        double unit = new AsinhScale(quiet, new AsinhScalerSpec { RangeShare = 0 }).Unit;
        Assert.Equal(unit, new AsinhScale(spiked, new AsinhScalerSpec { RangeShare = 0 }).Unit, unit / 50);
    }

    [Fact]
    public void Unscale_undoes_scale_where_nothing_is_clipped()
    {
        var scaler = new AsinhScale([3, 1, 4, 1, 5, 9, 2, 6], new AsinhScalerSpec());
        foreach (double x in new[] { -1e9, -3, 0, 4.5, 77, 1e12 })
            Assert.Equal(x, scaler.Unscale(scaler.Scale(x)), 1e-9 * Math.Max(1, Math.Abs(x)));
    }

    // But rounding, which moves the last bit of .3, is no bulk.
    [Fact]
    public void A_feed_of_any_size_is_scaled_as_one_of_ordinary_size()
    {
        double[] values = [.. Enumerable.Range(0, 500).Select(i => 3 + Math.Sin(i))];
        foreach (double size in new[] { 1e-300, 1e-12, 1e-9, 1e12, 1e290 })
        {
            var scaler = new AsinhScale([.. values.Select(x => size * x)], new AsinhScalerSpec());
            double plain = new AsinhScale([.. values], new AsinhScalerSpec()).Scale(9);
            Assert.Equal(plain, scaler.Scale(size * 9), 1e-9);
        }
        Assert.Equal(3e-4, new AsinhScale([.. values.Select((_, i) => i % 3 == 0 ? .3 : .1 + .2)], new AsinhScalerSpec()).Unit, 1e-12);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 5)]
    [InlineData(-1.7e308, 1.7e308)]
    [InlineData(-1e-320, 1e-320)]
    public void Whatever_the_warm_up_was_every_finite_value_has_a_finite_scaled_value(double low, double high)
    {
        var scaler = new AsinhScale([low, high, low, high], new AsinhScalerSpec());
        Assert.True(double.IsFinite(scaler.Unit) && scaler.Unit > 0);
        foreach (double x in new[] { low, high, 0, double.MaxValue, double.MinValue, double.Epsilon })
            Assert.InRange(scaler.Scale(x), -50, 50);
    }
}
