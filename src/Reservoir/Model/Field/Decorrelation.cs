namespace Esn;

/// <summary>
/// How late a field is to be learnt. Frames that are nearly the same as those just learnt show an error far below the model's own.
/// </summary>
static class Decorrelation
{
    /// <summary>Most frames that it is measured to be.</summary>
    public const int Most = 200;

    /// <summary>Twice the lag at which the autocorrelation of a field's cells falls below a half; 0 where that is one frame.</summary>
    /// <param name="frames">[count×channels], of mean 0.</param>
    /// <param name="channels">Of a frame.</param>
    public static int LateBy(ReadOnlySpan<double> frames, int channels)
    {
        int count = frames.Length / channels, most = Math.Min(Most, count / 2) / 2;
        double variance = Product(frames, frames) / count;
        int lag = 1;
        while (lag < most && Product(frames[(lag * channels)..], frames) / (count - lag) > .5 * variance) lag++;
        return lag == 1 ? 0 : 2 * lag;
    }

    static double Product(ReadOnlySpan<double> later, ReadOnlySpan<double> earlier) =>
        System.Numerics.Tensors.TensorPrimitives.Dot(later, earlier[..later.Length]);
}
