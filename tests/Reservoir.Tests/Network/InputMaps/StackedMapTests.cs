using MathNet.Numerics.Random;
using Xunit;
using static Esn.Tests.FieldGrids;

namespace Esn.Tests;

/// <summary>The stack of field maps: what lies where in z, what drives the units, and what is looked back at.</summary>
public sealed class StackedMapTests
{
    static readonly DateTime Time = DateTime.UnixEpoch;
    static readonly GridSpec Grid = Of(7, 11, 2, land: true);
    static readonly FieldMapSpec Dct = new DctSpec { Rows = 3, Columns = 4 };

    static InputMap Map(StackedMapSpec spec, int units, double bias = 0)
    {
        var reservoir = new ReservoirSpec { Units = units, InputScale = .5, BiasScale = bias };
        spec.Validate();
        return spec.Create(reservoir, spec.Grid.Channels, new Xoshiro256StarStar(1, threadSafe: false));
    }

    // f(0) … of frames with these seeds.
    static double[][] Features(InputMap map, GridSpec grid, int steps)
    {
        var features = new double[steps][];
        for (int t = 0; t < steps; t++)
        {
            features[t] = new double[map.Features];
            map.Map(Time, Frame(grid, t), t == 0 ? new double[map.Features] : features[t - 1], features[t]);
        }
        return features;
    }

    static double[] Drive(InputMap map, int units, double[] frame, double[] before, double[] features)
    {
        var drive = new double[units];
        map.Drive(frame, before, features, drive);
        return drive;
    }

