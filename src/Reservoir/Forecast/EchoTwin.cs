namespace Esn;

/// <summary>
/// A second state of a reservoir that takes the same frames, though it began at rest: how much of what is expected is an echo of what
/// came before.
/// </summary>
/// <param name="predictor">Of the stream.</param>
sealed class EchoTwin(NetworkPredictor predictor)
{
    const int Block = 20;      // frames by which the echo is compared with the errors
    const double Faded = .02;  // part of the mean squared error that it may still be: on a tenth, two that both remember agree by chance

    [ThreadStatic] static double[]? s_before;  // scratch that streams share

    readonly double[] _z = new double[predictor.Network.Regressors];  // of its last frame
    readonly double[] _expected = new double[predictor.Network.Channels];  // of the next frame
    double _echo, _error;      // sums of squares of the block so far
    int _count;                // frames of it

    /// <summary>Bytes of one.</summary>
    public static long EstimatedBytes(int regressors, int channels) => sizeof(double) * (regressors + (long)channels);

    /// <summary>It comes to rest.</summary>
    public void Begin()
    {
        _z.AsSpan().Clear();
        (_echo, _error, _count) = (0, 0, 0);
    }

    /// <summary>Takes a frame.</summary>
    /// <param name="time">Of it.</param>
    /// <param name="frame">y(t), [channels], scaled.</param>
    public void Take(DateTime time, ReadOnlySpan<double> frame)
    {
        if (s_before is null || s_before.Length < _z.Length) s_before = new double[_z.Length];
        Span<double> before = s_before.AsSpan(0, _z.Length);
        _z.CopyTo(before);
        predictor.Network.Step(time, frame, before, _z);
        predictor.Readout.Predict(_z, _expected);
    }

    /// <summary>The same, and whether what both expected has been the same of late, but for little of what the errors were.</summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="frame">y(t), [channels], scaled; the forecast where the channel has no value.</param>
    /// <param name="prediction">ŷ(t|t−1) of the other, [channels].</param>
    /// <param name="errors">Of the other, [channels]; 0 where the channel has no value.</param>
    public bool Agrees(DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> prediction, ReadOnlySpan<double> errors)
    {
        // One by one: how wide the machine's vectors are must not decide when it has faded.
        for (int c = 0; c < _expected.Length; c++)
        {
            double apart = prediction[c] - _expected[c];
            _echo += apart * apart;
            _error += errors[c] * errors[c];
        }
        Take(time, frame);
        if (++_count < Block) return false;
        bool faded = _echo <= Faded * _error;
        (_echo, _error, _count) = (0, 0, 0);
        return faded;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_z);
        state.Carry(_expected);
        state.Carry(ref _echo);
        state.Carry(ref _error);
        state.Carry(ref _count, 0, Block - 1);
    }
}
