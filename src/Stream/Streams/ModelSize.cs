namespace Esn.Streaming.Streams;

/// <summary>What a stream's model takes, told before it is made.</summary>
public static class ModelSize
{
    const double Windows = 70e3;        // of the scores of one channel, and what does not grow
    const double WindowsPerChannel = 8e3;
    const double Columns = 1.25;        // P and the columns that wait beside it, of P alone

    /// <summary>About so many bytes: P, W_out and the windows of the scores.</summary>
    /// <param name="model">Valid.</param>
    /// <param name="channels">Of the feed, ≥ 1.</param>
    public static long Bytes(ModelSpec model, int channels)
    {
        double regressors = model.Regressors(channels);
        return (long)(Columns * 8 * regressors * (regressors + 1) / 2 + 8 * regressors * channels + Windows + WindowsPerChannel * channels);
    }
}