    static double[] Less(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x - y)];

    [Fact]
    public void Features_are_the_frame_and_then_the_maps_in_their_order()
    {
        InputMap map = Map(new StackedMapSpec { Grid = Grid, ToReadout = [Dct, new GradientSpec()] }, 30);
        double[] frame = Frame(Grid, 0);
        Assert.Equal([.. frame, .. FieldGrids.Map(Dct, Grid, frame), .. FieldGrids.Map(new GradientSpec(), Grid, frame)],
            Features(map, Grid, 1)[0]);
    }

    [Fact]
    public void Land_is_0_whatever_the_feed_has_there()
    {
        var spec = new StackedMapSpec { Grid = Grid, ToReadout = [Dct] };
        InputMap map = Map(spec, 30), without = Map(spec with { WithFrame = false }, 30);
        double[] sea = Frame(Grid, 0), nan = [.. sea];
        foreach (int cell in FieldShape.Of(Grid).LandCells) nan[cell] = nan[Grid.Cells + cell] = double.NaN;
        foreach (InputMap each in (InputMap[])[map, without])
        {
            double[] expected = new double[each.Features], features = new double[each.Features];
            each.Map(Time, sea, new double[each.Features], expected);
            each.Map(Time, nan, new double[each.Features], features);
            Assert.Equal(expected, features);
            Assert.Equal(Drive(each, 30, sea, new double[each.Features], expected),
                Drive(each, 30, nan, new double[each.Features], features));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_as_many_units_as_values_each_value_drives_its_own_unit(bool withFrame)
    {
        var spec = new StackedMapSpec { Grid = Grid, ToUnits = [Dct, new CurlSpec { Scale = 2 }], ToReadout = [Dct],
            WithFrame = withFrame };
        int units = spec.UnitInputs;
        Assert.Equal(2 * 12 + 77, units);
        InputMap map = Map(spec, units);
        double[] frame = Frame(Grid, 0), features = Features(map, Grid, 1)[0];
        double[] values = [.. FieldGrids.Map(Dct, Grid, frame), .. FieldGrids.Map(new CurlSpec { Scale = 2 }, Grid, frame)];
        Assert.Equal(values.Select(value => .5 * value), Drive(map, units, frame, new double[map.Features], features));

        InputMap biased = Map(spec, units, bias: .2);
        double[] bias = Less(Drive(biased, units, frame, new double[map.Features], features), [.. values.Select(value => .5 * value)]);
        Assert.All(bias, b => Assert.InRange(Math.Abs(b), 0, .2 + 1e-12));
        Assert.True(bias.Max() > .1 && bias.Min() < -.1);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(24)]
    [InlineData(7)]
    public void With_another_number_of_units_the_values_are_resampled_by_area_mean(int units)
    {
        var spec = new StackedMapSpec { Grid = Of(7, 11, 1, land: false), ToUnits = [Dct] };
        InputMap map = Map(spec, units);
        double[] frame = Frame(spec.Grid, 0), values = FieldGrids.Map(Dct, spec.Grid, frame);
        double[] drive = Drive(map, units, frame, new double[map.Features], Features(map, spec.Grid, 1)[0]);
        for (int unit = 0; unit < units; unit++)
        {
            // The integral of the line of 12 values, as a step function, over the unit's part of it.
            double begin = 12.0 * unit / units, end = 12.0 * (unit + 1) / units;
            double mean = values.Select((value, i) => value * Math.Max(0, Math.Min(end, i + 1) - Math.Max(begin, i))).Sum() / (end - begin);
            Assert.Equal(.5 * mean, drive[unit], 1e-12);
        }
    }

    [Fact]
    public void Taps_are_the_frames_before_and_differences_those_to_the_last()
    {
        FieldMapSpec taps = new DelayTapsSpec { Count = 3, Scale = .5 }, differences = new DifferencesSpec();
        var spec = new StackedMapSpec { Grid = Grid, ToReadout = [taps, differences], ToUnits = [differences] };
        InputMap map = Map(spec, Grid.Channels);
        double[][] features = Features(map, Grid, 6);
        double[] Past(int t) => t < 0 ? new double[Grid.Channels] : Frame(Grid, t);
        for (int t = 0; t < 6; t++)
        {
            double[] difference = Less(Past(t - 1), Past(t));
            Assert.Equal([.. Past(t), .. Past(t - 1).Concat(Past(t - 2)).Concat(Past(t - 3)).Select(u => .5 * u), .. difference],
                features[t]);
            double[] drive = Drive(map, Grid.Channels, Past(t), t == 0 ? new double[map.Features] : features[t - 1], features[t]);
            Assert.Equal(difference.Select(d => .5 * d), drive);
        }
    }

    [Fact]
    public void Differences_and_taps_of_maps_are_those_of_what_the_maps_gave()
    {
        FieldMapSpec advection = new AdvectionSpec { Scale = .3 };
        FieldMapSpec Composition(params FieldMapSpec[] maps) => new CompositionSpec { Maps = maps };
        foreach (bool stored in (bool[])[true, false])
        {
            // What they look back at is in z, or follows from the frame that is.
            var spec = new StackedMapSpec
            {
                Grid = Grid,
                WithFrame = !stored,
                ToReadout =
                [
                    .. stored ? [advection] : (FieldMapSpec[])[],
                    Composition(advection, new DifferencesSpec()),
                    Composition(advection, new DelayTapsSpec()),
                ],
                ToUnits = [Composition(advection, new DifferencesSpec(), Dct)],
            };
            int units = spec.UnitInputs, channels = Grid.Channels;
            InputMap map = Map(spec, units);
            double[][] features = Features(map, Grid, 5);
            double[] Advection(int t) => FieldGrids.Map(advection, Grid, Frame(Grid, t));
            for (int t = 1; t < 5; t++)
            {
                double[] difference = Less(Advection(t - 1), Advection(t));
                Assert.Equal([.. stored ? Advection(t) : Frame(Grid, t), .. difference, .. Advection(t - 1)], features[t]);
                double[] drive = Drive(map, units, Frame(Grid, t), features[t - 1], features[t]);
                Assert.Equal(FieldGrids.Map(Dct, Grid, difference).Select(value => .5 * value), drive);
            }
        }
    }

    [Fact]
    public void Second_differences_look_back_at_the_first()
    {
        FieldMapSpec first = new DifferencesSpec(), second = new CompositionSpec { Maps = [new DifferencesSpec(), new DifferencesSpec()] };
        double[][] features = Features(Map(new StackedMapSpec { Grid = Grid, ToReadout = [first, second] }, 10), Grid, 6);
        double[] Difference(int t) => Less(Frame(Grid, t - 1), Frame(Grid, t));
        Assert.Equal(Less(Difference(4), Difference(5)), features[5][^Grid.Channels..]);
    }

    [Fact]
    public void What_z_does_not_hold_cannot_be_looked_back_at()
    {
        StackedMapSpec with = new() { Grid = Grid }, without = with with { WithFrame = false };
        FieldMapSpec differences = new DifferencesSpec(), two = new DelayTapsSpec { Count = 2 };
        FieldMapSpec Composition(params FieldMapSpec[] maps) => new CompositionSpec { Maps = maps };
        void Refused(StackedMapSpec spec, string message) =>
            Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(spec.Validate).Message, StringComparison.Ordinal);
        const string Themselves = "delayTaps of more than one step look back at themselves: put what ends with them into toReadout too";

        Refused(without with { ToReadout = [Dct, differences] },
            "toReadout[1]: differences look back at what z does not hold: set withFrame");
        Refused(without with { ToUnits = [Dct, Composition(Dct, differences)] }, "toUnits[1]: differences look back");
        Refused(with with { ToUnits = [two] }, $"toUnits[0]: {Themselves}");
        Refused(with with { ToReadout = [Composition(two, Dct)] }, $"toReadout[0]: {Themselves}");
        Refused(with with { ToReadout = [Composition(differences, differences)] }, "toReadout[0]: differences look back");
        Refused(with with { ToReadout = [Dct, new GradientSpec(), Dct] }, "toReadout[2] is there twice");
        (without with { ToReadout = [Dct, Composition(Dct, differences)] }).Validate();
        (with with { ToUnits = [two, Composition(two, Dct)], ToReadout = [two] }).Validate();
    }

    [Fact]
    public void A_frame_of_another_length_and_an_empty_stack_are_refused()
    {
        var spec = new StackedMapSpec { Grid = Grid };
        void Refused(Action action, string message) =>
            Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
        Refused(() => _ = new EchoStateNetwork(new ReservoirSpec(), spec, 10), "a frame of 10 values is no grid of 2 × 7 × 11 = 154");
        Refused((spec with { ToUnits = [] }).Validate, "toUnits must be in [1, 100], was 0");
        Refused((spec with { ToReadout = [Dct with { Scale = 0 }] }).Validate, "scale must be in (0, 1000000], was 0");
        Refused((spec with { ToReadout = [new CompositionSpec()] }).Validate, "maps must be in [1, 20], was 0");
    }

    [Fact]
    public void Until_the_grid_is_known_only_constants_are_checked()
    {
        var spec = new StackedMapSpec { ToUnits = [Dct] };
        spec.Validate();
        Assert.ThrowsAny<ArgumentException>(((StackedMapSpec)spec.ForGrid(Of(2, 11, 1, land: false))).Validate);
        ((StackedMapSpec)spec.ForGrid(Grid)).Validate();
    }

    [Fact]
    public void Equal_stacks_share_one_network()
    {
        static StackedMapSpec Made() => new()
        {
            Grid = Of(5, 8, 1, land: true),
            ToUnits = [new CompositionSpec { Maps = [new LaplacianSpec(), new DctSpec { Rows = 2, Columns = 2 }] }],
            ToReadout = [new DctSpec { Rows = 3, Columns = 3 }],
        };
        var reservoir = new ReservoirSpec { Units = 20 };
        Assert.Equal(Made(), Made());
        Assert.NotEqual(Made(), Made() with { Grid = Of(5, 8, 1, land: false) });
        Assert.NotEqual(Made(), Made() with { ToReadout = [] });
        Assert.NotEqual(Made(), Made() with { ToUnits = [new LaplacianSpec(), new DctSpec { Rows = 2, Columns = 2 }] });
        Assert.Same(EchoStateNetwork.Of(reservoir, Made(), 40), EchoStateNetwork.Of(reservoir, Made(), 40));
    }

    [Fact]
    public void The_reservoirs_seed_and_a_maps_own_make_other_random_weights()
    {
        static double[] Of(int reservoir, int own)
        {
            FieldMap map = new RandomProjectionSpec { Outputs = 9, Seed = own }.Create(FieldShape.Flat(20), reservoir);
            return ((RandomProjection)map).Weights.ToArray();
        }
        Assert.Equal(Of(1, 1), Of(1, 1));
        Assert.NotEqual(Of(1, 1), Of(2, 1));
        Assert.NotEqual(Of(1, 1), Of(1, 2));
    }

    // A blob on a Lissajous path.
    static double[] Blob(GridSpec grid, int t)
    {
        double row = (grid.Rows - 1) * (.5 + .35 * Math.Sin(.1 * t)), column = (grid.Columns - 1) * (.5 + .35 * Math.Sin(.13 * t + 1));
        return [.. Enumerable.Range(0, grid.Cells).Select(cell =>
            Math.Exp(-(Math.Pow(cell / grid.Columns - row, 2) + Math.Pow(cell % grid.Columns - column, 2)) / 8))];
    }

    [Fact]
    public void A_free_run_needs_no_memory_but_z_and_follows_a_moving_blob()
    {
        GridSpec grid = Of(10, 13, 1, land: false);
        var spec = new StackedMapSpec
        {
            Grid = grid,
            ToUnits =
            [
                new PixelsSpec { Rows = 5, Columns = 6 }, new ConvolutionSpec { Stride = 2 }, new GradientSpec(),
                    new DctSpec { Rows = 5, Columns = 5 },
                new DifferencesSpec(),
            ],
            ToReadout = [new DifferencesSpec()],
        };
        var network = new EchoStateNetwork(new ReservoirSpec { Units = 400, SpectralRadius = 1.2, InputScale = 1 }, spec, grid.Channels);
        var readout = new Readout(network.Regressors, grid.Channels, new ReadoutSpec { Horizons = [1], Regularisation = 1e-2 });
        var predictor = new NetworkPredictor(network, readout);
        var errors = new double[grid.Channels];
        for (int t = 0; t < 1500; t++)
        {
            double[] frame = Blob(grid, t);
            predictor.Begin([Time], frame);
            predictor.Settle(frame, errors);
            if (t > 50) predictor.Learn();
            else predictor.Skip();
            predictor.Predict();
        }
        var forecast = new double[300 * grid.Channels];
        predictor.RunFree(Time, TimeSpan.FromSeconds(1), limit: 5, forecast);
        Assert.All(forecast, value => Assert.True(double.IsFinite(value)));
        double error = 0, variance = 0;
        for (int t = 0; t < 50; t++)
        {
            double[] truth = Blob(grid, 1500 + t);
            error += truth.Select((u, i) => Math.Pow(u - forecast[t * grid.Channels + i], 2)).Sum();
            variance += truth.Sum(u => u * u);
        }
        Assert.InRange(error / variance, 0, 1e-2);
    }
}
