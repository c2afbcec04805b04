namespace Esn;

/// <summary>
/// The maps of a stack and what each is applied to. What several of them begin with is there once. Node 0 is the frame, its land 0.
/// </summary>
sealed class FieldGraph
{
    readonly List<Node> _nodes = [];
    readonly List<int> _offsets = [];  // of each node's values among the features; −1: not there

    /// <param name="Spec">What is applied; null: nothing, it is the frame.</param>
    /// <param name="Parent">To which node.</param>
    /// <param name="Shape">Of its values.</param>
    public readonly record struct Node(FieldMapSpec? Spec, int Parent, FieldShape Shape);

    /// <param name="spec">With valid constants.</param>
    /// <exception cref="ArgumentException">A map does not fit what it is applied to, or looks back at what is not in z.</exception>
    public FieldGraph(StackedMapSpec spec)
    {
        Insert(null, -1, FieldShape.Of(spec.Grid));
        if (spec.WithFrame) Store(0);
        int[] toReadout = [.. spec.ToReadout.Select(Add)];
        for (int i = 0; i < toReadout.Length; i++)
        {
            if (IsFeature(toReadout[i])) throw Wrong(nameof(spec.ToReadout), $"toReadout[{i}] is there twice: z needs it once");
            Store(toReadout[i]);
        }
        ToUnits = [.. spec.ToUnits.Select(Add)];
        long inputs = ToUnits.Sum(node => (long)_nodes[node].Shape.Length);
        Require.Range(inputs, 1, 10_000_000, "values that drive the units");
        UnitInputs = (int)inputs;
        for (int i = 0; i < toReadout.Length; i++) CheckPast(toReadout[i], nameof(spec.ToReadout), i);
        for (int i = 0; i < ToUnits.Count; i++) CheckPast(ToUnits[i], nameof(spec.ToUnits), i);
    }

    /// <summary>All nodes; each stands after the one that it is applied to.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>Nodes that drive the units, in the order of the specification.</summary>
    public IReadOnlyList<int> ToUnits { get; }

    /// <summary>Values of these nodes.</summary>
    public int UnitInputs { get; }

    /// <summary>K, values of the nodes that are features.</summary>
    public int Features { get; private set; }

    /// <summary>Whether a node's values are among the features.</summary>
    public bool IsFeature(int node) => _offsets[node] >= 0;

    /// <summary>Of a feature.</summary>
    public int Offset(int node) => _offsets[node];

    int Insert(FieldMapSpec? spec, int parent, FieldShape shape)
    {
        _nodes.Add(new Node(spec, parent, shape));
        _offsets.Add(-1);
        return _nodes.Count - 1;
    }

    int Add(FieldMapSpec map)
    {
        int node = 0;
        foreach (FieldMapSpec link in map.Chain)
        {
            int known = _nodes.FindIndex(other => other.Parent == node && link.Equals(other.Spec));
            node = known >= 0 ? known : Insert(link, node, link.Output(_nodes[node].Shape));
        }
        return node;
    }

    void Store(int node)
    {
        _offsets[node] = Features;
        long features = (long)Features + _nodes[node].Shape.Length;
        Require.Range(features, 1, 10_000_000, "features");
        Features = (int)features;
    }

    // A node at t−1 is in z of t−1, or follows from what is.
    bool IsKnownBefore(int node) =>
        IsFeature(node) || (_nodes[node].Spec is { NeedsInputBefore: false } && IsKnownBefore(_nodes[node].Parent));

    void CheckPast(int node, string list, int index)
    {
        for (; _nodes[node].Spec is { } spec; node = _nodes[node].Parent)
        {
            string name = $"{Key(list)}[{index}]: {Key(spec.GetType().Name[..^"Spec".Length])}";
            if (spec.NeedsInputBefore && !IsKnownBefore(_nodes[node].Parent))
                throw Wrong(list, $"{name} look back at what z does not hold: set withFrame, or put the maps before it into toReadout too");
            if (spec.NeedsOutputBefore && !IsFeature(node))
                throw Wrong(list, $"{name} of more than one step look back at themselves: put what ends with them into toReadout too");
        }
    }

    static string Key(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    static ArgumentException Wrong(string key, string message) => new(message, key);
}
