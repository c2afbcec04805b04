using System.Collections.Concurrent;

namespace Esn;

/// <summary>Steps whose z's are known in advance, and the products taken of them at once.</summary>
/// <remarks>Pooled: a fleet needs as many as it has blocks in flight.</remarks>
sealed unsafe class Block
{
    /// <summary>Frames that are multiplied at once: no more than a period of <see cref="PackedInverse"/>.</summary>
    public const int Frames = 32;

    static readonly ConcurrentBag<Block> Free = [];

    readonly Workspace _workspace = new();
    Products[] _products = [];
    double* _states;  // [steps × padded]
    int _padded;

    /// <summary>The first step announced.</summary>
    public long First { get; private set; }

    /// <summary>The last step announced.</summary>
    public long Last { get; private set; }

    /// <summary>A free block with a copy of the states.</summary>
    /// <param name="states">[steps × regressors].</param>
    /// <param name="first">Step of the first of them.</param>
    /// <param name="regressors">D.</param>
    /// <param name="padded">D rounded up to blocks of 8.</param>
    /// <param name="widths">Length of a row of each kind of product that may be asked for.</param>
    public static Block Open(ReadOnlySpan<double> states, long first, int regressors, int padded, ReadOnlySpan<int> widths)
    {
        int steps = states.Length / regressors;
        Block block = Open(first, first + steps - 1, widths, (long)steps * padded);
        block._padded = padded;
        block._states = block._workspace.Take((long)steps * padded);
        for (int i = 0; i < steps; i++)
        {
            states.Slice(i * regressors, regressors).CopyTo(new Span<double>(block._states + (long)i * padded, regressors));
            new Span<double>(block._states + (long)i * padded + regressors, padded - regressors).Clear();
        }
        block.MakeRoom(widths);
        return block;
    }

    /// <summary>A free block for steps whose z's are kept elsewhere.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="last">The last.</param>
    /// <param name="widths">Length of a row of each kind of product that may be asked for.</param>
    public static Block Open(long first, long last, ReadOnlySpan<int> widths)
    {
        Block block = Open(first, last, widths, 0);
        block.MakeRoom(widths);
        return block;
    }

    static Block Open(long first, long last, ReadOnlySpan<int> widths, long states)
    {
        if (!Free.TryTake(out Block? block)) block = new Block();
        (block.First, block.Last) = (first, last);
        if (block._products.Length < widths.Length) block._products = new Products[widths.Length];
        foreach (int width in widths) states += (long)block.Rows * width;
        block._workspace.Reset(states);
        return block;
    }

    int Rows => (int)Math.Min(Last - First + 1, Frames);

    void MakeRoom(ReadOnlySpan<int> widths)
    {
        for (int kind = 0; kind < widths.Length; kind++)
            _products[kind] = new Products { Rows = _workspace.Take((long)Rows * widths[kind]), Width = widths[kind] };
    }

    /// <summary>Back to the others.</summary>
    public void Close() => Free.Add(this);

    /// <summary>z of an announced step, padded.</summary>
    public double* State(long step) => _states + (step - First) * _padded;

    /// <summary>A kind of products.</summary>
    public ref Products this[int kind] => ref _products[kind];

    /// <summary>Products of one kind, for consecutive steps.</summary>
    public unsafe struct Products
    {
        /// <summary>[<see cref="Frames"/>, or fewer where fewer were announced, × <see cref="Width"/>].</summary>
        public double* Rows;

        /// <summary>Doubles of a row.</summary>
        public int Width;

        /// <summary>Step of the first row.</summary>
        public long First;

        /// <summary>Rows that are valid.</summary>
        public int Count;

        /// <summary>The row of a step, or null.</summary>
        public readonly double* Find(long step) => step >= First && step < First + Count ? Rows + (step - First) * Width : null;
    }
}
