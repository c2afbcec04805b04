using System.Buffers;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>How a frame reaches the reservoir and the readout: a member of the family of input maps.</summary>
public abstract record InputMapSpec
{
    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public abstract void Validate();

    /// <summary>K, length of the features that a frame of so many channels has.</summary>
    internal abstract int Features(int channels);

    /// <summary>What it comes to on a feed of which it is known whether a rhythm rides on a base line that wanders.</summary>
    internal virtual InputMapSpec Chosen(bool wanders) => this;

    /// <summary>The same for frames of this geometry.</summary>
    internal virtual InputMapSpec ForGrid(GridSpec grid) => this;

    /// <summary>The map of a reservoir.</summary>
    /// <param name="reservoir">Valid.</param>
    /// <param name="channels">Length of a frame, ≥ 1.</param>
    /// <param name="random">All random weights are drawn from it.</param>
    internal abstract InputMap Create(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random);
}

/// <summary>
/// From a scaled frame to its features, which the readout sees, and from these to what drives the units. Features may hold
/// what came before: they are made of the frame and of the features before it, so that a free run needs no memory of its own.
/// </summary>
/// <remarks>Immutable: one map serves any number of streams, from any number of threads.</remarks>
abstract class InputMap
{
    /// <summary>K, length of the features.</summary>
    public abstract int Features { get; }

    /// <summary>The features of a frame.</summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="frame">y(t), [channels], scaled.</param>
    /// <param name="before">Features of the frame before, [K]; 0 at the first.</param>
    /// <param name="features">[K], overwritten; must not overlap <paramref name="before"/>.</param>
    public abstract void Map(DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> before, Span<double> features);

    /// <summary>What drives the units, such as W_in f + b.</summary>
    /// <param name="frame">y(t), [channels], scaled: what drives the units need not be in z.</param>
    /// <param name="before">Features of the frame before, [K]; 0 at the first.</param>
    /// <param name="features">f, [K], as mapped from these.</param>
    /// <param name="drive">[N], overwritten.</param>
    public abstract void Drive(ReadOnlySpan<double> frame, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive);

    /// <summary>The features of several runs side by side: each has the bits of the single one.</summary>
    /// <param name="time">Of all of them.</param>
    /// <param name="frames">[channels×runs].</param>
    /// <param name="before">[K×runs].</param>
    /// <param name="features">[K×runs], overwritten.</param>
    /// <param name="runs">≥ 1.</param>
    public virtual void Map(DateTime time, ReadOnlySpan<double> frames, ReadOnlySpan<double> before, Span<double> features, int runs)
    {
        int channels = frames.Length / runs;
        // A field has more values than a stack may hold.
        double[] rented = ArrayPool<double>.Shared.Rent(channels + 2 * Features);
        Span<double> frame = rented.AsSpan(0, channels), last = rented.AsSpan(channels, Features);
        Span<double> next = rented.AsSpan(channels + Features, Features);
        for (int run = 0; run < runs; run++)
        {
            Gather(frames, run, runs, frame);
            Gather(before, run, runs, last);
            Map(time, frame, last, next);
            for (int i = 0; i < next.Length; i++) features[i * runs + run] = next[i];
        }
        ArrayPool<double>.Shared.Return(rented);
    }

    /// <summary>What drives the units of several runs side by side: each has the bits of the single one.</summary>
    /// <param name="frames">[channels×runs].</param>
    /// <param name="before">[K×runs].</param>
    /// <param name="features">[K×runs].</param>
    /// <param name="drive">[N×runs], overwritten.</param>
    /// <param name="runs">≥ 1.</param>
    public virtual void Drive(
        ReadOnlySpan<double> frames, ReadOnlySpan<double> before, ReadOnlySpan<double> features, Span<double> drive, int runs)
    {
        int channels = frames.Length / runs, units = drive.Length / runs;
        double[] rented = ArrayPool<double>.Shared.Rent(channels + 2 * Features + units);
        Span<double> frame = rented.AsSpan(0, channels), last = rented.AsSpan(channels, Features);
        Span<double> own = rented.AsSpan(channels + Features, Features), driven = rented.AsSpan(channels + 2 * Features, units);
        for (int run = 0; run < runs; run++)
        {
            Gather(frames, run, runs, frame);
            Gather(before, run, runs, last);
            Gather(features, run, runs, own);
            Drive(frame, last, own, driven);
            for (int i = 0; i < driven.Length; i++) drive[i * runs + run] = driven[i];
        }
        ArrayPool<double>.Shared.Return(rented);
    }

    static void Gather(ReadOnlySpan<double> sideBySide, int run, int runs, Span<double> one)
    {
        for (int i = 0; i < one.Length; i++) one[i] = sideBySide[i * runs + run];
    }

    /// <summary>W_in, uniform in ± the input scale; 0 where the unit is one of other channels, [N×channels].</summary>
    protected static double[] InputWeights(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random)
    {
        double[] weights = Uniform(random, reservoir.Units * channels, reservoir.InputScale);
        for (int i = 0; reservoir.Groups is { } groups && i < weights.Length; i++)
            if (!groups.Drives(i % channels, i / channels, reservoir.Units)) weights[i] = 0;
        return weights;
    }

    /// <summary>Weights uniform in ± a scale.</summary>
    protected static double[] Uniform(Xoshiro256StarStar random, int length, double scale)
    {
        var values = new double[length];
        for (int i = 0; i < length; i++) values[i] = scale * (2 * random.NextDouble() - 1);
        return values;
    }
}
