using System.Globalization;
using System.Reflection;
using Xunit;
using static Esn.Tests.FieldGrids;

namespace Esn.Tests;

/// <summary>What holds for every member of the family of field maps; a new one is found by reflection.</summary>
public sealed class FieldMapFamilyTests
{
    static readonly ReservoirSpec Units = new() { Units = 40, Degree = 5 };

    public static TheoryData<string> Members =>
        [.. typeof(FieldMapSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(FieldMapSpec))).Select(type => type.Name)];

    static FieldMapSpec Member(string name)
    {
        var spec = (FieldMapSpec)Activator.CreateInstance(typeof(FieldMapSpec).Assembly.GetType($"Esn.{name}")!)!;
        return spec is CompositionSpec empty ? empty with { Maps = [new LaplacianSpec(), new ConvolutionSpec(), new DifferencesSpec()] }
            : spec;
    }

    // The map drives the units and is seen by the readout, as any member can be.
    static EchoStateNetwork Network(FieldMapSpec spec, bool land = true) =>
        new(Units, new StackedMapSpec { Grid = Of(9, 12, 2, land), ToUnits = [spec], ToReadout = [spec] }, 2 * 9 * 12);

    static double[][] Run(EchoStateNetwork network, int steps, bool land = true)
    {
        var states = new double[steps][];
        double[] before = new double[network.Regressors];
        for (int t = 0; t < steps; t++)
        {
            states[t] = new double[network.Regressors];
            network.Step(DateTime.UnixEpoch, Frame(Of(9, 12, 2, land), seed: t), before, states[t]);
            before = states[t];
        }
        return states;
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void It_gives_as_many_values_as_it_says_all_finite_and_0_on_land_alone(string name)
    {
        const int First = 1 + 2 * 9 * 12;
        foreach (bool land in (bool[])[true, false])
        {
            FieldShape output = Member(name).Output(FieldShape.Of(Of(9, 12, 2, land)));
            EchoStateNetwork network = Network(Member(name), land);
            Assert.Equal(First + output.Length + Units.Units, network.Regressors);
            double[][] states = Run(network, 20, land);
            Assert.All(states.SelectMany(z => z), value => Assert.True(double.IsFinite(value)));
            // A cell between two coasts may have no gradient; without land there is none that is never written.
            for (int i = 0; i < output.Length; i++)
                if (!land || output.IsLand(i % output.Cells)) Assert.Equal(land, states[5..].All(z => z[First + i] == 0));
        }
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void The_same_specification_gives_the_same_bits(string name) =>
        Assert.Equal(Run(Network(Member(name)), 10).SelectMany(z => z), Run(Network(Member(name)), 10).SelectMany(z => z));

    [Theory]
    [MemberData(nameof(Members))]
    public void It_is_equal_to_one_of_equal_constants_and_not_to_another(string name)
    {
        Assert.Equal(Member(name), Member(name));
        Assert.Equal(Member(name).GetHashCode(), Member(name).GetHashCode());
        Assert.NotEqual(Member(name), Member(name) with { Scale = .5 });
        Assert.NotEqual(Member(name), new FieldMapOfTests());
    }

    sealed record FieldMapOfTests : FieldMapSpec
    {
        internal override FieldShape Output(FieldShape input) => input;

        internal override FieldMap Create(FieldShape input, int seed) => throw new NotSupportedException();
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Its_scale_multiplies_what_it_gives(string name)
    {
        double[][] one = Run(Network(Member(name)), 6), four = Run(Network(Member(name) with { Scale = 4 }), 6);
        int first = 1 + 2 * 9 * 12;
        for (int t = 0; t < one.Length; t++)
            Assert.Equal(one[t][first..^Units.Units].Select(value => 4 * value),
                four[t][first..^Units.Units]);  // a power of two: to the bit
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Nothing_is_allocated_per_step(string name)
    {
        EchoStateNetwork network = Network(Member(name));
        double[] frame = Frame(Of(9, 12, 2, land: true), 1), before = new double[network.Regressors], z = new double[network.Regressors];
        void Steps()
        {
            for (int t = 0; t < 200; t++)
            {
                network.Step(DateTime.UnixEpoch, frame, before, z);
                z.CopyTo(before, 0);
            }
        }
        Steps();
        Assert.Equal(0, Allocations.Least(Steps));
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Runs_side_by_side_have_the_bits_of_single_ones(string name)
    {
        const int Runs = 5;
        GridSpec grid = Of(9, 12, 2, land: true);
        EchoStateNetwork network = Network(Member(name));
        int d = network.Regressors, channels = grid.Channels;
        double[] before = new double[d * Runs], z = new double[d * Runs];
        double[][] alone = [.. Enumerable.Range(0, Runs).Select(_ => new double[d])];
        for (int t = 0; t < 4; t++)
        {
            double[][] frames = [.. Enumerable.Range(0, Runs).Select(run => Frame(grid, 10 * t + run))];
            network.Step(DateTime.UnixEpoch, [.. Enumerable.Range(0, channels * Runs).Select(i => frames[i % Runs][i / Runs])], before, z,
                Runs, Runs);
            z.CopyTo(before, 0);
            for (int run = 0; run < Runs; run++)
            {
                var next = new double[d];
                network.Step(DateTime.UnixEpoch, frames[run], alone[run], next);
                alone[run] = next;
                Assert.Equal(next, Enumerable.Range(0, d).Select(i => z[i * Runs + run]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Its_constants_are_checked_by_key_value_and_range(string name)
    {
        Member(name).Validate();
        PropertyInfo[] numbers = [.. Member(name).GetType().GetProperties().Where(property =>
            property.CanWrite && property.Name != "Seed"
                && (property.PropertyType == typeof(int) || property.PropertyType == typeof(double)))];
        Assert.Contains(numbers, property => property.Name == "Scale");
        foreach (PropertyInfo number in numbers)
            foreach (double wrong in (double[])[-7, 1e9])
            {
                FieldMapSpec spec = Member(name) with { };
                number.SetValue(spec, Convert.ChangeType(wrong, number.PropertyType, CultureInfo.InvariantCulture));
                string message = Assert.Throws<ArgumentOutOfRangeException>(spec.Validate).Message;
                string key = char.ToLowerInvariant(number.Name[0]) + number.Name[1..], was = wrong < 0 ? "-7" : "1000000000";
                Assert.Matches($@"^{key} must be in [\[(][\d.]+, [\d.]+\], was {was}", message);
            }
    }
}
