using Esn.Streaming.Simulation;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class BlobFeedTests
{
    static double[][] Frames(BlobFeed feed, int count)
    {
        double[][] frames = new double[count][];
        for (int t = 0; t < count; t++) feed.Next(frames[t] = new double[feed.Fields * feed.Rows * feed.Columns]);
        return frames;
    }

    [Theory]
    [InlineData(BlobPath.Lissajous)]
    [InlineData(BlobPath.Chaotic)]
    [InlineData(BlobPath.ChaoticDelayed)]
    public void A_frame_is_a_Gaussian_round_the_centre(BlobPath path)
    {
        var feed = new BlobFeed(new BlobSpec { Path = path, Rows = 20, Columns = 30 }, 3);
        double[] frame = new double[20 * 30];
        for (int t = 0; t < 200; t++)
        {
            feed.Next(frame);
            for (int row = 0; row < 20; row++)
                for (int column = 0; column < 30; column++)
                {
                    (double x, double y) = (-2 + 4.0 * column / 29 - feed.Centre.X, -2 + 4.0 * row / 19 - feed.Centre.Y);
                    Assert.Equal(Math.Exp(-(x * x + y * y) / (2 * .5 * .5)), frame[row * 30 + column], 1e-14);
                }
        }
    }

    [Fact]
    public void The_Lissajous_path_is_that_of_the_research_code_and_closes_after_1000_steps()
    {
        var feed = new BlobFeed(new BlobSpec { Path = BlobPath.Lissajous }, 4);
        double[] frame = new double[900];
        (double X, double Y)[] path = new (double, double)[2000];
        for (int t = 0; t < path.Length; t++)
        {
            feed.Next(frame);
            path[t] = feed.Centre;
        }
        for (int t = 0; t < 1000; t++) Assert.Equal(path[t], path[t + 1000]);
        int start = Array.IndexOf(path, (1.0, 0.0));
        Assert.InRange(start, 0, 999);
        for (int t = 0; t < 1000; t++)
        {
            double angle = .02 * Math.PI * t;
            Assert.Equal(Math.Cos(angle), path[start + t].X, 1e-12);
            Assert.Equal(Math.Sin(.3 * angle), path[start + t].Y, 1e-12);
        }
    }

    [Theory]
    [InlineData(BlobSeries.Solution)]
    [InlineData(BlobSeries.UnitSteps)]
    public void The_chaotic_path_fills_its_square_and_never_closes(BlobSeries series)
    {
        var feed = new BlobFeed(new BlobSpec { Series = series }, 5);
        double[] frame = new double[900];
        double[] x = new double[20_000];
        for (int t = 0; t < x.Length; t++)
        {
            feed.Next(frame);
            x[t] = feed.Centre.X;
            Assert.InRange(feed.Centre.Y, -1, 1);
        }
        Assert.InRange(x.Min(), -1.01, -.95);
        Assert.InRange(x.Max(), .95, 1.01);
        Assert.Equal(x.Length, x.Distinct().Count());
    }

    [Fact]
    public void The_chaotic_path_goes_round_in_100_steps_in_y()
    {
        var feed = new BlobFeed(new BlobSpec(), 6);
        double[] frame = new double[900], y = new double[300];
        for (int t = 0; t < y.Length; t++)
        {
            feed.Next(frame);
            y[t] = feed.Centre.Y;
        }
        for (int t = 0; t < 200; t++) Assert.Equal(y[t], y[t + 100], 1e-12);
        Assert.Contains(1.0, y);
    }

    [Fact]
    public void The_delayed_path_has_the_series_of_17_units_before_in_y()
    {
        var feed = new BlobFeed(new BlobSpec { Path = BlobPath.ChaoticDelayed }, 7);
        double[] frame = new double[900];
        var path = new (double X, double Y)[500];
        for (int t = 0; t < path.Length; t++)
        {
            feed.Next(frame);
            path[t] = feed.Centre;
        }
        for (int t = 17; t < path.Length; t++) Assert.Equal(path[t - 17].X, path[t].Y);
    }

    [Fact]
    public void The_series_of_unit_steps_is_that_of_the_research_code()
    {
        double[] plain = new double[200];
        Array.Fill(plain, .9, 0, 18);
        for (int t = 17; t + 1 < plain.Length; t++)
            plain[t + 1] = plain[t] - (t < 100 ? .1 : .13) * plain[t] + .2 * plain[t - 17] / (1 + Math.Pow(plain[t - 17], 10));
        var series = new UnitStepMackeyGlass(.9);
        for (int t = 17; t + 1 < plain.Length; t++) Assert.Equal(plain[t + 1], series.Next(t < 100 ? .1 : .13), 1e-12);
    }

    [Theory]
    [InlineData(BlobPath.Chaotic, BlobSeries.Solution)]
    [InlineData(BlobPath.Chaotic, BlobSeries.UnitSteps)]
    [InlineData(BlobPath.ChaoticDelayed, BlobSeries.Solution)]
    public void A_disturbed_feed_leaves_its_twin_for_50_steps_of_another_gamma(BlobPath path, BlobSeries series)
    {
        var spec = new BlobSpec { Path = path, Series = series };
        BlobFeed normal = new(spec, 8), disturbed = new(spec, 8);
        Assert.Equal(Frames(normal, 100), Frames(disturbed, 100));
        disturbed.Disturb();
        double[] expected = new double[900], actual = new double[900];
        for (int t = 0; t < 200; t++)
        {
            normal.Next(expected);
            disturbed.Next(actual);
            Assert.Equal(t < 50, disturbed.Anomalous);
            Assert.False(normal.Anomalous);
            Assert.NotEqual(normal.Centre.X, disturbed.Centre.X);
            Assert.InRange(disturbed.Centre.X, -1.6, 1.6);
        }
    }

    [Fact]
    public void A_Lissajous_path_cannot_be_disturbed()
    {
        var feed = new BlobFeed(new BlobSpec { Path = BlobPath.Lissajous }, 1);
        Assert.Contains("a Lissajous path has no γ", Assert.Throws<InvalidOperationException>(feed.Disturb).Message);
    }

    [Theory]
    [InlineData(BlobPath.Lissajous)]
    [InlineData(BlobPath.Chaotic)]
    public void Noise_is_measured_in_standard_deviations_of_the_field(BlobPath path)
    {
        var spec = new BlobSpec { Path = path };
        double[][] clean = Frames(new BlobFeed(spec, 9), 5000), noisy = Frames(new BlobFeed(spec with { Noise = .1 }, 9), 5000);
        double variance = Enumerable.Range(0, 900).Average(cell =>
        {
            double mean = clean.Average(frame => frame[cell]);
            return clean.Average(frame => (frame[cell] - mean) * (frame[cell] - mean));
        });
        double noise = clean.Zip(noisy, (a, b) => a.Zip(b, (p, q) => (p - q) * (p - q)).Average()).Average();
        Assert.Equal(.1, Math.Sqrt(noise / variance), .003);
    }

    [Fact]
    public void Equal_seeds_give_equal_bits_and_others_do_not()
    {
        foreach (BlobPath path in Enum.GetValues<BlobPath>())
        {
            var spec = new BlobSpec { Path = path, Noise = .05 };
            double[][] one = Frames(new BlobFeed(spec, 10), 50);
            Assert.Equal(one, Frames(new BlobFeed(spec, 10), 50));
            Assert.NotEqual(one, Frames(new BlobFeed(spec, 11), 50));
            Assert.NotEqual(Frames(new BlobFeed(spec with { Noise = 0 }, 10), 50), Frames(new BlobFeed(spec with { Noise = 0 }, 11), 50));
        }
    }

    [Fact]
    public void Stepping_allocates_nothing()
    {
        foreach (BlobPath path in Enum.GetValues<BlobPath>())
            foreach (BlobSeries series in Enum.GetValues<BlobSeries>())
            {
                var feed = new BlobFeed(new BlobSpec { Path = path, Series = series, Noise = .1 }, 12);
                double[] frame = new double[900];
                feed.Next(frame);
                Assert.Equal(0, Allocations.Least(() =>
                {
                    for (int t = 0; t < 50; t++) feed.Next(frame);
                }));
            }
    }

    public static TheoryData<BlobSpec, string> BadSpecs => new()
    {
        { new BlobSpec { Path = (BlobPath)7 }, "path must be one of Lissajous, Chaotic, ChaoticDelayed, was 7" },
        { new BlobSpec { Series = (BlobSeries)7 }, "series must be one of Solution, UnitSteps, was 7" },
        { new BlobSpec { Rows = 1 }, "rows must be at least 2, was 1" },
        { new BlobSpec { Columns = 0 }, "columns must be at least 2, was 0" },
        { new BlobSpec { Width = 0 }, "width must be above 0 and finite, was 0" },
        { new BlobSpec { Noise = double.NaN }, "noise must be at least 0 and finite, was NaN" },
        { new BlobSpec { AnomalousGamma = .2 }, "anomalousGamma must be in (0, .2), was 0.2" },
        { new BlobSpec { AnomalySteps = 0 }, "anomalySteps must be at least 1, was 0" },
    };

    [Theory]
    [MemberData(nameof(BadSpecs), DisableDiscoveryEnumeration = true)]
    public void A_parameter_out_of_its_range_is_named(BlobSpec spec, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(() => new BlobFeed(spec, 1)).Message);

    [Fact]
    public void A_frame_of_another_length_is_refused()
    {
        var feed = new BlobFeed(new BlobSpec(), 1);
        Assert.Contains("frame must have 900 numbers, had 30", Assert.Throws<ArgumentException>(() => feed.Next(new double[30])).Message);
    }
}
