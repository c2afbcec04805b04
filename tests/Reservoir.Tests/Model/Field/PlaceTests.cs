using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>Errors with a sense of place.</summary>
public sealed class PlaceTests
{
    [Theory]
    [InlineData(9, 14, 2.0)]
    [InlineData(20, 11, 1.2)]
    public void The_sum_of_squares_of_smoothed_errors_is_the_image_Euclidean_distance(int rows, int columns, double sigma)
    {
        // Away from the borders, which the matrix of the textbook does not mirror.
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        int margin = (int)Math.Ceiling(3 * sigma);
        (int height, int width) = (rows + 2 * margin, columns + 2 * margin);
        double[] error = new double[height * width], smooth = new double[height * width];
        for (int y = margin; y < height - margin; y++)
            for (int x = margin; x < width - margin; x++) error[y * width + x] = random.NextDouble() - .5;
        new GaussianBlur(new GridSpec { Rows = height, Columns = width }, sigma / Math.Sqrt(2)).Of(error, smooth);
        double expected = 0;
        for (int i = 0; i < error.Length; i++)
            for (int j = 0; j < error.Length; j++)
            {
                double square = Math.Pow(i / width - j / width, 2) + Math.Pow(i % width - j % width, 2);
                expected += error[i] * error[j] * Math.Exp(-square / (2 * sigma * sigma)) / (2 * Math.PI * sigma * sigma);
            }
        Assert.Equal(expected, smooth.Sum(value => value * value), .02 * expected);  // the kernel ends at three deviations
    }

    [Fact]
    public void A_small_displacement_of_a_feature_costs_less_than_the_same_squares_apart()
    {
        var grid = new GridSpec { Rows = 20, Columns = 30 };
        double Distance(int shift)
        {
            double[] error = new double[600], smooth = new double[600];
            error[10 * 30 + 8] = 1;
            error[10 * 30 + 8 + shift] = -1;
            new GaussianBlur(grid, Math.Sqrt(2)).Of(error, smooth);
            return smooth.Sum(value => value * value);
        }
        Assert.True(Distance(1) < .3 * Distance(12));
    }

    [Fact]
    public void A_constant_stays_what_it_is_up_to_a_coast_and_land_is_zero()
    {
        bool[] land = [.. Enumerable.Range(0, 60).Select(cell => cell % 10 < 3 || cell == 35)];
        double[] field = [.. land.Select(is_land => is_land ? 0.0 : 4)], smooth = new double[60];
        new GaussianBlur(new GridSpec { Rows = 6, Columns = 10, Land = land }, 1.5).Of(field, smooth);
        for (int i = 0; i < 60; i++) Assert.Equal(land[i] ? 0 : 4, smooth[i], 1e-12);
    }

    [Fact]
    public void Regions_are_the_connected_parts_above_half_of_the_hottest()
    {
        double[] heat = new double[6 * 8];
        (heat[1 * 8 + 1], heat[1 * 8 + 2], heat[2 * 8 + 3]) = (10, 6, 8);  // touch at sides and corners
        heat[4 * 8 + 6] = 7;
        heat[5 * 8 + 0] = 4;                                               // below half
        IReadOnlyList<FieldRegion> regions = FieldRegion.Of(heat, 6, 8);
        Assert.Equal(2, regions.Count);
        Assert.Equal(new FieldRegion(1, 1, 10, (10 + 6 + 16) / 24.0, (10 + 12 + 24) / 24.0, 1, 1, 2, 3, 3, 24 / 31.0), regions[0]);
        Assert.Equal((4, 6, 1), (regions[1].PeakRow, regions[1].PeakColumn, regions[1].Cells));
        Assert.Empty(FieldRegion.Of(new double[48], 6, 8));
    }

    [Fact]
    public void A_block_whose_errors_follow_its_activity_is_not_unusual_and_one_that_does_not_is()
    {
        var random = new Xoshiro256StarStar(8, threadSafe: false);
        var score = new ActivityScore(2, 500);
        double[] activities = [1, 0, 0, 1, 0, 0];
        double largest = 0;
        for (int t = 0; t < 3000; t++)
        {
            for (int block = 0; block < 2; block++)
            {
                (double a, double b) = (3 * Math.Sin(.01 * t + block), random.NextDouble());
                (activities[3 * block + 1], activities[3 * block + 2]) = (a, b);
                double z = score.Of(block, -9 + 1.5 * a - .5 * b + .5 * (random.NextDouble() - .5), activities.AsSpan(3 * block, 3));
                if (t > 1000) largest = Math.Max(largest, Math.Abs(z));
            }
            score.Learn(activities);
        }
        Assert.InRange(largest, 1, 2.5);  // the variance of the noise is 1/48 and floored at .02
        for (int block = 0; block < 2; block++)
            Assert.True(score.Of(block, -9 + 1.5 * activities[3 * block + 1] + 1, activities.AsSpan(3 * block, 3)) > 5);
    }

    [Fact]
    public void A_field_is_scaled_by_one_scale_and_land_is_zero()
    {
        var grid = new GridSpec { Rows = 2, Columns = 3, Fields = 2, Land = [false, false, true, false, false, false] };
        var random = new Xoshiro256StarStar(2, threadSafe: false);
        double[] frames = [.. Enumerable.Range(0, 400 * 12).Select(i => 100
            + (i % 12 < 6 ? 1 : 50) * (i % 3 + 1) * (random.NextDouble() - .5))];
        var scaler = new FieldScaler(frames, default, grid, 20);
        double[] y = new double[12], back = new double[12];
        Assert.False(scaler.Scale(frames.AsSpan(0, 12), y));
        Assert.Equal((0.0, 0.0), (y[2], y[8]));
        Assert.Equal(scaler.UnitOf(0), scaler.UnitOf(5));
        Assert.Equal(50, scaler.UnitOf(6) / scaler.UnitOf(0), 5.0);
        scaler.Unscale(y, back);
        for (int c = 0; c < 12; c++)
            if (c is not (2 or 8)) Assert.Equal(frames[c], back[c], 1e-9);
    }
}
