namespace Esn;

/// <summary>From a line of cells to a shorter or longer one: each new cell is a weighted mean of neighbouring old ones.</summary>
sealed class Resampling
{
    readonly int[] _first;       // old cell at which each new one begins [to]
    readonly int[] _start;       // of its weights [to+1]
    readonly double[] _weights;  // of the old cells from there on; their sum is 1

    Resampling(IEnumerable<(int First, double[] Weights)> cells)
    {
        (int First, double[] Weights)[] all = [.. cells];
        (_first, _weights) = ([.. all.Select(cell => cell.First)], [.. all.SelectMany(cell => cell.Weights)]);
        _start = new int[all.Length + 1];
        for (int cell = 0; cell < all.Length; cell++) _start[cell + 1] = _start[cell] + all[cell].Weights.Length;
    }

    /// <summary>New cells.</summary>
    public int Length => _first.Length;

    /// <summary>Old cell at which a new one begins.</summary>
    public int First(int cell) => _first[cell];

    /// <summary>Weights of the old cells from <see cref="First"/> on.</summary>
    public ReadOnlySpan<double> Weights(int cell) => _weights.AsSpan(_start[cell].._start[cell + 1]);

    /// <summary>
    /// A new cell is the mean of the old ones over its own extent, the line being as long as before. As many cells: no change.
    /// </summary>
    public static Resampling AreaMean(int from, int to) => new(Enumerable.Range(0, to).Select(cell =>
    {
        // In units in which an old cell is `to` long and a new one `from`: all numbers are whole.
        long begin = (long)cell * from, end = begin + from;
        int first = (int)(begin / to), last = (int)((end - 1) / to);
        return (first, Enumerable.Range(first, last - first + 1)
            .Select(old => (Math.Min(end, (old + 1L) * to) - Math.Max(begin, (long)old * to)) / (double)from).ToArray());
    }));

    /// <summary>A new cell is the line through the centres of the old ones, at its own centre.</summary>
    public static Resampling Bilinear(int from, int to) => new(Enumerable.Range(0, to).Select(cell =>
    {
        double at = Math.Clamp((cell + .5) * from / to - .5, 0, from - 1);
        int first = Math.Min((int)at, Math.Max(0, from - 2));
        return (first, at == first ? [1.0] : new[] { 1 - (at - first), at - first });
    }));

    /// <summary>A line resampled.</summary>
    /// <param name="from">[old cells].</param>
    /// <param name="to">[new cells], overwritten.</param>
    public void Apply(ReadOnlySpan<double> from, Span<double> to)
    {
        for (int cell = 0; cell < to.Length; cell++)
        {
            ReadOnlySpan<double> weights = Weights(cell), old = from.Slice(_first[cell], weights.Length);
            double sum = 0;
            for (int i = 0; i < weights.Length; i++) sum = Math.FusedMultiplyAdd(weights[i], old[i], sum);
            to[cell] = sum;
        }
    }
}
