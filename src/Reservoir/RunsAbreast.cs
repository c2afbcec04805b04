namespace Esn;

/// <summary>
/// Free runs side by side, each with the readout of its launch: a step of all of them reads W once. A run's numbers do
/// not depend on the others.
/// </summary>
sealed unsafe class RunsAbreast
{
    readonly Reservoir _reservoir;
    readonly Readout _readout;
    readonly int _channels, _regressors;
    readonly int _lanes;               // runs, rounded up to whole vectors
    readonly double _limit;
    readonly AlignedBuffer _weights;   // W of each run [channels×D×lanes]
    readonly AlignedBuffer _inputs;    // ŷ of each run, limited [channels×lanes]
    readonly AlignedBuffer _states;    // two of z of each run [2×D×lanes]: this step's and the next's
    int _now;                          // which of them is this step's

    /// <param name="reservoir">Of the stream.</param>
    /// <param name="readout">Of the stream, with few outputs.</param>
    /// <param name="runs">≥ 1.</param>
    /// <param name="limit">Predictions are clipped at ± this.</param>
    public RunsAbreast(Reservoir reservoir, Readout readout, int runs, double limit)
    {
        (_reservoir, _readout, _limit) = (reservoir, readout, limit);
        (_channels, _regressors, _lanes) = (reservoir.Channels, readout.Regressors, (runs + 7) / 8 * 8);
        _weights = new AlignedBuffer((long)_channels * _regressors * _lanes);
        _inputs = new AlignedBuffer((long)_channels * _lanes);
        _states = new AlignedBuffer(2L * _regressors * _lanes);
        for (int half = 0; half < 2; half++) Rows(half, 0, 1).Fill(1);
    }

    /// <summary>Every run takes its prediction for the frame that came.</summary>
    public void Advance()
    {
        int first = 1 + _channels, units = _regressors - first;
        Span<double> inputs = _inputs.Slice(0, _channels * _lanes);
        _reservoir.Step(inputs, Rows(_now, first, units), Rows(1 - _now, first, units), _lanes);
        _now = 1 - _now;
        inputs.CopyTo(Rows(_now, 1, _channels));
        GC.KeepAlive(this);
    }

    /// <summary>A run begins at z, with the readout as it is.</summary>
    /// <param name="run">Takes the place of what was there.</param>
    /// <param name="regressor">z, [D].</param>
    public void Launch(int run, ReadOnlySpan<double> regressor)
    {
        Spread(regressor, Row(_now, 0) + run);
        for (int c = 0; c < _channels; c++) Spread(_readout.Row(c), _weights.Pointer + (long)c * _regressors * _lanes + run);
        GC.KeepAlive(this);
    }

    /// <summary>ŷ of every run from its z.</summary>
    public void Predict()
    {
        for (int c = 0; c < _channels; c++)
        {
            double* prediction = _inputs.Pointer + (long)c * _lanes;
            Kernel.Best.DotsAbreast(_weights.Pointer + (long)c * _regressors * _lanes, Row(_now, 0), _regressors, _lanes, prediction);
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

    double* Row(int half, int row) => _states.Pointer + ((long)half * _regressors + row) * _lanes;

    Span<double> Rows(int half, int first, int count) => new(Row(half, first), count * _lanes);

    void Spread(ReadOnlySpan<double> from, double* to)
    {
        for (int i = 0; i < from.Length; i++) to[(long)i * _lanes] = from[i];
    }
}
