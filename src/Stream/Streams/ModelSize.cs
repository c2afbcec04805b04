namespace Esn.Streaming.Streams;

/// <summary>What a stream's model takes, told before it is made.</summary>
public static class ModelSize
{
    // As measured of the presets, rounded up: a process that takes less than it was told is better off than one that takes more.
    const double Windows = 70e3;      // of what does not grow with the channels
    const double PerChannel = 48e3, PerMetricChannel = 120e3;  // windows, histograms and tails of the scores
    const double Inverse = 1.35;      // P with its padding and the free runs' work space, of P alone
    const double Columns = 384;       // that wait beside P, bytes a regressor

    /// <summary>About so many bytes: P, W_out and the windows of the scores.</summary>
    /// <param name="model">Valid.</param>
    /// <param name="channels">Of the feed, ≥ 1.</param>
    public static long Bytes(ModelSpec model, int channels)
    {
        double regressors = model.Regressors(channels);
        double perChannel = model is MetricModelSpec ? PerMetricChannel : PerChannel;
        return (long)(Inverse * 8 * regressors * (regressors + 1) / 2 + (Columns + 8.0 * channels) * regressors + Windows + perChannel * channels);
    }
}
