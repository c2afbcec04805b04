using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// Forecasts of several steps: the model runs on its own predictions in place of the feed, launched every few steps with
/// the readout of that step. Also the one forecast that goes on while an alarm is open.
/// </summary>
/// <remarks>
/// With few channels a run keeps a copy of the readout and takes one step a frame, all runs together. With many, whose
/// readout is too large to copy, the whole run is made at its launch.
/// </remarks>
sealed class FreeRuns : MultiStepForecast
{
    readonly FreeRunSpec _spec;
    readonly NetworkPredictor _predictor;
    FeedRange _range;
    readonly int _channels, _longest, _slots;
    readonly int[] _lengths;          // T of each score, ascending
    readonly double[][] _finished;    // mean squared error of the last run of each length; NaN: it tells nothing [lengths][channels]
    readonly bool[] _any;             // whether there is one
    readonly RunsSideBySide? _sideBySide;   // null: runs are made at their launch
    readonly int _ahead;              // predictions that a slot keeps
    readonly double[] _predictions;   // [slots×ahead×channels]
    readonly double[] _sums;          // squared errors so far [slots×channels]
    readonly long[] _launched;        // step of each slot's launch; −1: none
    readonly bool[] _astray;          // whether its run has left the range of the feed [slots]
    readonly double[] _regressor, _before;  // scratch [D]: z of a run made at its launch, z before a step
    readonly float[] _seeds;          // z of the last launches, a ring [kept×D]: only what an alarm shows begins there
    readonly long[] _seedSteps;
    readonly DateTime[] _seedTimes;
    readonly double[] _forecast;      // of the alarm that is open, a ring over steps [points×channels]
    readonly double[] _forecastState; // z from which it goes on [D]
    DateTime _forecastTime;           // of the step before the one it comes to next
    long _launches;
    long _newest = -1;                // step of the last launch
    long _forecastFirst, _forecastNext = -1;  // its first step, and the step it comes to next

    /// <param name="spec">Valid.</param>
    /// <param name="predictor">Of the stream, with horizon 1.</param>
    /// <param name="lengths">T of the scores that want them.</param>
    public FreeRuns(FreeRunSpec spec, NetworkPredictor predictor, IEnumerable<int> lengths)
    {
        (_spec, _predictor, _channels) = (spec, predictor, predictor.Network.Channels);
        _lengths = [.. lengths.Distinct().Order()];
        _range = new FeedRange(_channels);
        _longest = _lengths[^1];
        _slots = (_longest + spec.Every - 1) / spec.Every;
        _finished = [.. _lengths.Select(_ => new double[_channels])];
        _any = new bool[_lengths.Length];
        if (predictor.Readout.UpdatesAtOnce) _sideBySide = new RunsSideBySide(predictor.Network, predictor.Readout, _slots, spec.Limit);
        _ahead = _sideBySide is null ? _longest : 1;
        _predictions = new double[_slots * _ahead * _channels];
        _sums = new double[_slots * _channels];
        (_launched, _astray) = (new long[_slots], new bool[_slots]);
        _launched.AsSpan().Fill(-1);
        int regressors = predictor.Network.Regressors;
        (_regressor, _before, _forecastState) =
            (new double[_sideBySide is null ? regressors : 0], new double[regressors], new double[regressors]);
        _seeds = new float[spec.Kept * regressors];
        (_seedSteps, _seedTimes) = (new long[spec.Kept], new DateTime[spec.Kept]);
        _forecast = new double[(spec.Kept * spec.Every + spec.Ahead) * _channels];
    }

    int Points => _forecast.Length / _channels;

    /// <summary>Where a length stands among the scores'.</summary>
    public int IndexOf(int length) => Array.IndexOf(_lengths, length);

