using System.Numerics.Tensors;

namespace Esn;

/// <summary>How free runs are launched.</summary>
public sealed record FreeRunSpec
{
    /// <summary>Steps from one launch to the next, 1 … 10,000.</summary>
    public int Every { get; init; } = 5;

    /// <summary>What is fed back is clipped at ± this, [1, 1e6], in units of the scaled feed.</summary>
    public double Limit { get; init; } = 6;

    /// <summary>Launches whose states are kept, so that a forecast can begin before the onset of an alarm, 1 … 1000.</summary>
    public int Kept { get; init; } = 8;

    /// <summary>Steps that an alarm's forecast reaches beyond the present, 0 … 10,000.</summary>
    public int Ahead { get; init; } = 25;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Every, 1, 10_000);
        Require.Range(Limit, 1, 1e6);
        Require.Range(Kept, 1, 1000);
        Require.Range(Ahead, 0, 10_000);
    }
}

/// <summary>
/// Forecasts of several steps: the model runs on its own predictions in place of the feed, launched every few steps with
/// the readout of that step. Also the one forecast that goes on while an alarm is open.
/// </summary>
/// <remarks>
/// With few channels a run keeps a copy of the readout and takes one step a frame, all runs together. With many, whose
/// readout is too large to copy, the whole run is made at its launch.
/// </remarks>
sealed class FreeRuns
{
    readonly FreeRunSpec _spec;
    readonly Reservoir _reservoir;
    readonly Readout _readout;
    readonly int _channels, _longest, _slots;
    readonly int[] _lengths;          // T of each score, ascending
    readonly double[][] _finished;    // mean squared error of the last run of each length [lengths][channels]
    readonly bool[] _any;             // whether there is one
    readonly RunsSideBySide? _sideBySide;   // null: runs are made at their launch
    readonly int _ahead;              // predictions that a slot keeps
    readonly double[] _predictions;   // [slots×ahead×channels]
    readonly double[] _sums;          // squared errors so far [slots×channels]
    readonly long[] _launched;        // step of each slot's launch; −1: none
    readonly double[] _regressor, _state;  // scratch z [D] for runs made at their launch, x [N]
    readonly float[] _seeds;          // z of the last launches, a ring [kept×D]: only what an alarm shows begins there
    readonly long[] _seedSteps;
    readonly double[] _forecast;      // of the alarm that is open, a ring over steps [points×channels]
    readonly double[] _forecastState; // z from which it goes on [D]
    long _launches;
    long _newest = -1;                // step of the last launch
    long _forecastFirst, _forecastNext = -1;  // its first step, and the step it comes to next

    /// <param name="spec">Valid.</param>
    /// <param name="reservoir">Of the stream.</param>
    /// <param name="readout">Of the stream, with horizon 1.</param>
    /// <param name="lengths">T of the scores that want them.</param>
    public FreeRuns(FreeRunSpec spec, Reservoir reservoir, Readout readout, IEnumerable<int> lengths)
    {
        (_spec, _reservoir, _readout, _channels) = (spec, reservoir, readout, reservoir.Channels);
        _lengths = [.. lengths.Distinct().Order()];
        _longest = _lengths[^1];
        _slots = (_longest + spec.Every - 1) / spec.Every;
        _finished = [.. _lengths.Select(_ => new double[_channels])];
        _any = new bool[_lengths.Length];
        if (!ReadoutWeights.IsDeferred(_channels)) _sideBySide = new RunsSideBySide(reservoir, readout, _slots, spec.Limit);
        _ahead = _sideBySide is null ? _longest : 1;
        _predictions = new double[_slots * _ahead * _channels];
        _sums = new double[_slots * _channels];
        _launched = new long[_slots];
        _launched.AsSpan().Fill(-1);
        int regressors = readout.Regressors;
        (_regressor, _state, _forecastState) = (new double[_sideBySide is null ? regressors : 0], new double[reservoir.Units], new double[regressors]);
        _seeds = new float[spec.Kept * regressors];
        _seedSteps = new long[spec.Kept];
        _forecast = new double[(spec.Kept * spec.Every + spec.Ahead) * _channels];
    }

    int Points => _forecast.Length / _channels;

    /// <summary>Where a length stands among the scores'.</summary>
    public int IndexOf(int length) => Array.IndexOf(_lengths, length);

    /// <summary>Mean squared error of the last finished run of this length.</summary>
    /// <param name="length">Index.</param>
    /// <param name="squares">[channels], overwritten if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool Finished(int length, Span<double> squares)
    {
        if (_any[length]) _finished[length].CopyTo(squares);
        return _any[length];
    }

    /// <summary>Compares the runs under way with a frame.</summary>
    /// <param name="step">t.</param>
    /// <param name="input">u(t), [channels].</param>
    public void Settle(long step, ReadOnlySpan<double> input)
    {
        for (int slot = 0; slot < _slots; slot++)
        {
            int age = (int)Math.Min(step - _launched[slot], int.MaxValue);
            if (_launched[slot] < 0 || age > _longest) continue;
            Span<double> sums = _sums.AsSpan(slot * _channels, _channels);
            ReadOnlySpan<double> predicted = Prediction(slot, age - 1);
            for (int c = 0; c < sums.Length; c++) sums[c] += Square(input[c] - predicted[c]);
            int length = Array.IndexOf(_lengths, age);
            if (length < 0) continue;
            for (int c = 0; c < sums.Length; c++) _finished[length][c] = sums[c] / age;
            _any[length] = true;
        }
    }

