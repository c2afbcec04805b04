namespace Esn;

/// <summary>What is to be computed of a graph of maps, in order, and where the values lie.</summary>
sealed class FieldProgram
{
    readonly FieldGraph _graph;
    readonly FieldMap?[] _maps;
    readonly bool _featuresAreThere;
    readonly List<Operation> _operations = [];
    readonly Dictionary<int, Place> _now = [], _before = [];  // of the values of nodes at t and t−1

    enum Space
    {
        Nowhere,
        Frame,
        Features,
        Before,
        Scratch,
    }

    readonly record struct Place(Space Space, int Offset, int Length);

    // Map null: the frame with its land 0.
    readonly record struct Operation(FieldMap? Map, Place Now, Place Before, Place Mapped, Place Result);

    /// <param name="graph">The maps.</param>
    /// <param name="maps">One for each node of the graph; null for the frame.</param>
    /// <param name="featuresAreThere">Whether features are read, else they are written.</param>
    /// <param name="nodes">What is wanted.</param>
    public FieldProgram(FieldGraph graph, FieldMap?[] maps, bool featuresAreThere, IEnumerable<int> nodes)
    {
        (_graph, _maps, _featuresAreThere) = (graph, maps, featuresAreThere);
        foreach (int node in nodes) Now(node);
        Values = Scratch;
        Scratch += maps.Max(map => map?.Scratch ?? 0);
    }

    int Values { get; }  // part of the scratch that holds values of nodes

    /// <summary>Doubles of scratch that it takes.</summary>
    public int Scratch { get; private set; }

    Place Reserve(int node)
    {
        int length = _graph.Nodes[node].Shape.Length, offset = Scratch;
        Scratch = checked(Scratch + length);
        return new Place(Space.Scratch, offset, length);
    }

    Place Feature(int node, Space space) => new(space, _graph.Offset(node), _graph.Nodes[node].Shape.Length);

    Place Now(int node)
    {
        if (_now.TryGetValue(node, out Place place)) return place;
        (FieldMapSpec? spec, int parent, FieldShape shape) = _graph.Nodes[node];
        bool feature = _graph.IsFeature(node);
        if (feature && _featuresAreThere) return _now[node] = Feature(node, Space.Features);
        if (spec is null && !feature && shape.LandCells.Length == 0) return _now[node] = new Place(Space.Frame, 0, shape.Length);

        Place now = spec is null ? new Place(Space.Frame, 0, shape.Length) : Now(parent);
        Place before = spec is { NeedsInputBefore: true } ? Before(parent) : default;
        Place mapped = spec is { NeedsOutputBefore: true } ? Before(node) : default;
        place = feature ? Feature(node, Space.Features) : Reserve(node);
        _operations.Add(new Operation(_maps[node], now, before, mapped, place));
        return _now[node] = place;
    }

    Place Before(int node)
    {
        if (_before.TryGetValue(node, out Place place)) return place;
        if (_graph.IsFeature(node)) return _before[node] = Feature(node, Space.Before);
        Place now = Before(_graph.Nodes[node].Parent);
        place = Reserve(node);
        _operations.Add(new Operation(_maps[node], now, default, default, place));
        return _before[node] = place;
    }

    /// <summary>Computes.</summary>
    /// <param name="frame">y(t), [channels].</param>
    /// <param name="before">f(t−1), [K].</param>
    /// <param name="features">f(t), [K]; read.</param>
    /// <param name="written">The same where features are written, else empty.</param>
    /// <param name="scratch">Of at least <see cref="Scratch"/> elements, not cleared.</param>
    public void Run(
        ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> written, Span<double> scratch)
    {
        foreach ((FieldMap? map, Place now, Place past, Place mapped, Place to) in _operations)
        {
            Span<double> result = to.Space == Space.Features ? written.Slice(to.Offset, to.Length) : scratch.Slice(to.Offset, to.Length);
            ReadOnlySpan<double> input = Read(now, frame, before, features, scratch);
            if (map is not null)
            {
                ReadOnlySpan<double> inputBefore = Read(past, frame, before, features, scratch);
                map.Map(input, inputBefore, Read(mapped, frame, before, features, scratch), result, scratch[Values..]);
                continue;
            }
            input.CopyTo(result);
            _graph.Nodes[0].Shape.ClearLand(result);
        }
    }

    /// <summary>The values of nodes, one after the other.</summary>
    /// <param name="nodes">That were wanted.</param>
    /// <param name="frame">As in <see cref="Run"/>.</param>
    /// <param name="features">As in <see cref="Run"/>.</param>
    /// <param name="scratch">As <see cref="Run"/> left it.</param>
    /// <param name="values">Overwritten.</param>
    public void CopyValues(
        IReadOnlyList<int> nodes, ReadOnlySpan<double> frame, ReadOnlySpan<double> features, ReadOnlySpan<double> scratch,
            Span<double> values)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            ReadOnlySpan<double> node = Read(_now[nodes[i]], frame, default, features, scratch);
            node.CopyTo(values);
            values = values[node.Length..];
        }
    }

    static ReadOnlySpan<double> Read(
        Place place, ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features,
            ReadOnlySpan<double> scratch) =>
        place.Space switch
        {
            Space.Frame => frame.Slice(place.Offset, place.Length),
            Space.Features => features.Slice(place.Offset, place.Length),
            Space.Before => before.Slice(place.Offset, place.Length),
            Space.Scratch => scratch.Slice(place.Offset, place.Length),
            _ => default,
        };
}
