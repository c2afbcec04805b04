namespace Esn;

/// <summary>
/// Free runs side by side, each with the readout of its launch: a step of all of them reads W once. A run's numbers do
/// not depend on the others.
/// </summary>
sealed unsafe class RunsSideBySide
{
    readonly EchoStateNetwork _network;
    readonly Readout _readout;
    readonly int _channels, _regressors;
    readonly int _runs, _lanes;        // and rounded up to whole vectors
    readonly double _limit;
    readonly AlignedBuffer _weights;   // W of each run [channels×D×lanes]
    readonly AlignedBuffer _inputs;    // ŷ of each run, limited [channels×lanes]
    readonly AlignedBuffer _states;    // z of each run [D×lanes]

    /// <param name="network">Of the stream.</param>
    /// <param name="readout">Of the stream, with few outputs.</param>
    /// <param name="runs">≥ 1.</param>
    /// <param name="limit">Predictions are clipped at ± this.</param>
    public RunsSideBySide(EchoStateNetwork network, Readout readout, int runs, double limit)
    {
        (_network, _readout, _limit) = (network, readout, limit);
        (_channels, _regressors) = (network.Channels, readout.Regressors);
        (_runs, _lanes) = (runs, (runs + 7) / 8 * 8);
        _weights = new AlignedBuffer((long)_channels * _regressors * _lanes);
        _inputs = new AlignedBuffer((long)_channels * _lanes);
        _states = new AlignedBuffer((long)_regressors * _lanes);
    }

    /// <summary>Every run takes its prediction for the frame that came.</summary>
    /// <param name="time">Of that frame.</param>
    public void Advance(DateTime time)
    {
        Span<double> inputs = _inputs.Slice(0, _channels * _lanes), states = _states.Slice(0, _regressors * _lanes);
        // A second copy of the states for every stream would cost more than copying does.
        Workspace workspace = Workspace.OfThread;
        workspace.Reset(states.Length);
        var before = new Span<double>(workspace.Take(states.Length), states.Length);
        states.CopyTo(before);
        _network.Step(time, inputs, before, states, _lanes, _runs);
        GC.KeepAlive(this);
    }

    /// <summary>A run begins at z, with the readout as it is.</summary>
    /// <param name="run">Takes the place of what was there.</param>
    /// <param name="regressor">z, [D].</param>
    public void Launch(int run, ReadOnlySpan<double> regressor)
    {
        Scatter(regressor, _states.Pointer + run);
        for (int c = 0; c < _channels; c++) Scatter(_readout.Row(c), _weights.Pointer + (long)c * _regressors * _lanes + run);
        GC.KeepAlive(this);
    }

    /// <summary>ŷ of every run from its z.</summary>
    public void Predict()
    {
        for (int c = 0; c < _channels; c++)
        {
            double* prediction = _inputs.Pointer + (long)c * _lanes;
            Kernel.Best.DotsSideBySide(_weights.Pointer + (long)c * _regressors * _lanes, _states.Pointer, _regressors, _lanes, prediction);
            for (int run = 0; run < _lanes; run++)
                prediction[run] = double.IsNaN(prediction[run]) ? _limit : Math.Clamp(prediction[run], -_limit, _limit);
        }
        GC.KeepAlive(this);
    }

    /// <summary>ŷ of one run, [channels].</summary>
    public void CopyPrediction(int run, Span<double> prediction)
    {
        for (int c = 0; c < prediction.Length; c++) prediction[c] = _inputs.Pointer[(long)c * _lanes + run];
        GC.KeepAlive(this);
    }

    void Scatter(ReadOnlySpan<double> from, double* to)
    {
        for (int i = 0; i < from.Length; i++) to[(long)i * _lanes] = from[i];
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_weights);
        state.Carry(_inputs);
        state.Carry(_states);
        GC.KeepAlive(this);
    }
}