    /// <summary>Takes the runs under way on by a step, and launches one if it is due.</summary>
    /// <param name="step">t, one more than at the last call.</param>
    /// <param name="regressor">z(t), [D].</param>
    public void Launch(long step, ReadOnlySpan<double> regressor)
    {
        bool due = step % _spec.Every == 0, underWay = _newest >= 0 && step - _newest < _longest;
        if (underWay) _sideBySide?.Advance();
        if (due) Launch((int)(_launches % _slots), step, regressor);
        if (_sideBySide is null || !(due || underWay)) return;
        _sideBySide.Predict();
        for (int slot = 0; slot < _slots; slot++) _sideBySide.CopyPrediction(slot, Prediction(slot, 0));
    }

    void Launch(int slot, long step, ReadOnlySpan<double> regressor)
    {
        int seed = (int)(_launches++ % _spec.Kept);
        TensorPrimitives.ConvertTruncating(regressor, _seeds.AsSpan(seed * regressor.Length, regressor.Length));
        _seedSteps[seed] = _launched[slot] = _newest = step;
        _sums.AsSpan(slot * _channels, _channels).Clear();
        if (_sideBySide is not null)
        {
            _sideBySide.Launch(slot, regressor);
            return;
        }
        regressor.CopyTo(_regressor);
        for (int i = 0; i < _longest; i++) Advance(_regressor, Prediction(slot, i), last: i == _longest - 1);
    }

    // What a slot's run foretells, some steps after the first that it keeps.
    Span<double> Prediction(int slot, int step) => _predictions.AsSpan((slot * _ahead + step % _ahead) * _channels, _channels);

    /// <summary>Begins the forecast of an alarm, from the newest kept state before its onset.</summary>
    /// <param name="onset">First step that is to be foretold; an older state is taken if there is none before.</param>
    /// <param name="step">t.</param>
    public void BeginForecast(long onset, long step)
    {
        _forecastNext = -1;
        int kept = (int)Math.Min(_launches, _spec.Kept), best = -1;
        for (int i = 0; i < kept; i++)
        {
            if (_seedSteps[i] < onset && (best < 0 || _seedSteps[best] >= onset || _seedSteps[i] > _seedSteps[best])) best = i;
            else if (best < 0 || (_seedSteps[best] >= onset && _seedSteps[i] < _seedSteps[best])) best = i;
        }
        if (best < 0) return;
        TensorPrimitives.ConvertTruncating<float, double>(_seeds.AsSpan(best * _forecastState.Length, _forecastState.Length), _forecastState);
        _forecastFirst = _forecastNext = _seedSteps[best] + 1;
        GoOn(step);
    }

    /// <summary>Takes the forecast of an alarm on, so that it reaches as far beyond this step as is wanted.</summary>
    public void GoOn(long step)
    {
        for (; _forecastNext >= 0 && _forecastNext <= step + _spec.Ahead; _forecastNext++)
            Advance(_forecastState, Point(_forecastNext), last: false);
        if (_forecastNext >= 0) _forecastFirst = Math.Max(_forecastFirst, _forecastNext - Points);
    }

    /// <summary>Steps of the forecast that are kept: the first, and how many.</summary>
    public (long First, int Count) Foretold => _forecastNext < 0 ? (0, 0) : (_forecastFirst, (int)(_forecastNext - _forecastFirst));

    /// <summary>What was foretold for a step, [channels], scaled.</summary>
    public Span<double> Point(long step) => _forecast.AsSpan((int)(step % Points) * _channels, _channels);

    // z ← the next z, with the prediction in place of a frame.
    void Advance(Span<double> regressor, Span<double> prediction, bool last)
    {
        _readout.Predict(regressor, prediction);
        for (int c = 0; c < prediction.Length; c++) prediction[c] = Math.Clamp(prediction[c], -_spec.Limit, _spec.Limit);
        if (last) return;
        Span<double> x = regressor[(1 + _channels)..];
        x.CopyTo(_state);
        _reservoir.Step(prediction, _state, x);
        prediction.CopyTo(regressor[1..]);
    }

    static double Square(double x) => x * x;

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        foreach (double[] finished in _finished) state.Carry(finished);
        state.Carry(_any);
        state.Carry(_predictions);
        state.Carry(_sums);
        state.Carry(_launched);
        state.Carry(_seeds);
        state.Carry(_seedSteps);
        state.Carry(_forecast);
        state.Carry(_forecastState);
        _sideBySide?.Carry(ref state);
        state.Carry(ref _launches);
        state.Carry(ref _newest);
        state.Carry(ref _forecastFirst);
        state.Carry(ref _forecastNext);
    }
}
