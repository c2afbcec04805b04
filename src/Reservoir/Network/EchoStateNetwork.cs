namespace Esn;

/// <summary>
/// From a frame to what the readout sees of it: z = [1; f; x], f the features of its input map, x the state of its
/// reservoir. The layout of z is known here alone.
/// </summary>
/// <remarks>Immutable: one network serves any number of streams, each with its own z, from any number of threads.</remarks>
sealed class EchoStateNetwork
{
    // A fleet of streams shares its weights; what no stream uses any more is let go.
    static readonly Dictionary<(ReservoirSpec, InputMapSpec, int), WeakReference<EchoStateNetwork>> Shared = new(SpecComparer.Instance);
    static int s_sweepAt = 64;

    readonly Reservoir _reservoir;

    /// <param name="reservoir">Validated here.</param>
    /// <param name="map">Validated here.</param>
    /// <param name="channels">Length of a frame, ≥ 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of a specification is out of its range.</exception>
    public EchoStateNetwork(ReservoirSpec reservoir, InputMapSpec map, int channels)
    {
        _reservoir = new Reservoir(reservoir, map, channels);
        (Channels, First) = (channels, 1 + _reservoir.Map.Features);
    }

    /// <summary>Length of a frame.</summary>
    public int Channels { get; }

    /// <summary>D, length of z.</summary>
    public int Regressors => First + _reservoir.Units;

    int First { get; }  // index of x in z

    /// <summary>D of such a network, without making it.</summary>
    public static int RegressorsOf(ReservoirSpec reservoir, InputMapSpec map, int channels) => 1 + map.Features(channels) + reservoir.Units;

    /// <summary>The one network of these specifications, made at the first call. It lives as long as somebody has it.</summary>
    public static EchoStateNetwork Of(ReservoirSpec reservoir, InputMapSpec map, int channels)
    {
        WeakReference<EchoStateNetwork>? entry;
        lock (Shared)
        {
            if (!Shared.TryGetValue((reservoir, map, channels), out entry))
            {
                if (Shared.Count >= s_sweepAt) Sweep();
                Shared[(reservoir, map, channels)] = entry = new WeakReference<EchoStateNetwork>(null!);
            }
        }
        // Others may make theirs at the same time; of equal specifications one does and the rest wait.
        lock (entry)
        {
            if (!entry.TryGetTarget(out EchoStateNetwork? network))
                entry.SetTarget(network = new EchoStateNetwork(reservoir, map, channels));
            return network;
        }
    }

    static void Sweep()
    {
        foreach (var pair in Shared.Where(pair => !pair.Value.TryGetTarget(out _)).ToList()) Shared.Remove(pair.Key);
        s_sweepAt = Math.Max(64, 2 * Shared.Count);
    }

    /// <summary>z(t) from z(t−1) and y(t).</summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="frame">y(t), [channels], scaled.</param>
    /// <param name="before">z(t−1), [D]; 0 before the first frame.</param>
    /// <param name="z">[D], overwritten; must not overlap <paramref name="before"/>.</param>
    public void Step(DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> z)
    {
        Require.Length(frame.Length, Channels, nameof(frame));
        Span<double> features = z[1..First];
        z[0] = 1;
        _reservoir.Map.Map(time, frame, before[1..First], features);
        _reservoir.Step(frame, before[1..First], features, before[First..], z[First..]);
    }

    /// <summary>The same for several runs side by side; each has the bits of the single step.</summary>
    /// <param name="time">Of the frames.</param>
    /// <param name="frames">y(t) of each run, [channels×runs].</param>
    /// <param name="before">z(t−1) of each run, [D×runs].</param>
    /// <param name="z">[D×runs], overwritten.</param>
    /// <param name="runs">≥ 1.</param>
    /// <param name="used">The first of them, 1 … runs; the others hold nothing.</param>
    public void Step(DateTime time, ReadOnlySpan<double> frames, ReadOnlySpan<double> before, Span<double> z, int runs, int used)
    {
        Require.Length(frames.Length, Channels * runs, nameof(frames));
        int first = First * runs;
        Span<double> features = z[runs..first];
        z[..runs].Fill(1);
        _reservoir.Map.Map(time, frames, before[runs..first], features, runs);
        _reservoir.Step(frames, before[runs..first], features, before[first..], z[first..], runs, used);
    }

    // Records compare their lists by reference; equal leak rates are equal networks.
    sealed class SpecComparer : IEqualityComparer<(ReservoirSpec Reservoir, InputMapSpec Map, int Channels)>
    {
        public static readonly SpecComparer Instance = new();
        static readonly IReadOnlyList<double> None = [];

        public bool Equals(
            (ReservoirSpec Reservoir, InputMapSpec Map, int Channels) one,
                (ReservoirSpec Reservoir, InputMapSpec Map, int Channels) other) =>
            one.Channels == other.Channels && one.Map.Equals(other.Map)
            && one.Reservoir.LeakRates.SequenceEqual(other.Reservoir.LeakRates)
            && (one.Reservoir with { LeakRates = None }).Equals(other.Reservoir with { LeakRates = None });

        public int GetHashCode((ReservoirSpec Reservoir, InputMapSpec Map, int Channels) key) =>
            HashCode.Combine((key.Reservoir with { LeakRates = None }).GetHashCode(), key.Map, key.Channels);
    }
}
