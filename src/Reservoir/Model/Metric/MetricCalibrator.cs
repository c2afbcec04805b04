using System.Numerics.Tensors;

namespace Esn;

/// <summary>How the errors of one channel become evidence. Lengths are in warm-ups.</summary>
public sealed record MetricCalibratorSpec
{
    /// <summary>Weight of sqrt|e|, [0, 100].</summary>
    public double ErrorWeight { get; init; } = .7;

    /// <summary>Weight of sqrt|mean of the latest e|, the signed mean: drifts and steps, [0, 100].</summary>
    public double MeanWeight { get; init; } = 1.3;

    /// <summary>K, length of that mean, (0, 1]; at least 3 steps.</summary>
    public double MeanLength { get; init; } = 1 / 25.0;

    /// <summary>Errors count from min(regressors, this share of the warm-up) on, [0, 1]: before, the readout has not converged.</summary>
    public double Settling { get; init; } = .5;

    /// <summary>The scale of each statistic.</summary>
    public TailChannelSpec Tail { get; init; } = new();

    /// <summary>Values and levels never seen before.</summary>
    public ExtremesSpec Extremes { get; init; } = new();

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(ErrorWeight, 0, 100);
        Require.Range(MeanWeight, 0, 100);
        Require.Above(MeanLength, 0, 1);
        Require.Range(Settling, 0, 1);
        Tail.Validate();
        Extremes.Validate();
    }
}

/// <summary>
/// Evidence E and X that one channel is not as it was: E the weighted mean over the horizons that tell of what is unusual in the error and
/// in its signed mean, each on a scale of its own, and with that what is unusual at its hour; X the records of the value itself.
/// </summary>
sealed class MetricCalibrator
{
    const int Latest = 5;         // errors by which it is told whether the mean still is of what goes on
    const double GoesOn = .5;     // part of the mean that theirs then is, at least
    const double ByChance = 2;    // standard errors of theirs, by which it may be less than the mean
    const double Lasting = .25;   // warm-ups: what is unusual for as long is what the feed does

    readonly MetricCalibratorSpec _spec;
    readonly int _horizons;
    readonly double[] _told;          // errors that no frame which was not to be judged has part in, else 0 [horizons]
    readonly double[] _tells;         // 1: so it is, else 0 [horizons]
    readonly double[] _weights;       // of the horizons, of sum 1
    readonly int _length;             // K
    readonly int _few;                // of the latest errors, at most K
    readonly double _chance;          // what the mean |e| is to be multiplied by for that, if the errors are normal
    readonly int _settling;           // steps
    readonly RunningSum _recent;      // of the latest K errors [horizons]
    readonly RunningSum _latest;      // of the few latest of these [horizons]
    readonly RunningSum _telling;     // how many of the latest K tell [horizons]
    readonly TailChannel[] _error, _mean;  // [horizons]
    readonly HourEvidence _hour;
    readonly ExtremeEvidence _extremes;
    readonly FormerRange _former;
    Moves _moves = new();
    long _count;                      // frames taken

    /// <param name="spec">Validated here.</param>
    /// <param name="warmUp">n0, the unit of the lengths, ≥ 1 steps.</param>
    /// <param name="weights">Of each horizon, [horizons], ≥ 0, not all 0; only their ratios count.</param>
    /// <param name="regressors">D of the readout, ≥ 1.</param>
    /// <param name="interval">Between two frames.</param>
    public MetricCalibrator(MetricCalibratorSpec spec, int warmUp, ReadOnlySpan<double> weights, int regressors, TimeSpan interval)
    {
        spec.Validate();
        Require.Range(warmUp, 1, 1_000_000);
        int horizons = weights.Length;
        (_spec, _horizons, _weights, _told, _tells) = (spec, horizons, new double[horizons], new double[horizons], new double[horizons]);
        TensorPrimitives.Divide(weights, TensorPrimitives.Sum(weights), _weights);
        _length = Steps(spec.MeanLength, warmUp, 3);
        _settling = (int)Math.Min(regressors, spec.Settling * warmUp);
        _few = Math.Min(Latest, _length);
        _chance = ByChance * Math.Sqrt(Math.PI / 2 / _few);
        (_recent, _telling) = (new RunningSum(horizons, _length), new RunningSum(horizons, _length));
        _latest = new RunningSum(horizons, _few);
        int lasting = Steps(Lasting, warmUp, 1);
        _error = [.. Enumerable.Range(0, horizons).Select(_ => new TailChannel(spec.Tail, 1, lasting))];
        _mean = [.. Enumerable.Range(0, horizons).Select(_ => new TailChannel(spec.Tail, _length, lasting))];
        _hour = new HourEvidence(spec, interval, lasting);
        _former = new FormerRange(_length);
        _extremes = new ExtremeEvidence(spec.Extremes, Steps(spec.Extremes.LevelLength, warmUp, 3));
    }

