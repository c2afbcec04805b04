using MathNet.Numerics.Random;

namespace Esn;

/// <summary>
/// The frame drives the units, unless the first frames of a feed show a rhythm on a base line that wanders: then that drives them which
/// a channel does beside its base line, as with <see cref="HighPassSpec"/>, from the first frame on.
/// </summary>
/// <remarks>
/// The same frames show which channels tell of each other. Where they do not all do so, each group of those that do drives units of its
/// own, what neither tells of others nor is foretold by more than its last value drives none, and each channel is judged by itself.
/// Chosen once in the life of a model, in its warm-up. Without a rhythm the level may be what tells where in its course a feed is, and
/// on a level that keeps to its place the units do better with it.
/// </remarks>
public sealed record ByBaseLineSpec : InputMapSpec
{
    /// <summary>
    /// Frames that choose, from four of the longest period to 20,000; in a model that warms up in fewer the frame drives the units.
    /// </summary>
    public int Frames { get; init; } = 1000;

    /// <summary>
    /// Longest period of a rhythm, in steps, 4 … 5000. The base line is the mean over as many steps around each: what is left of it by a
    /// rhythm that fits in is next to nothing.
    /// </summary>
    public int Longest { get; init; } = 250;

    /// <summary>
    /// Part of the variance that a base line which wanders holds at the least, (0, 1). With a tenth it is a third as wide as what rides on
    /// it.
    /// </summary>
    public double Share { get; init; } = .1;

    /// <summary>
    /// Part of the variance of what is left that comes again after a period, and after two, from which there is a rhythm, (0, 1). Narrow
    /// beats whose intervals vary by 3 % have little more than that.
    /// </summary>
    public double Periodic { get; init; } = .4;

    /// <summary>Of the map on a base line that wanders, as <see cref="HighPassSpec.Memory"/>, in steps, [1, 1e6].</summary>
    public double Memory { get; init; } = 50;

    /// <summary>Of that map, as <see cref="HighPassSpec.Gain"/>, (0, 1e6].</summary>
    public double Gain { get; init; } = 2;

    /// <inheritdoc/>
    public override void Validate()
    {
        Require.Range(Longest, 4, 5000);
        Require.Range(Frames, 4 * Longest, 20_000);
        Require.Above(Share, 0, 1);
        Require.Above(Periodic, 0, 1);
        Require.Range(Memory, 1, 1e6);
        Require.Above(Gain, 0, 1e6);
    }

    internal override InputMapSpec Chosen(bool wanders) =>
        wanders ? new HighPassSpec { Memory = Memory, Gain = Gain } : new RandomWeightsSpec();

    // Until it is chosen, and where it stays so.
    internal override int Features(int channels) => Chosen(wanders: false).Features(channels);

    internal override InputMap Create(ReservoirSpec reservoir, int channels, Xoshiro256StarStar random) =>
        Chosen(wanders: false).Create(reservoir, channels, random);
}
