namespace Esn;

/// <summary>An echo state network and the readout that learns from it.</summary>
/// <param name="network">Shared with other streams.</param>
/// <param name="readout">Of the network's regressors.</param>
sealed class NetworkPredictor(EchoStateNetwork network, Readout readout) : Predictor
{
    [ThreadStatic] static double[]? s_rows;  // z of the announced frames [n×D]: scratch that streams share

    readonly double[] _last = new double[network.Regressors];  // z of the last announced frame
    int _at;  // of the next frame in the rows

    /// <summary>From frames to z.</summary>
    public EchoStateNetwork Network => network;

    /// <summary>From z to frames.</summary>
    public Readout Readout => readout;

    /// <summary>z of the frame that was settled last, [D]; until the next call.</summary>
    public ReadOnlySpan<double> State => s_rows.AsSpan((_at - 1) * network.Regressors, network.Regressors);

    /// <inheritdoc/>
    public override long Recoveries => readout.Recoveries;

    /// <inheritdoc/>
    public override long Refusals => readout.Refusals;

    /// <inheritdoc/>
    public override void Begin(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames)
    {
        int regressors = network.Regressors, channels = network.Channels;
        if (s_rows is null || s_rows.Length < times.Length * regressors) s_rows = new double[times.Length * regressors];
        ReadOnlySpan<double> before = _last;
        for (int t = 0; t < times.Length; t++)
        {
            Span<double> z = s_rows.AsSpan(t * regressors, regressors);
            network.Step(times[t], frames.Slice(t * channels, channels), before, z);
            before = z;
        }
        before.CopyTo(_last);
        _at = 0;
        readout.Begin(s_rows.AsSpan(0, times.Length * regressors), times.Length);
    }

    /// <inheritdoc/>
    public override void Settle(ReadOnlySpan<double> frame, Span<double> errors)
    {
        readout.Settle(frame, errors);
        _at++;
    }

    /// <inheritdoc/>
    public override void Learn() => readout.Learn();

    /// <inheritdoc/>
    public override void Skip() => readout.Skip();

    /// <inheritdoc/>
    public override void Predict() => readout.Push(State);

    /// <inheritdoc/>
    public override void CopyPrediction(Span<double> prediction) => readout.CopyPrediction(prediction);

    /// <inheritdoc/>
    public override void RunFree(DateTime time, TimeSpan interval, double limit, Span<double> forecast)
    {
        double[] z = [.. _last], before = new double[z.Length];
        for (int done = 0; done < forecast.Length; done += network.Channels)
        {
            time = FeedClock.Later(time, interval);
            Advance(time, z, before, forecast.Slice(done, network.Channels), limit);
        }
    }

    /// <summary>z ← the next z, with the clipped prediction in place of a frame.</summary>
    /// <param name="time">Of the frame that is predicted.</param>
    /// <param name="z">[D].</param>
    /// <param name="before">[D], scratch.</param>
    /// <param name="prediction">[channels], overwritten.</param>
    /// <param name="limit">Predictions are clipped at ± this.</param>
    public void Advance(DateTime time, Span<double> z, Span<double> before, Span<double> prediction, double limit)
    {
        Predict(z, prediction, limit);
        z.CopyTo(before);
        network.Step(time, prediction, before, z);
    }

    /// <summary>ŷ from z, clipped.</summary>
    public void Predict(ReadOnlySpan<double> z, Span<double> prediction, double limit)
    {
        readout.Predict(z, prediction);
        for (int c = 0; c < prediction.Length; c++) prediction[c] = Math.Clamp(prediction[c], -limit, limit);
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        state.Carry(_last);
        readout.Carry(ref state);
    }
}
