using System.Buffers;
using System.Numerics.Tensors;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>
/// A structured input for fields: maps that keep the geometry of the frame, such as convolutions, gradients and low frequencies,
/// stacked one upon the other. Some drive the units, some go to the readout directly.
/// </summary>
/// <remarks>
/// Heim &amp; Avery, "Adaptive anomaly detection in chaotic time series with a spatially aware echo state network",
/// arXiv:1909.01709. With a bias scale of 0 nothing is random but the graph of the reservoir and what is called so.
/// </remarks>
public sealed record StackedMapSpec : InputMapSpec
{
    static readonly IReadOnlyList<bool> NoLand = [];
    static readonly IReadOnlyList<double> NoDegrees = [];

    /// <summary>The geometry of a frame; one cell: not known yet, as a feed of fields brings it with its first record.</summary>
    public GridSpec Grid { get; init; } = new();

    /// <summary>
    /// Maps that drive the units, 1 … 100: all their values one after the other, as a line of M, times the reservoir's input scale. With
    /// N = M units value i drives unit i. Else the line is resampled to N by area mean: a unit has the mean of M/N neighbouring values,
    /// or N/M neighbouring units share one.
    /// </summary>
    public IReadOnlyList<FieldMapSpec> ToUnits { get; init; } = [new PixelsSpec()];

    /// <summary>Maps that the readout sees, 0 … 100.</summary>
    public IReadOnlyList<FieldMapSpec> ToReadout { get; init; } = [];

    /// <summary>Whether the readout sees the frame, before these maps.</summary>
    public bool WithFrame { get; init; } = true;

    /// <summary>M, values that drive the units: with as many units none of them is resampled.</summary>
    public int UnitInputs => new FieldGraph(this).UnitInputs;

    /// <inheritdoc/>
    public override void Validate()
    {
        Grid.Validate();
        Require.Range(ToUnits.Count, 1, 100, nameof(ToUnits));
        Require.Range(ToReadout.Count, 0, 100, nameof(ToReadout));
        foreach (FieldMapSpec map in ToUnits) map.Validate();
        foreach (FieldMapSpec map in ToReadout) map.Validate();
        if (Grid.Cells > 1) _ = new FieldGraph(this);  // throws where maps do not fit
    }

    internal override InputMapSpec ForGrid(GridSpec grid) => this with { Grid = grid };

    // The grid says it all: a configuration is looked at before any frame has come.
    internal override int Features(int channels) => new FieldGraph(this).Features;

    internal override InputMap Create(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random)
    {
        if (channels != Grid.Channels)
            throw new ArgumentException(
                $"a frame of {channels} values is no grid of {Grid.Fields} × {Grid.Rows} × {Grid.Columns} = {Grid.Channels}",
                    nameof(channels));
        return new StackedMap(new FieldGraph(this), reservoir, random);
    }

    /// <summary>Equal grids and equal maps in equal order.</summary>
    public bool Equals(StackedMapSpec? other) => other is not null && WithFrame == other.WithFrame
        && Bare(Grid).Equals(Bare(other.Grid)) && Grid.Land.SequenceEqual(other.Grid.Land)
        && Grid.Latitudes.SequenceEqual(other.Grid.Latitudes) && Grid.Longitudes.SequenceEqual(other.Grid.Longitudes)
        && ToUnits.SequenceEqual(other.ToUnits) && ToReadout.SequenceEqual(other.ToReadout);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(
        Bare(Grid), WithFrame, ToUnits.Aggregate(0, HashCode.Combine), ToReadout.Aggregate(0, HashCode.Combine));

    // Records compare their lists by reference.
    static GridSpec Bare(GridSpec grid) => grid with { Land = NoLand, Latitudes = NoDegrees, Longitudes = NoDegrees };
}

/// <summary>f = [frame; maps of the readout]; what drives the units is made of the frame, of f, and of f before.</summary>
sealed class StackedMap : InputMap
{
    readonly FieldGraph _graph;
    readonly FieldProgram _toReadout, _toUnits;
    readonly Resampling? _resampling;  // of what drives the units; null: as many values as units
    readonly double[] _bias;           // b [N]
    readonly double _gain;

    public StackedMap(FieldGraph graph, ReservoirSpec reservoir, Xoshiro256StarStar random)
    {
        _graph = graph;
        FieldMap?[] maps = [.. graph.Nodes.Select(node => node.Spec?.Create(graph.Nodes[node.Parent].Shape, reservoir.Seed))];
        _toReadout = new FieldProgram(graph, maps, featuresAreThere: false, Enumerable.Range(0, maps.Length).Where(graph.IsFeature));
        _toUnits = new FieldProgram(graph, maps, featuresAreThere: true, graph.ToUnits);
        _resampling = graph.UnitInputs == reservoir.Units ? null : Resampling.AreaMean(graph.UnitInputs, reservoir.Units);
        _bias = Uniform(random, reservoir.Units, reservoir.BiasScale);
        _gain = reservoir.InputScale;
    }

    int Channels => _graph.Nodes[0].Shape.Length;

    public override int Features => _graph.Features;

    public override void Map(DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> features)
    {
        Require.Length(frame.Length, Channels, nameof(frame));
        Require.Length(features.Length, Features, nameof(features));
        double[] scratch = ArrayPool<double>.Shared.Rent(_toReadout.Scratch);
        _toReadout.Run(frame, before, features, features, scratch);
        ArrayPool<double>.Shared.Return(scratch);
    }

    public override void Drive(ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive)
    {
        Require.Length(frame.Length, Channels, nameof(frame));
        Require.Length(drive.Length, _bias.Length, nameof(drive));
        double[] rented = ArrayPool<double>.Shared.Rent(_graph.UnitInputs + _toUnits.Scratch);
        Span<double> line = rented.AsSpan(0, _graph.UnitInputs), scratch = rented.AsSpan(line.Length);
        _toUnits.Run(frame, before, features, default, scratch);
        _toUnits.CopyValues(_graph.ToUnits, frame, features, scratch, line);
        if (_resampling is null) line.CopyTo(drive);
        else _resampling.Apply(line, drive);
        TensorPrimitives.FusedMultiplyAdd(drive, _gain, _bias, drive);
        ArrayPool<double>.Shared.Return(rented);
    }
}
