using MathNet.Numerics.Random;
using Xunit;
using static Esn.Tests.FieldGrids;

namespace Esn.Tests;

/// <summary>Each field map against its formula, written down cell by cell.</summary>
public sealed class FieldMapTests
{
    /// <summary>Rows, columns, whether there is land.</summary>
    public static TheoryData<int, int, bool> Grids => new()
    {
        { 7, 11, false }, { 7, 11, true }, { 12, 6, false }, { 12, 6, true }, { 1, 9, false }, { 9, 1, false }, { 2, 3, false },
            { 5, 8, true },
    };

    static void AssertNear(IEnumerable<double> expected, double[] actual)
    {
        double[] all = [.. expected];
        Assert.Equal(all.Length, actual.Length);
        for (int i = 0; i < all.Length; i++) Assert.Equal(all[i], actual[i], 1e-12 * Math.Max(1, Math.Abs(all[i])));
    }

    static void EachField(FieldMapSpec spec, int rows, int columns, bool land, Func<TextbookField, IEnumerable<double>> formula)
    {
        GridSpec grid = Of(rows, columns, 3, land);
        double[] frame = Frame(grid, seed: rows * columns);
        AssertNear(Enumerable.Range(0, 3).SelectMany(field => formula(Field(grid, frame, field))), Map(spec, grid, frame));
    }