    /// <summary>A length given in warm-ups, in steps.</summary>
    internal static int Steps(double length, int warmUp, int least) =>
        Math.Max(least, (int)Math.Round(length * warmUp, MidpointRounding.AwayFromZero));

    /// <summary>E(t) ≥ 0, of the last step.</summary>
    public double ErrorEvidence { get; private set; }

    /// <summary>The part of both that counts, (0, 1]: less of a value that is what the channel was at its hour.</summary>
    public double Left { get; private set; } = 1;

    /// <summary>The part of E(t) that is of means which remember what is over.</summary>
    public double Remembered { get; private set; }

    /// <summary>X(t) ≥ 0, of the last step.</summary>
    public double ExtremeEvidence { get; private set; }

    /// <summary>Most that the score of the last step can be: ∞, but of a channel that hardly ever moved.</summary>
    public double Ceiling { get; private set; } = double.PositiveInfinity;

    /// <summary>Whether it lies, of late, where it did not before the open alarm.</summary>
    public bool Displaced => _former.Elsewhere && _former.Outside;

    /// <inheritdoc cref="FormerRange.Outside"/>
    public bool Outside => _former.Outside;

    /// <summary>Whether the last step is no news in that alarm: it is back there, or half way, or where it has been since.</summary>
    public bool Known => _former.Known;

    /// <inheritdoc cref="FormerRange.Returns"/>
    public bool Returns => _former.Returns;

    /// <summary>Whether where it was before that alarm is remembered no more.</summary>
    public bool Forgotten { get; private set; }

    /// <inheritdoc cref="ExtremeEvidence.Margin"/>
    public double Margin => _extremes.Margin;

    /// <inheritdoc cref="ExtremeEvidence.Frames"/>
    public long Frames => _extremes.Frames;

    /// <inheritdoc cref="ExtremeEvidence.Kept"/>
    public long Kept => _extremes.Kept;

