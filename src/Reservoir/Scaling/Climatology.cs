using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// A field's usual state in each month of the year, or hour of the day: the running mean of the frames that came in it. What is
/// asked for knows the frames before alone.
/// </summary>
/// <param name="season">Not none.</param>
/// <param name="channels">Of a frame.</param>
/// <param name="memory">Frames of a month, or hour, that the mean is taken over, about; 0: all of them.</param>
sealed class Climatology(FieldSeason season, int channels, int memory)
{
    readonly double[] _means = new double[PartsOf(season) * channels];  // [parts×channels], units of the feed
    readonly long[] _frames = new long[PartsOf(season)];                // that each is the mean of

    /// <summary>Means that such a climatology has.</summary>
    public static int PartsOf(FieldSeason season) => season switch { FieldSeason.Month => 12, FieldSeason.Hour => 24, _ => 0 };

    int PartOf(DateTime time) => season == FieldSeason.Month ? time.Month - 1 : time.Hour;

    /// <summary>The mean of a time's month or hour, [channels].</summary>
    /// <param name="time">UTC.</param>
    /// <param name="otherwise">Where no frame of it has come yet.</param>
    public ReadOnlySpan<double> Of(DateTime time, ReadOnlySpan<double> otherwise)
    {
        int part = PartOf(time);
        return _frames[part] == 0 ? otherwise : _means.AsSpan(part * channels, channels);
    }

    /// <summary>Takes a frame into its mean.</summary>
    /// <param name="time">UTC.</param>
    /// <param name="frame">[channels], units of the feed, finite.</param>
    public void Learn(DateTime time, ReadOnlySpan<double> frame)
    {
        int part = PartOf(time);
        long frames = ++_frames[part];
        double gain = 1.0 / (memory > 0 ? Math.Min(frames, memory) : frames);
        Span<double> mean = _means.AsSpan(part * channels, channels);
        // As two terms: the difference of values near ±1.8e308 would overflow.
        TensorPrimitives.Multiply(mean, 1 - gain, mean);
        TensorPrimitives.MultiplyAdd(frame, gain, mean, mean);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_means);
        state.Carry(_frames);
    }
}
