using System.Runtime.InteropServices;

namespace Esn;

/// <summary>
/// Products of S and W' with z's: of one step; or, where the next steps' z's are known in advance, of as many of them at once
/// as find S and W' as they are now.
/// </summary>
/// <remarks>The bits of a product do not depend on how many are taken at once.</remarks>
/// <param name="inverse">S.</param>
/// <param name="weights">W'.</param>
/// <param name="states">z of the last steps.</param>
/// <param name="horizons">Of the weights.</param>
/// <param name="regressors">D.</param>
sealed unsafe class BlockProducts(PackedInverse inverse, ReadoutWeights weights, Ring states, int horizons, int regressors)
{
    // Kinds of products that a block takes in advance: S z for the gain, then for each horizon W'_h z for its three uses.
    const int ForGain = 0;

    /// <summary>What a product W'_h z is for; those of one use come step after step.</summary>
    public enum Use
    {
        /// <summary>The prediction from a new z.</summary>
        Prediction = 1,

        /// <summary>The error of what was predicted h steps ago.</summary>
        Error = 2,

        /// <summary>The error that is learnt from where a frame is learnt late: with W_out as it is by then.</summary>
        LateError = 3,
    }

    int _untilFold = inverse.Remaining;  // steps that are learnt until W' changes
    int _steady = inverse.Remaining;     // steps that predict until W' changes
    Block? _block;                       // of the steps that were announced
    Block? _turn;                        // of those that are learnt at once; null where each is by itself: then what was announced serves

    /// <summary>Whether a block was announced and has not come to its end.</summary>
    public bool IsOpen => _block is not null;

    /// <summary>Announces the z's of the next steps.</summary>
    /// <param name="ahead">[steps×D], copied.</param>
    /// <param name="first">Step of the first of them.</param>
    public void Begin(ReadOnlySpan<double> ahead, long first)
    {
        Span<int> widths = stackalloc int[Kinds];
        _block = Block.Open(ahead, first, regressors, inverse.Padded, Widths(widths));
    }

    /// <summary>Whether z may be that of this step: no block is open, or it was announced so.</summary>
    public bool Expects(ReadOnlySpan<double> z, long step) => _block is null || SameBits(z, _block.State(step));

    /// <summary>The z of this step was taken: the last that was announced ends the block.</summary>
    public void Taken(long step)
    {
        if (_block?.Last != step) return;
        _block.Close();
        _block = null;
    }

    /// <summary>What fell due at these steps is learnt next.</summary>
    public void BeginTurn(long first, long last)
    {
        Span<int> widths = stackalloc int[Kinds];
        _turn = Block.Open(first, last, Widths(widths));
    }

    /// <summary>All of it has been learnt or skipped.</summary>
    public void EndTurn()
    {
        _turn?.Close();
        _turn = null;
    }

    /// <summary>What fell due at one step has been learnt or skipped.</summary>
    public void Learnt() => _untilFold = inverse.Remaining;

    /// <summary>A step is over, but for its prediction.</summary>
    /// <param name="steady">Steps from this one on that W' stays as it is for.</param>
    public void EndStep(int steady) => _steady = steady;

    /// <summary>S began anew: products with what it was are not to be used.</summary>
    public void ForgetGains()
    {
        if ((_turn ?? _block) is { } block) block[ForGain].Count = 0;
    }

    /// <summary>S z.</summary>
    /// <param name="source">Step of z.</param>
    /// <param name="time">The step at which it is due.</param>
    /// <returns>[padded], to be overwritten; until this thread's workspace is used again, or the block or the turn ends.</returns>
    public double* OfInverse(long source, long time)
    {
        Workspace workspace = Workspace.OfThread;
        if ((_turn ?? _block) is not { } block)
        {
            workspace.Reset(inverse.Padded + inverse.Scratch(1));
            double* state = states[source], alone = workspace.Take(inverse.Padded);
            inverse.Multiply(&state, alone, 1, workspace.Take(inverse.Scratch(1)));
            return alone;
        }
        double* product = block[ForGain].Find(source);
        if (product is not null) return product;
        int frames = (int)Math.Min(block.Last - time + 1, inverse.Remaining);
        double** z = stackalloc double*[frames];
        product = Rows(block, source, time, z, frames, ForGain);
        workspace.Reset(inverse.Scratch(frames));
        inverse.Multiply(z, product, frames, workspace.Take(inverse.Scratch(frames)));
        return product;
    }

    /// <summary>W'_h z, without what waits.</summary>
    /// <param name="h">Index of the horizon.</param>
    /// <param name="source">Step of z.</param>
    /// <param name="use">What for.</param>
    /// <param name="time">The present step, or that at which what is learnt was due.</param>
    /// <returns>[padded outputs], to be overwritten; until this thread's workspace is used again, or the block or the turn ends.</returns>
    public double* OfWeights(int h, long source, Use use, long time)
    {
        bool late = use == Use.LateError;
        if ((late ? _turn ?? _block : _block) is not { } block || !weights.Deferred)
        {
            Workspace workspace = Workspace.OfThread;
            workspace.Reset(weights.PaddedOutputs);
            double* alone = workspace.Take(weights.PaddedOutputs);
            weights.Multiply(h, states[source], alone);
            return alone;
        }
        int kind = 3 * h + (int)use;
        double* product = block[kind].Find(source);
        if (product is not null) return product;
        int frames = (int)Math.Min(block.Last - time + 1, late ? _untilFold : _steady);
        double** z = stackalloc double*[frames];
        product = Rows(block, source, time, z, frames, kind);
        weights.Multiply(h, z, frames, product);
        return product;
    }

    // The z's of consecutive steps, and room for their products. What is learnt in a turn has come: it is none of those announced.
    double* Rows(Block block, long source, long time, double** z, int frames, int kind)
    {
        bool came = block == _turn;
        for (int f = 0; f < frames; f++) z[f] = came || source + f < time ? states[source + f] : block.State(source + f);
        ref Block.Products products = ref block[kind];
        (products.First, products.Count) = (source, frames);
        return products.Rows;
    }

    /// <summary>Whether these are the same numbers, bit by bit.</summary>
    public static bool SameBits(ReadOnlySpan<double> z, double* other) =>
        MemoryMarshal.AsBytes(z).SequenceEqual(new ReadOnlySpan<byte>(other, sizeof(double) * z.Length));

    int Kinds => weights.Deferred ? 1 + 3 * horizons : 1;

    // Of a product of each kind.
    Span<int> Widths(Span<int> widths)
    {
        widths.Fill(weights.PaddedOutputs);
        widths[ForGain] = inverse.Padded;
        return widths;
    }
}