    /// <summary>Takes a step.</summary>
    /// <param name="errors">e_h(t) in scaled units, [horizons], finite.</param>
    /// <param name="x">The value itself, units of the feed, finite.</param>
    /// <param name="y">The same, scaled.</param>
    /// <param name="time">Of the frame.</param>
    /// <param name="tells">Whether neither the frame nor that from which the horizon foretold it was muted, [horizons].</param>
    /// <param name="learn">False: the errors leave no trace in what they are compared with.</param>
    /// <param name="keep">
    /// False: the frame is not to be judged, and nothing of it is kept. A value never seen before is news once, so an open alarm goes
    /// on to keep them.
    /// </param>
    /// <param name="level">Of the channel that grows, if the value is its growth a step; NaN: it is not.</param>
    public void Step(ReadOnlySpan<double> errors, ReadOnlySpan<bool> tells, double x, double y, DateTime time, bool learn,
        bool keep = true, double level = double.NaN)
    {
        Require.Length(errors.Length, _horizons, nameof(errors));
        Require.Length(tells.Length, _horizons, nameof(tells));
        if (keep)
        {
            for (int h = 0; h < _horizons; h++) (_told[h], _tells[h]) = tells[h] ? (errors[h], 1) : (0, 0);
            _recent.Add(_told);
            _latest.Add(_told);
            _telling.Add(_tells);
        }
        double evidence = 0, remembered = 0, weight = 0, signed = 0;
        for (int h = 0; h < _horizons; h++)
        {
            if (_count < _settling || !tells[h]) continue;
            // Of n errors that tell among the latest K: as wide as the mean of K, where they are independent.
            double recent = _recent.Values[h] / Math.Sqrt(_length * _telling.Values[h]), latest = _latest.Values[h] / _few;
            double ofMean = _spec.MeanWeight * _mean[h].Step(Math.Sqrt(Math.Abs(recent)), learn);
            double ofError = _spec.ErrorWeight * _error[h].Step(Math.Sqrt(Math.Abs(errors[h])), learn);
            evidence += _weights[h] * (ofError + ofMean);
            signed += _weights[h] * (Math.Sign(errors[h]) * ofError + Math.Sign(recent) * ofMean);
            weight += _weights[h];
            // The root's mean square is the mean |e|. A shift that is hardly more than the noise is not over whenever that hides it.
            double goesOn = Math.Min(GoesOn * Math.Abs(recent), Math.Abs(recent) - _chance * _error[h].MeanSquare);
            if (latest * Math.Sign(recent) < goesOn) remembered += _weights[h] * ofMean;
        }
        if (weight > 0 && tells.Contains(false)) (evidence, remembered) = (evidence / weight, remembered / weight);
        // What hardly ever moves, and stands, is missed by a model in which its last move echoes.
        if (_moves.Rests(x)) (evidence, remembered) = (0, 0);
        _hour.Step(time, y, learn, keep);
        Left = _hour.Left;
        bool above = signed >= 0;
        // What nothing foretold and what never was at this hour, to the same side, are more than the larger of them.
        double left = Left * evidence;
        if (_hour.Evidence > 0 && _hour.Above == above)
        {
            double together = Math.Sqrt(left * left + _hour.Evidence * _hour.Evidence);
            remembered = _hour.Evidence > left ? _hour.Remembered * together / _hour.Evidence : Left * remembered * together / left;
            (evidence, remembered) = (together / Left, remembered / Left);
        }
        else if (_hour.Evidence > left)
            (evidence, remembered) = (_hour.Evidence / Left, _hour.Remembered / Left);
        (ErrorEvidence, Remembered) = (evidence, remembered);
        ExtremeEvidence = _extremes.Step(x, keep);
        bool grows = !double.IsNaN(level);
        Ceiling = _moves.Ceiling(x, grows);
        if (keep) _moves.Take(x, grows ? level : 0);
        _count++;
    }

    /// <summary>Where the channel lies, for the alarm's life; of steps that are to be judged.</summary>
    /// <param name="y">Scaled, finite.</param>
    /// <param name="time">Of the frame.</param>
    /// <param name="opening">Of the frame with which the open alarm opened; null: none is open.</param>
    public void Place(double y, DateTime time, DateTime? opening)
    {
        if (opening is not null && _former.Since == 0)
        {
            foreach (TailChannel tail in _error) tail.Leave();
            foreach (TailChannel tail in _mean) tail.Leave();
        }
        if (opening is { } since) _former.Compare(y, _hour.Tells, _hour.Before(time, since));
        else _former.Keep(y);
        Forgotten = opening is { } began && _former.ByHour && time - began >= HourRange.Memory;
    }

    /// <inheritdoc cref="FormerRange.Settle"/>
    public void Settle()
    {
        if (!_former.Elsewhere) return;
        foreach (TailChannel tail in _error) tail.Settle();
        foreach (TailChannel tail in _mean) tail.Settle();
        _former.Settle();
    }

    /// <summary>The feed goes on after a gap: no mean looks across it.</summary>
    public void Resume()
    {
        _recent.Clear();
        _latest.Clear();
        _telling.Clear();
        _hour.Resume();
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _recent.Carry(ref state);
        if (state.Holds(6))
        {
            _latest.Carry(ref state);
            _telling.Carry(ref state);
        }
        else
        {
            _tells.AsSpan().Fill(1);
            for (int i = 0; i < _length; i++) _telling.Add(_tells);
        }
        foreach (TailChannel tail in _error) tail.Carry(ref state);
        foreach (TailChannel tail in _mean) tail.Carry(ref state);
        if (state.Holds(6)) _hour.Carry(ref state);
        _extremes.Carry(ref state);
        if (state.Holds(6))
        {
            _former.Carry(ref state);
            Forgotten = state.Carried(Forgotten);
        }
        if (state.Holds(6)) state.Carry(ref _moves);
        state.Carry(ref _count);
        if (state.Holds(6)) Left = state.Carried(Left);
        else state.Carried(0L);  // frames since the last that was not to be judged
    }
}