    static void Flow(FieldMapSpec spec, int rows, int columns, bool land, Func<TextbookField, TextbookField, IEnumerable<double>> formula)
    {
        GridSpec grid = Of(rows, columns, 2, land);
        double[] frame = Frame(grid, seed: rows + columns);
        AssertNear(formula(Field(grid, frame, 0), Field(grid, frame, 1)), Map(spec, grid, frame));
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void The_gradient_is_that_of_central_differences(int rows, int columns, bool land) =>
        EachField(new GradientSpec(), rows, columns, land, u => u.X.Values.Concat(u.Y.Values));

    [Theory]
    [MemberData(nameof(Grids))]
    public void The_Laplacian_is_that_of_five_points(int rows, int columns, bool land) =>
        EachField(new LaplacianSpec(), rows, columns, land, u => u.Laplacian.Values);

    [Theory]
    [MemberData(nameof(Grids))]
    public void Advection_is_the_Jacobian_of_the_field_and_its_Laplacian(int rows, int columns, bool land) =>
        EachField(new AdvectionSpec(), rows, columns, land, u => u.Advection.Values);

    [Theory]
    [MemberData(nameof(Grids))]
    public void Divergence_is_that_of_the_first_two_fields(int rows, int columns, bool land) =>
        Flow(new DivergenceSpec(), rows, columns, land, (u, v) => TextbookField.Combine([u.X, v.Y], d => d[0] + d[1]).Values);

    [Theory]
    [MemberData(nameof(Grids))]
    public void Curl_is_that_of_the_first_two_fields(int rows, int columns, bool land) =>
        Flow(new CurlSpec(), rows, columns, land, (u, v) => TextbookField.Combine([v.X, u.Y], d => d[0] - d[1]).Values);

    [Theory]
    [MemberData(nameof(Grids))]
    public void Turbulence_is_strain_rate_Okubo_Weiss_and_kinetic_energy(int rows, int columns, bool land)
    {
        static double Square(double x) => x * x;
        static double Strain(double[] d) => Square(d[0] - d[3]) + Square(d[2] + d[1]);  // ∂u/∂x, ∂u/∂y, ∂v/∂x, ∂v/∂y
        Flow(new TurbulenceSpec(), rows, columns, land, (u, v) =>
        [
            .. TextbookField.Combine([u.X, u.Y, v.X, v.Y], d => Math.Sqrt(Strain(d))).Values,
            .. TextbookField.Combine([u.X, u.Y, v.X, v.Y], d => Strain(d) - Square(d[2] - d[1])).Values,
            .. TextbookField.Combine([u, v], d => (Square(d[0]) + Square(d[1])) / 2).Values,
        ]);
        Flow(new TurbulenceSpec { StrainRate = false, EddyKineticEnergy = false }, rows, columns, land, (u, v) =>
            TextbookField.Combine([u.X, u.Y, v.X, v.Y], d => Strain(d) - Square(d[2] - d[1])).Values);
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void The_cosine_transform_is_that_of_a_dense_matrix(int rows, int columns, bool land)
    {
        int low = Math.Min(rows, 5), along = Math.Min(columns, 4);
        EachField(new DctSpec { Rows = low, Columns = along }, rows, columns, land, u => u.Dct(low, along));
        EachField(new DctSpec { Rows = rows, Columns = columns }, rows, columns, land, u => u.Dct(rows, columns));
    }

    [Fact]
    public void The_whole_cosine_transform_keeps_the_sum_of_squares()
    {
        GridSpec grid = Of(7, 11, 1, land: false);
        double[] frame = Frame(grid, 5);
        Assert.Equal(frame.Sum(u => u * u), Map(new DctSpec { Rows = 7, Columns = 11 }, grid, frame).Sum(x => x * x),
            1e-12 * frame.Sum(u => u * u));
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void Pixels_are_means_over_what_is_no_land(int rows, int columns, bool land)
    {
        foreach ((int r, int c) in ((int, int)[])[(1, 1), (rows, columns), ((rows + 1) / 2, (columns + 2) / 3)])
        {
            EachField(new PixelsSpec { Rows = r, Columns = c }, rows, columns, land, u => u.AreaMean(r, c));
            EachField(new PixelsSpec { Rows = r, Columns = c, Method = PixelMethod.Bilinear }, rows, columns, land, u => u.Bilinear(r, c));
        }
    }

    [Fact]
    public void Pixels_of_the_same_grid_are_the_field_to_the_bit()
    {
        GridSpec grid = Of(7, 11, 2, land: true);
        Assert.Equal(Frame(grid, 3), Map(new PixelsSpec(), grid, Frame(grid, 3)));
        Assert.Equal(Frame(grid, 3), Map(new PixelsSpec { Method = PixelMethod.Bilinear }, grid, Frame(grid, 3)));
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void Convolutions_are_sums_over_the_kernel(int rows, int columns, bool land)
    {
        // The last is wider than the field and its mirror images.
        (int, int, double)[] sizes = [(1, 1, 0), (3, 1, 0), (4, 2, 1.5), (5, 3, 0), (2 * Math.Max(rows, columns) + 3, 2, 0)];
        foreach (ConvolutionKernel kernel in Enum.GetValues<ConvolutionKernel>())
            foreach ((int size, int stride, double sigma) in sizes)
                foreach (ConvolutionMode mode in Enum.GetValues<ConvolutionMode>())
                {
                    bool valid = mode == ConvolutionMode.Valid;
                    if (valid && size > Math.Min(rows, columns)) continue;
                    int corner = valid ? (size - 1) / 2 : 0, missing = valid ? size - 1 : 0;
                    int newRows = (rows - missing + stride - 1) / stride, newColumns = (columns - missing + stride - 1) / stride;
                    double[,] weights = Kernel(kernel, size, sigma > 0 ? sigma : size / 6.0);
                    var spec = new ConvolutionSpec { Kernel = kernel, Size = size, Stride = stride, Sigma = sigma, Mode = mode, Seed = 7 };
                    EachField(spec, rows, columns, land, u => u.Convolution(weights, corner, newRows, newColumns, stride));
                }
    }

    static double[,] Kernel(ConvolutionKernel kernel, int size, double sigma)
    {
        var weights = new double[size, size];
        double[] random = new Xoshiro256StarStar(1_000_003 + 7, threadSafe: false).NextDoubles(size * size);
        double sum = 0, centre = (size - 1) / 2.0;
        for (int k = 0; k < size; k++)
            for (int l = 0; l < size; l++)
                sum += weights[k, l] = kernel switch
                {
                    ConvolutionKernel.Gaussian => Math.Exp(-((k - centre) * (k - centre)
                        + (l - centre) * (l - centre)) / (2 * sigma * sigma)),
                    ConvolutionKernel.Mean => 1,
                    _ => (2 * random[k * size + l] - 1) * Math.Sqrt(3) / size,
                };
        if (kernel == ConvolutionKernel.Random) return weights;
        for (int k = 0; k < size; k++)
            for (int l = 0; l < size; l++) weights[k, l] /= sum;
        return weights;
    }

    [Fact]
    public void What_is_flat_has_no_gradient_at_borders_or_coasts_and_smoothing_leaves_it_as_it_is()
    {
        GridSpec grid = Of(7, 11, 2, land: true);
        double[] flat = new double[grid.Channels];
        flat.AsSpan().Fill(2.5);
        FieldShape.Of(grid).ClearLand(flat);
        FieldMapSpec[] derivatives = [new GradientSpec(), new LaplacianSpec(), new AdvectionSpec(), new DivergenceSpec(), new CurlSpec()];
        foreach (FieldMapSpec spec in derivatives)
            Assert.All(Map(spec, grid, flat), value => Assert.Equal(0, value, 1e-15));
        AssertNear(flat, Map(new ConvolutionSpec(), grid, flat));
        AssertNear(flat, Map(new ConvolutionSpec { Kernel = ConvolutionKernel.Mean, Size = 4 }, grid, flat));
        Assert.All(Map(new PixelsSpec { Rows = 3, Columns = 4 }, grid, flat),
            value => Assert.True(value == 0 || Math.Abs(value - 2.5) < 1e-12));
    }

    [Fact]
    public void Random_weights_are_sums_over_all_values()
    {
        GridSpec grid = Of(5, 8, 2, land: true);
        double[] frame = Frame(grid, 2);
        var spec = new RandomProjectionSpec { Outputs = 13 };
        double[] weights = ((RandomProjection)spec.Create(FieldShape.Of(grid), 1)).Weights.ToArray();
        Assert.All(weights, weight => Assert.InRange(Math.Abs(weight), 0, Math.Sqrt(3.0 / grid.Channels)));
        Assert.Equal(0, weights.Average(), .02);
        Assert.Equal(1.0 / grid.Channels, weights.Average(weight => weight * weight), .1 / grid.Channels);
        AssertNear(Enumerable.Range(0, 13).Select(k => frame.Select((u, i) => weights[i * 13 + k] * u).Sum()), Map(spec, grid, frame));
    }

    [Fact]
    public void Three_maps_are_applied_one_after_the_other()
    {
        GridSpec grid = Of(12, 9, 2, land: true);
        double[] frame = Frame(grid, 4);
        FieldMapSpec[] maps =
            [new PixelsSpec { Rows = 6, Columns = 8, Scale = 2 }, new ConvolutionSpec { Size = 3, Scale = .5 },
                new GradientSpec { Scale = 3 }];
        double[] all = Map(new CompositionSpec { Maps = maps, Scale = 10 }, grid, frame);

        // Each on its own, with the land that pixels and convolution leave.
        double[] step = frame;
        FieldShape shape = FieldShape.Of(grid);
        foreach (FieldMapSpec map in maps)
        {
            bool[] land = [.. Enumerable.Range(0, shape.Cells).Select(shape.IsLand)];
            GridSpec now = new() { Rows = shape.Rows, Columns = shape.Columns, Fields = shape.Fields, Land = land };
            step = Map(map, now, step);
            shape = map.Output(shape);
        }
        AssertNear(step.Select(value => 10 * value), all);
        Assert.Equal(2 * 2 * 6 * 8, all.Length);
        Assert.NotEqual(Map(maps[^1], grid, frame).Length, all.Length);  // not the last alone
        Assert.True(shape.LandCells.Length > 0);
    }

    [Fact]
    public void A_composition_in_a_composition_is_one_chain()
    {
        GridSpec grid = Of(7, 11, 1, land: true);
        FieldMapSpec inner = new CompositionSpec { Maps = [new LaplacianSpec(), new GradientSpec()], Scale = .5 };
        AssertNear(
            Map(new CompositionSpec { Maps = [new ConvolutionSpec(), new LaplacianSpec(), new GradientSpec()], Scale = .5 }, grid,
                Frame(grid, 6)),
            Map(new CompositionSpec { Maps = [new ConvolutionSpec(), inner] }, grid, Frame(grid, 6)));
    }

    [Fact]
    public void Maps_that_do_not_fit_are_refused_with_what_would_be_right()
    {
        FieldShape shape = FieldShape.Of(Of(5, 8, 1, land: false));
        void Refused(FieldMapSpec spec, string message) =>
            Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(() => spec.Output(shape)).Message, StringComparison.Ordinal);
        Refused(new DctSpec { Rows = 6 }, "rows must be in [1, 5], was 6");
        Refused(new PixelsSpec { Columns = 9 }, "columns must be in [0, 8], was 9");
        Refused(new ConvolutionSpec { Size = 7, Mode = ConvolutionMode.Valid }, "size must be in [1, 5], was 7");
        Refused(new DivergenceSpec(), "divergence needs two fields, the velocity along the rows and across them, had 1");
        Refused(new CurlSpec(), "curl needs two fields");
        Refused(new TurbulenceSpec(), "turbulence needs two fields");
        Refused(new CompositionSpec { Maps = [new PixelsSpec { Rows = 2 }, new DctSpec { Columns = 3 }] }, "rows must be in [1, 2], was 8");
        Assert.Equal(4, new CompositionSpec { Maps = [new GradientSpec(), new GradientSpec()] }.Output(shape).Fields);
    }
}