    /// <summary>Mean squared error of the last finished run of this length.</summary>
    /// <param name="length">Index.</param>
    /// <param name="squares">[channels], overwritten if there is one.</param>
    /// <returns>Whether there is one; all NaN: it tells nothing.</returns>
    public bool Finished(int length, Span<double> squares)
    {
        if (_any[length]) _finished[length].CopyTo(squares);
        return _any[length];
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Of a run that leaves the range of the feed, while the feed keeps to it, it is known without a look at the feed that it is wrong.
    /// </remarks>
    public override void Settle(long step, ReadOnlySpan<double> frame)
    {
        _range.Take(step, frame);
        for (int slot = 0; slot < _slots; slot++)
        {
            int age = (int)Math.Min(step - _launched[slot], int.MaxValue);
            if (_launched[slot] < 0 || age > _longest) continue;
            Span<double> sums = _sums.AsSpan(slot * _channels, _channels);
            ReadOnlySpan<double> predicted = Prediction(slot, age - 1);
            for (int c = 0; c < sums.Length; c++) sums[c] += Square(frame[c] - predicted[c]);
            _astray[slot] |= _range.IsAstray(predicted);
            int length = Array.IndexOf(_lengths, age);
            if (length < 0) continue;
            // A feed that was out of its range shortly before the launch may have led the run there.
            bool tells = !_astray[slot] || !_range.KeptSince(_launched[slot] - _longest);
            for (int c = 0; c < sums.Length; c++) _finished[length][c] = tells ? sums[c] / age : double.NaN;
            _any[length] = true;
        }
    }

    /// <inheritdoc/>
    public override void Launch(long step, DateTime time, bool learnt)
    {
        if (learnt) _range.Learn();
        bool due = step % _spec.Every == 0, underWay = _newest >= 0 && step - _newest < _longest;
        if (underWay) _sideBySide?.Advance(time);
        if (due) Launch((int)(_launches % _slots), step, time);
        if (_sideBySide is null || !(due || underWay)) return;
        _sideBySide.Predict();
        for (int slot = 0; slot < _slots; slot++) _sideBySide.CopyPrediction(slot, Prediction(slot, 0));
    }

    void Launch(int slot, long step, DateTime time)
    {
        ReadOnlySpan<double> regressor = _predictor.State;
        int seed = (int)(_launches++ % _spec.Kept);
        TensorPrimitives.ConvertTruncating(regressor, _seeds.AsSpan(seed * regressor.Length, regressor.Length));
        _seedTimes[seed] = time;
        _seedSteps[seed] = _launched[slot] = _newest = step;
        _sums.AsSpan(slot * _channels, _channels).Clear();
        _astray[slot] = false;
        if (_sideBySide is not null)
        {
            _sideBySide.Launch(slot, regressor);
            return;
        }
        regressor.CopyTo(_regressor);
        for (int i = 0; i < _longest - 1; i++)
        {
            time = FeedClock.Later(time, Interval);
            _predictor.Advance(time, _regressor, _before, Prediction(slot, i), _spec.Limit);
        }
        _predictor.Predict(_regressor, Prediction(slot, _longest - 1), _spec.Limit);
    }

    // What a slot's run foretells, some steps after the first that it keeps.
    Span<double> Prediction(int slot, int step) => _predictions.AsSpan((slot * _ahead + step % _ahead) * _channels, _channels);

    /// <inheritdoc/>
    /// <remarks>From the newest kept state before the onset; an older one is taken if there is none before.</remarks>
    public override void BeginAlarm(long onset, long step)
    {
        _forecastNext = -1;
        int kept = (int)Math.Min(_launches, _spec.Kept), best = -1;
        for (int i = 0; i < kept; i++)
        {
            if (_seedSteps[i] < onset && (best < 0 || _seedSteps[best] >= onset || _seedSteps[i] > _seedSteps[best])) best = i;
            else if (best < 0 || (_seedSteps[best] >= onset && _seedSteps[i] < _seedSteps[best])) best = i;
        }
        if (best < 0) return;
        ReadOnlySpan<float> seed = _seeds.AsSpan(best * _forecastState.Length, _forecastState.Length);
        TensorPrimitives.ConvertTruncating<float, double>(seed, _forecastState);
        _forecastFirst = _forecastNext = _seedSteps[best] + 1;
        _forecastTime = _seedTimes[best];
        GoOn(step);
    }

    /// <inheritdoc/>
    public override void GoOn(long step)
    {
        for (; _forecastNext >= 0 && _forecastNext <= step + _spec.Ahead; _forecastNext++)
        {
            if (_forecastNext - _forecastFirst == Points) Dropped?.Invoke(Slot(_forecastFirst++));
            _forecastTime = FeedClock.Later(_forecastTime, Interval);
            _predictor.Advance(_forecastTime, _forecastState, _before, Slot(_forecastNext), _spec.Limit);
        }
    }

    /// <inheritdoc/>
    public override void Move() => _range = new FeedRange(_channels);

    /// <inheritdoc/>
    public override (long First, int Count) Foretold =>
        _forecastNext < 0 ? (0, 0) : (_forecastFirst, (int)(_forecastNext - _forecastFirst));

    /// <inheritdoc/>
    public override ReadOnlySpan<double> Point(long step) => Slot(step);

    Span<double> Slot(long step) => _forecast.AsSpan((int)(step % Points) * _channels, _channels);

    static double Square(double x) => x * x;

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        foreach (double[] finished in _finished) state.Carry(finished);
        state.Carry(_any);
        state.Carry(_predictions);
        state.Carry(_sums);
        state.Carry(_launched);
        if (state.Holds(6))
        {
            state.Carry(_astray);
            _range.Carry(ref state);
        }
        state.Carry(_seeds);
        state.Carry(_seedSteps);
        state.Carry(_seedTimes);
        state.Carry(ref _forecastTime);
        state.Carry(_forecast);
        state.Carry(_forecastState);
        _sideBySide?.Carry(ref state);
        state.Carry(ref _launches);
        state.Carry(ref _newest);
        state.Carry(ref _forecastFirst);
        state.Carry(ref _forecastNext);
    }
}
