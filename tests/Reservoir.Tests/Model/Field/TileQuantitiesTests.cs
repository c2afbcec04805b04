using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public sealed class TileQuantitiesTests
{
    const int Rows = 5, Columns = 7, Cells = Rows * Columns, Channels = 2 * Cells, Frames = 6;

    static readonly GridSpec Grid = new()
    {
        Rows = Rows, Columns = Columns, Fields = 2, Land = [.. Enumerable.Range(0, Cells).Select(cell => cell is 3 or 10 or 15)],
    };

    static double[][] Feed(int seed)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, Frames).Select(_ =>
            Enumerable.Range(0, Channels).Select(c => Grid.Land[c % Cells] ? 0 : random.NextDouble() - .5).ToArray())];
    }

    // Quantity by quantity, from the frames themselves.
    static double[] Twin(double[][] feed, TileSpec spec, int[] fine, int[] coarse)
    {
        var advection = new Advection(Grid);
        var blur = new GaussianBlur(Grid, spec.Coarse.Sigma);
        double[] Product(int ago)
        {
            var product = new double[Channels];
            advection.Of(feed[^(1 + ago)], product);
            return product;
        }
        double[] Smooth(double[] fields)
        {
            var smooth = new double[Channels];
            for (int first = 0; first < Channels; first += Cells) blur.Of(fields.AsSpan(first, Cells), smooth.AsSpan(first, Cells));
            return smooth;
        }
        double[] Less(double[] then, double[] now) => [.. then.Zip(now, (a, b) => a - b)];
        IEnumerable<double> At(double[] fields, int[] cells) =>
            Enumerable.Range(0, Grid.Fields).SelectMany(field => cells.Select(cell => fields[field * Cells + cell]));
        return
        [
            .. At(feed[^1], fine), .. At(Product(0), fine),
            .. At(Less(feed[^2], feed[^1]), fine), .. At(Less(Product(1), Product(0)), fine),
            .. At(Smooth(feed[^1]), coarse), .. At(Smooth(Product(0)), coarse),
            .. spec.Coarse.Changes.SelectMany(ago => At(Less(Smooth(feed[^(1 + ago)]), Smooth(feed[^1])), coarse)),
            .. spec.Coarse.AdvectionChanges.SelectMany(ago => At(Less(Smooth(Product(ago)), Smooth(Product(0))), coarse)),
        ];
    }

    [Fact]
    public void What_a_tile_sees_is_of_these_cells_and_of_these_frames()
    {
        var spec = new TileSpec { Coarse = new CoarseSpec { Changes = [1, 2, 5], AdvectionChanges = [3] } };
        var quantities = new TileQuantities(Grid, spec);
        var now = new double[quantities.Length];
        double[][] feed = Feed(1);
        foreach (double[] frame in feed) quantities.Take(frame, now);
        // Own cells: two of the corner; around them: three rows. Every other cell of every other row, but for land: rows 1 and 3.
        int[] own = [0, 1], around = [.. Enumerable.Range(0, 3 * Columns).Where(cell => !Grid.Land[cell])];
        int[] coarse = TileQuantities.CoarseCells(Grid, spec);
        Assert.Equal([8, 12, 22, 24, 26], coarse);
        int[] seen = [.. TileQuantities.Seen(Grid, spec, coarse, own, around)];
        double[] twin = Twin(feed, spec, own, [8, 12]);
        Assert.Equal(twin.Length, seen.Length);
        Assert.Equal(twin.Length, seen.Distinct().Count());
        for (int i = 0; i < seen.Length; i++) Assert.Equal(twin[i], now[seen[i]], 1e-14);
    }

    [Fact]
    public void A_grid_of_one_row_has_coarse_cells_too() =>
        Assert.Equal([1, 3, 5], TileQuantities.CoarseCells(new GridSpec { Rows = 1, Columns = 6 },
            new TileSpec { Coarse = new CoarseSpec() }));

    [Fact]
    public void A_readout_of_the_preset_has_these_regressors()
    {
        // [1; u, J and their changes of 64 cells; u, J, four changes of u and two of J at 7×7 cells of the 14×14].
        var grid = new GridSpec { Rows = 24, Columns = 24 };
        (int regressors, int outputs) = TilePredictor.Sizes(grid, Presets.Field().Tiles!).ElementAt(4);
        Assert.Equal((1 + 4 * 64 + 8 * 49, 64), (regressors, outputs));
    }

    [Fact]
    public void What_was_learnt_before_there_were_coarse_cells_fits_tiles_without_them()
    {
        FieldModelSpec with = Presets.Field(), without = with with { Tiles = new TileSpec() };
        Assert.Equal(without.FingerprintFor(9), (with with
        {
            Tiles = new TileSpec { Coarse = new CoarseSpec { Every = 0, Changes = [1, 2, 4, 6] } },
        }).FingerprintFor(9));
        Assert.NotEqual(without.FingerprintFor(9), with.FingerprintFor(9));
    }

    [Fact]
    public void Frames_ago_are_of_the_past() =>
        Assert.Contains("hanges must be in [1, 100], was 0", Assert.Throws<ArgumentOutOfRangeException>(
            () => new CoarseSpec { Changes = [0] }.Validate()).Message, StringComparison.Ordinal);
}
