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

    readonly int[] _widths = Widths(inverse, weights, horizons);  // of a product of each kind
    int _untilFold = inverse.Period;  // steps that W' stays as it is
    Block? _block;                    // of the steps that were announced

    /// <summary>Whether a block was announced and has not come to its end.</summary>
    public bool IsOpen => _block is not null;

    /// <summary>Announces the z's of the next steps.</summary>
    /// <param name="ahead">[steps×D], copied.</param>
    /// <param name="first">Step of the first of them.</param>
    public void Begin(ReadOnlySpan<double> ahead, long first) =>
        _block = Block.Open(ahead, first, regressors, inverse.Padded, _widths);

    /// <summary>Whether z may be that of this step: no block is open, or it was announced so.</summary>
    public bool Expects(ReadOnlySpan<double> z, long step) => _block is null || SameBits(z, _block.State(step));

    /// <summary>The z of this step was taken: the last that was announced ends the block.</summary>
    public void Taken(long step)
    {
        if (_block?.Last != step) return;
        _block.Close();
        _block = null;
    }

    /// <summary>The step has been learnt or skipped.</summary>
    public void EndStep() => _untilFold = inverse.Remaining;

    /// <summary>S began anew: products with what it was are not to be used.</summary>
    public void ForgetGains()
    {
        if (_block is not null) _block[ForGain].Count = 0;
    }

    /// <summary>S z.</summary>
    /// <param name="source">Step of z.</param>
    /// <param name="time">The present step.</param>
    /// <returns>[padded], to be overwritten; until this thread's workspace is used again, or the block ends.</returns>
    public double* OfInverse(long source, long time)
    {
        Workspace workspace = Workspace.OfThread;
        if (_block is null)
        {
            workspace.Reset(inverse.Padded + inverse.Scratch(1));
            double* state = states[source], alone = workspace.Take(inverse.Padded);
            inverse.Multiply(&state, alone, 1, workspace.Take(inverse.Scratch(1)));
            return alone;
        }
        double* product = _block[ForGain].Find(source);
        if (product is not null) return product;
        int frames = (int)Math.Min(_block.Last - time + 1, inverse.Remaining);
        double** z = stackalloc double*[frames];
        product = Announced(source, time, z, frames, ForGain);
        Workspace scratch = Workspace.OfThread;
        scratch.Reset(inverse.Scratch(frames));
        inverse.Multiply(z, product, frames, scratch.Take(inverse.Scratch(frames)));
        return product;
    }

    /// <summary>W'_h z, without what waits.</summary>
    /// <param name="h">Index of the horizon.</param>
    /// <param name="source">Step of z.</param>
    /// <param name="use">What for.</param>
    /// <param name="time">The present step.</param>
    /// <returns>[padded outputs], to be overwritten; until this thread's workspace is used again, or the block ends.</returns>
    public double* OfWeights(int h, long source, Use use, long time)
    {
        if (_block is null || !weights.Deferred)
        {
            Workspace workspace = Workspace.OfThread;
            workspace.Reset(weights.PaddedOutputs);
            double* alone = workspace.Take(weights.PaddedOutputs);
            weights.Multiply(h, states[source], alone);
            return alone;
        }
        int kind = 3 * h + (int)use;
        double* product = _block[kind].Find(source);
        if (product is not null) return product;
        int frames = (int)Math.Min(_block.Last - time + 1, _untilFold);
        double** z = stackalloc double*[frames];
        product = Announced(source, time, z, frames, kind);
        weights.Multiply(h, z, frames, product);
        return product;
    }

    // The z's of consecutive steps, and room for their products.
    double* Announced(long source, long time, double** z, int frames, int kind)
    {
        for (int f = 0; f < frames; f++) z[f] = source + f < time ? states[source + f] : _block!.State(source + f);
        ref Block.Products products = ref _block![kind];
        (products.First, products.Count) = (source, frames);
        return products.Rows;
    }

    /// <summary>Whether these are the same numbers, bit by bit.</summary>
    public static bool SameBits(ReadOnlySpan<double> z, double* other) =>
        MemoryMarshal.AsBytes(z).SequenceEqual(new ReadOnlySpan<byte>(other, sizeof(double) * z.Length));

    static int[] Widths(PackedInverse inverse, ReadoutWeights weights, int horizons)
    {
        var widths = new int[weights.Deferred ? 1 + 3 * horizons : 1];
        Array.Fill(widths, weights.PaddedOutputs);
        widths[ForGain] = inverse.Padded;
        return widths;
    }
}
