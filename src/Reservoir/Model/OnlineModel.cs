using System.Buffers;
using System.IO.Hashing;
using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// One stream's model, whatever its kind. A step goes from top to bottom: scale, errors before learning, judge, alarm, learn
/// unless an alarm is open, predict. The first frames fix the scaling, and are then taken in order.
/// </summary>
sealed class OnlineModel
{
    const double MostAlarming = .25;  // part of frames that are taken again: a fault is shorter, what the model does not know lasts
    const long MostCopied = 1L << 30;  // bytes: three models of a gigabyte are in memory then; and an array holds two of them

    [ThreadStatic] static double[]? s_scaled;  // y of a block [frames×channels]: scratch that streams share

    readonly ModelSpec _spec;
    readonly StepSchedule _schedule;
    readonly int _channels;
    readonly Predictor _predictor;
    readonly MultiStepForecast? _forecast;
    readonly Normality _normality;
    readonly double[] _errors;      // [horizons×channels]
    readonly double[] _prediction;  // ŷ, scratch [channels]
    readonly bool[] _stays;         // what is expected where it was last, scratch [channels]
    readonly Telling _telling;
    Scaler? _scaler;                // null: not fixed yet
    FirstFrames? _first;            // null: the scaling is fixed
    TimeSpan _interval;             // between these
    DateTime _time;                 // of the last frame
    long _position;                 // frames that the stream has had
    long _step;                     // frames that the model has taken, the first of which fixed the scaling
    readonly WashOut _washOut;      // after frames that are not to be judged
    int _bridging;                  // frames that are not to be judged yet after the last gap, of which there are as many
    readonly FrameValues _values;   // what of a frame is one
    readonly FoundGrowth _growth;   // of the stream
    readonly Departure _departure;  // of the feed from the scaling
    DifferencingScaler? _differencing;  // the scaler, where growth is modelled
    FirstLook? _firstLook;          // null: how a frame drives the units is settled
    bool _again;                    // the feed's last frames are taken once more

    /// <param name="spec">Valid.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    /// <param name="position">Frames that the stream had before.</param>
    /// <param name="before">The model whose place it takes; null: it is the first.</param>
    public OnlineModel(ModelSpec spec, int channels, long position, OnlineModel? before = null)
    {
        (_spec, _schedule, _channels, _position) = (spec, spec.Schedule, channels, position);
        _growth = new FoundGrowth(channels, watched: !spec.TakesFields,
            before is { _growth.Outgrew: true } or { _differencing: not null } ? before._growth : null);
        _predictor = spec.CreatePredictor(channels);
        _forecast = spec.CreateForecast(_predictor);
        _washOut = new WashOut(_schedule, _schedule.MostSettling > _schedule.Settling && _predictor is NetworkPredictor network
            ? new EchoTwin(network) : null);
        _normality = new Normality(spec.Normality);
        _values = new FrameValues(spec, channels);
        (_errors, _prediction, _stays) = (new double[spec.HorizonSteps.Count * channels], new double[channels], new bool[channels]);
        _telling = new Telling(spec, channels, _forecast);
        _first = new FirstFrames(channels, _schedule.ScalingSteps, _telling.Judge);
        _departure = new Departure(spec, channels, moves: _telling.Judge.CanMove, before?._departure);
        if (spec.InputMap is ByBaseLineSpec map && FirstLook.Fits(spec, map, channels)) _firstLook = new FirstLook(map, channels);
    }

    /// <summary>Frames that the stream has had so far.</summary>
    public long Position => _position;

    /// <summary>What a person has said of the stream's alarms.</summary>
    public Bar Bar => _telling.Bar;

    /// <summary>The last alarm, open or not.</summary>
    public Alarm Alarm => _telling.Alarm;

    /// <inheritdoc cref="Judge.Say"/>
    public bool Say(long alarm, Verdict verdict) => _telling.Judge.Say(alarm, verdict);

    /// <summary>What learns.</summary>
    public Predictor Predictor => _predictor;

    /// <summary>
    /// Most of the feed has been beyond the scaling for as long as an alarm may be open, or it turned out to grow without bound, and no
    /// alarm is open: no more frames are taken.
    /// </summary>
    public bool Outgrown => !Succeeded && HasLeft && !_telling.Alarm.Open && _bridging == 0;

    bool HasLeft => _departure.IsDue || _growth.Outgrew;

    /// <summary>Another model is about to take its place, which learns what became of the feed.</summary>
    public bool Succeeded { get; set; }

    /// <summary>Whether it judges, and has nothing to tell.</summary>
    public bool IsCalm => _scaler is not null && _step >= _schedule.AlarmFrom && !_washOut.Echoes && _bridging == 0
        && !_telling.Alarm.Open;

    /// <summary>Another model is to take its place, and the feed is back where this one knows it: it was there for as long as it was away.
    /// </summary>
    public bool IsBack => Succeeded && !_growth.Outgrew && _departure.Left.IsBack;

    /// <summary>Channels that have been beyond the scaling for long, and are not back, ascending.</summary>
    public int[] Away => _departure.Left.Away;

    /// <summary>That channels were found to grow, as it is told; null: none was.</summary>
    public ModelChange? Growing => _differencing is null ? null : new ModelChange(ModelChangeKind.Growing, _growth.Which, Restarted: false);

    int StillWarmsUp => Math.Max(0, _schedule.AlarmFrom - (_first?.Count ?? (int)Math.Min(_step, int.MaxValue)));

    /// <summary>It takes the place of another, of which the stream heard until now.</summary>
    /// <param name="before">The other one.</param>
    public void Succeed(OnlineModel before)
    {
        _telling.Hush();
        _telling.Bar.Take(before._telling.Bar);
    }

    /// <summary>What the first frames showed that asks for another model: no more are taken; null: nothing.</summary>
    public FeedTraits? Shown => _firstLook?.Shown;

    /// <summary>They showed something: the model that takes its place has taken the same frames.</summary>
    public OnlineModel AsShown()
    {
        FirstLook seen = _firstLook!;
        var model = new OnlineModel(On(_spec, seen.Shown!, _channels), _channels, _position - seen.Count, this);
        model.Take(seen.Times, seen.Frames, new StepResult[seen.Count], new double[seen.Frames.Length], seen.Muted, whole: false);
        model._telling.Bar.Take(_telling.Bar);
        model._position = _position;
        return model;
    }

    /// <summary>The specification of the model of a feed of which this is known.</summary>
    public static ModelSpec On(ModelSpec spec, FeedTraits traits, int channels)
    {
        spec = spec.ForFirstMoves(channels);
        spec = spec with { InputMap = spec.InputMap.Chosen(traits.Wanders) };
        return traits.Groups is { } groups ? spec.Apart(groups) : spec;
    }

    /// <summary>It is outgrown: its scaling is moved to where the feed is now, or another model takes its place.</summary>
    /// <param name="spec">Of the stream: what is found of a feed, as that its base line wanders, the next model finds anew.</param>
    /// <param name="why">What is told of it.</param>
    /// <param name="stays">This one as it was, where another takes its place that is not to judge yet, and channels are left which it can
    /// judge meanwhile; else null.</param>
    /// <param name="mayStay">Whether it may; else null as well.</param>
    /// <returns>This one, which has taken the last frames once more; or another, which has taken them as far as no alarm opens in them.
    /// </returns>
    public OnlineModel Leave(ModelSpec spec, out ModelChange why, out OnlineModel? stays, bool mayStay = true)
    {
        _growth.Leave();
        (DateTime[] times, double[] frames) = _departure.Since();
        int[] left = _growth.Outgrew || _spec.TakesFields ? [] : _departure.Left.Leave();
        int[] moves = left.Length > 0 ? left : [.. Enumerable.Range(0, _channels)];
        bool mayMove = !_growth.Outgrew && _differencing is null && _firstLook is null && times.Length > 0;
        (double Origin, double Unit)[]? to = mayMove ? _departure.Elsewhere(moves, frames, _scaler!) : null;
        mayStay &= left.Length > 0 && _departure.SetsAside && _differencing is null && _step >= _schedule.AlarmFrom;
        // Once it was moved it is not what it was.
        stays = !mayStay ? null : to is null ? this : Copy();
        bool moved = to is not null && Moves(moves, to, times, frames);
        why = _growth.Outgrew ? new ModelChange(ModelChangeKind.Growing, _growth.Which, Restarted: true)
            : new ModelChange(ModelChangeKind.Outgrown, left, Restarted: !moved);
        if (moved)
        {
            stays = null;
            _departure.Left.WentOn(left);
            return this;
        }
        var model = new OnlineModel(spec, _channels, _position, this);
        // What the first frames would show of their base line, the next one shows.
        int count = Math.Min(Math.Min(times.Length, _schedule.AlarmFrom), model._firstLook?.Left - 1 ?? int.MaxValue);
        model._position -= count;
        model.Take(times.AsSpan(^count..), frames.AsSpan(^(count * _channels)..), new StepResult[count], new double[count * _channels],
            muted: default, whole: false);
        model._position = _position;
        model._telling.Hush();
        if (stays is not null && model.IsCalm) stays = null;
        if (stays is not null) stays.Succeeded = true;
        // Of a model that judges later what it found is told then.
        why = why with
        {
            WarmUp = model.StillWarmsUp, SetsAside = stays is not null,
            Found = stays is null && !_growth.Outgrew && _differencing is null && model.Growing is { } grows ? [grows] : [],
        };
        return model;
    }

    // Through its own snapshot; null: it is too large for that.
    OnlineModel? Copy()
    {
        StateCarrier measure = StateCarrier.Measuring();
        Carry(ref measure);
        if (measure.Length > MostCopied) return null;
        var state = new ArrayBufferWriter<byte>((int)measure.Length);
        StateCarrier to = StateCarrier.Saving(state, new XxHash3()), from;
        Carry(ref to);
        from = StateCarrier.From(new ReadOnlySequence<byte>(state.WrittenMemory));
        var copy = new OnlineModel(_spec, _channels, _position);
        copy.Carry(ref from);
        return copy;
    }

    // The same feed elsewhere, or in another unit, is to a model that has moved with it what it was. So it is moved, and takes what came
    // since. Where it alarms on much of that, or the feed is beyond its scaling again, nothing is won by what it knew.
    bool Moves(int[] channels, (double Origin, double Unit)[] to, DateTime[] times, double[] frames)
    {
        _departure.Move(channels, to, _scaler!, _telling.Judge);
        _forecast?.Move();
        _washOut.Begin();
        _telling.Hush();
        bool usual = IsUsual(times, frames) && _departure.Left.Beyond == 0;
        _telling.Hush();
        return usual;
    }

    // Whether the frames are as usual, but for a fault among them, once the echo of what was before has faded.
    bool IsUsual(DateTime[] times, double[] frames)
    {
        var (results, expected) = (new StepResult[_predictor.AtOnce], new double[_predictor.AtOnce * _channels]);
        (long position, int judged, int alarmed, bool echoes) = (_position, 0, 0, true);
        _again = true;
        _position -= times.Length;
        for (int done = 0, count; done < times.Length; done += count)
        {
            count = TakeAgain(times, frames, done, results, expected);
            foreach (StepResult result in results.AsSpan(0, count))
            {
                echoes = result.Unjudged;
                if (!echoes) judged++;
                if (result.Score >= 1) alarmed++;
            }
        }
        (_again, _position) = (false, position);
        return !echoes && !_telling.Alarm.Open && alarmed <= MostAlarming * judged;
    }

    /// <summary>Takes frames until all are taken or the feed has outgrown the model.</summary>
    /// <param name="times">Of the frames, [n].</param>
    /// <param name="frames">[n×channels].</param>
    /// <param name="results">[n], overwritten.</param>
    /// <param name="expected">[n×channels], overwritten.</param>
    /// <param name="muted">[n]; empty: none is.</param>
    /// <param name="whole">No value of all these frames is missing.</param>
    /// <returns>Frames that were taken.</returns>
    public int Take(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected,
        ReadOnlySpan<bool> muted, bool whole)
    {
        int done = 0;
        for (; done < times.Length && _scaler is null; done++)
            results[done] = TakeFirst(times[done], frames.Slice(done * _channels, _channels),
                expected.Slice(done * _channels, _channels), !muted.IsEmpty && muted[done]);
        for (int count; done < times.Length && !Outgrown && Shown is null; done += count)
        {
            // One at a time where the next frame may be the last.
            count = _growth.Outgrew || _departure.IsDueWithin(_predictor.AtOnce) ? 1
                : Math.Min(_predictor.AtOnce, times.Length - done);
            count = _values.Together(frames[(done * _channels)..], _growth.Within(count), _scaler!, _step, whole,
                muted.IsEmpty ? default : muted[done..], _departure.SetsAside, _departure.AnyAside);
            if (_firstLook is not null) count = Watch(times, frames, muted, done, count);
            Advance(times.Slice(done, count), frames.Slice(done * _channels, count * _channels), results.Slice(done, count),
                expected.Slice(done * _channels, count * _channels), muted.IsEmpty ? default : muted.Slice(done, count));
        }
        return done;
    }

    // Keeps the frames that are taken next, as many as it needs. The last of them is taken before anything comes of it.
    int Watch(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, ReadOnlySpan<bool> muted, int from, int count)
    {
        count = Math.Min(count, _firstLook!.Left);
        _firstLook.Keep(times.Slice(from, count), frames.Slice(from * _channels, count * _channels),
            muted.IsEmpty ? default : muted.Slice(from, count));
        if (_firstLook.Left == 0 && !_firstLook.Decide(_spec, _scaler!, _differencing is null ? default : _growth.Grows)) _firstLook = null;
        return count;
    }

    StepResult TakeFirst(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool muted)
    {
        expected.Fill(double.NaN);
        (double score, AlarmEvent? alarm) = _telling.First(_first!, time, frame, muted, _position);
        var result = new StepResult(_position++, WarmingUp: true, score, Normality: 1, _telling.Alarm.Open, alarm);
        if (!muted && !MissingValues.AreAll(frame)) _firstLook?.Keep(new ReadOnlySpan<DateTime>(in time), frame, muted: default);
        if (!_first!.Full) return result;
        bool known = _growth.Any;  // and told of
        Replay(_first);
        return known ? result : result with { Model = Growing };
    }

    // The frames that fixed the scaling are the first that the model takes. The stream has heard of them already.
    void Replay(FirstFrames first)
    {
        (DateTime[] times, long position) = (first.Times, _position);
        Begin(first.Fit(_spec, _growth, _departure.Left), Sampling.Interval(times));
        var (results, expected) = (new StepResult[_predictor.AtOnce], new double[_predictor.AtOnce * _channels]);
        _predictor.Fit(first.Scaled(_scaler!));
        _differencing?.Rewind();
        _position = 0;
        for (int done = 0, count; done < times.Length; done += count)
        {
            count = TakeAgain(times, first.Frames, done, results, expected);
        }
        _position = position;
    }

    // A block of frames of which the stream has heard.
    int TakeAgain(DateTime[] times, double[] frames, int from, StepResult[] results, double[] expected)
    {
        ReadOnlySpan<double> next = frames.AsSpan(from * _channels);
        int count = _values.Together(next, Math.Min(_predictor.AtOnce, times.Length - from), _scaler!, _step,
            beyond: _departure.SetsAside, away: _departure.AnyAside);
        Advance(times.AsSpan(from, count), next[..(count * _channels)], results.AsSpan(0, count),
            expected.AsSpan(0, count * _channels), muted: default);
        return count;
    }

    // The scaling is fixed: its frames need not be kept any longer, and how dense they came is known.
    void Begin(Scaler scaler, TimeSpan interval)
    {
        (_scaler, _interval, _first) = (scaler, interval, null);
        _differencing = scaler as DifferencingScaler;
        if (_differencing is not null && _channels == 1) _firstLook = null;  // what drives the units is the growth
        _telling.Begin(scaler, interval);
    }

    void Advance(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected,
        ReadOnlySpan<bool> muted)
    {
        if (s_scaled is null || s_scaled.Length < frames.Length) s_scaled = new double[frames.Length];
        Span<double> scaled = s_scaled.AsSpan(0, frames.Length);
        _values.Begin();
        ReadOnlySpan<double> all = frames;
        bool away = times.Length == 1 && _step >= _schedule.AlarmFrom && _departure.AnyAside;
        for (int t = 0; t < times.Length; t++)
        {
            bool judged = muted.IsEmpty || !muted[t];
            ReadOnlySpan<double> came = frames.Slice(t * _channels, _channels);
            Span<double> y = scaled.Slice(t * _channels, _channels);
            bool clipped = _scaler!.Scale(times[t], came, y, expected.Slice(t * _channels, _channels), judged);
            if (times.Length == 1) frames = Believe(came, y, judged);
            // A gap says nothing of where the feed is; a frame of which all is doubted may say it.
            if (!judged || (_values.Missing == _channels && frames == came)) continue;
            _departure.Step(clipped, _scaler, times[t], came, y, _values.Which);
        }
        if (away)
        {
            _predictor.CopyPrediction(_prediction);
            _values.SetAside(scaled, _departure.Left, _prediction, _scaler!.Reach);
        }
        _predictor.Begin(times, scaled);
        for (int t = 0; t < times.Length; t++)
        {
            if (!_again) _growth.Step(frames.Slice(t * _channels, _channels), judged: muted.IsEmpty || !muted[t]);
            results[t] = Step(times[t], all.Slice(t * _channels, _channels), frames.Slice(t * _channels, _channels),
                scaled.Slice(t * _channels, _channels), expected.Slice(t * _channels, _channels), !muted.IsEmpty && muted[t]);
        }
    }

    // Of a frame that is alone: what of it is a value, and what y is without those that are none.
    ReadOnlySpan<double> Believe(ReadOnlySpan<double> frame, Span<double> y, bool judged)
    {
        bool withheld = !judged && _values.Withholds;
        if (judged) frame = _values.Doubt(frame, y, _scaler!, _step);
        if (!withheld && !MissingValues.Any(y)) return frame;
        _predictor.CopyPrediction(_prediction);
        if (withheld) _values.Withhold(y, _prediction, _scaler!.Reach);
        if (MissingValues.Any(y)) _values.Impute(y, _prediction, _scaler!.Reach);
        return frame;
    }

    // Came: the frame; what of it is taken for no value is NaN in the other.
    StepResult Step(DateTime time, ReadOnlySpan<double> came, ReadOnlySpan<double> frame, ReadOnlySpan<double> y, Span<double> expected,
        bool muted)
    {
        (long position, long step, int missing) = (_position++, _step++, _values.Missing);
        if (step == _schedule.AlarmFrom && _telling.Judge.EndEarly()) _telling.Hush();
        bool resumes = muted && step > 0 && (time - _time - _interval).Duration() > _interval;
        _time = time;
        _predictor.CopyPrediction(_prediction);
        bool stays = _scaler!.Expect(_prediction, expected, _stays);
        // Before learning from this frame: the only errors fit to be judged.
        _predictor.Settle(_values.Known(y), _errors);
        _forecast?.Settle(step, y);
        if (stays) Compare(frame, expected);

        muted = _washOut.Step(muted, resumes, time, y, _prediction, _errors.AsSpan(0, _channels));
        bool gap = missing == _channels, bridged = (gap || _bridging > 0) && !muted;
        // Others that come more seldom than what is set aside are to be judged when they come.
        if (!_values.OnlyAside) _bridging = gap ? Math.Min(_bridging + 1, Math.Max(1, _schedule.Settling)) : Math.Max(0, _bridging - 1);
        if (step >= _schedule.NormalityFrom && !bridged && !gap && !muted)
            _normality.Step(TensorPrimitives.SumOfSquares<double>(_errors.AsSpan(0, _channels)) / (_channels - missing),
                frozen: _telling.Alarm.Frozen && step >= _schedule.AlarmFrom);

        bool warmingUp = step < _schedule.AlarmFrom;
        ReadOnlySpan<double> seen = frame, foreseen = expected;
        if (_differencing is not null) seen = _differencing.Seen(frame, expected, y, _prediction, out foreseen);
        var view = new StepView
        {
            Time = time, Index = step, Frame = seen, Expected = foreseen, Scaled = y, Errors = _errors,
            WarmingUp = warmingUp || _washOut.Echoes,
            Muted = muted, Resumes = resumes, Missing = _values.Which, Aside = _values.Aside,
            Grows = _differencing is null ? default : _growth.Grows, Values = _differencing is null ? default : frame,
        };
        if (!_again) _telling.Bar.Step();
        AlarmEvent? alarm = null;
        // A gap is no reason to open or to end an alarm, but a code that the model takes for one is, and the end of the warm-up.
        bool ends = step == _schedule.AlarmFrom - 1;
        if (warmingUp && (!MissingValues.AreAll(came) || (ends && _telling.Alarm.Open)))
            alarm = _telling.StepEarly(in view, came, expected, _prediction, position, _normality.Value, bridged, ends);
        else if (!bridged) alarm = _telling.Step(in view, frame, expected, position, _normality.Value, HasLeft, _again);
        _telling.Judge.End(y);

        bool learns = !muted && !bridged && (!_telling.Alarm.Frozen || warmingUp) && step >= _schedule.LearnFrom;
        if (learns) _predictor.Learn();
        else _predictor.Skip();
        _predictor.Predict();
        if (step >= _schedule.LearnFrom) _forecast?.Launch(step, time, learns);
        bool open = _telling.Alarm.Open, tells = warmingUp ? open : !view.WarmingUp && (!bridged || open);
        return new StepResult(position, warmingUp, tells ? _telling.Score : 0, _normality.Value, open, alarm)
        {
            Unjudged = muted || gap || bridged || _washOut.Echoes,
        };
    }

    // Of one step, of channels that lie where the model does not see how far.
    void Compare(ReadOnlySpan<double> frame, ReadOnlySpan<double> expected)
    {
        for (int c = 0; c < _channels; c++)
            if (_stays[c] && !double.IsNaN(frame[c]))
                _errors[c] = Math.Clamp((frame[c] - expected[c]) / _scaler!.UnitOf(c), -_scaler.Limit, _scaler.Limit);
    }

    /// <inheritdoc cref="Detector.TryForecast"/>
    public bool TryForecast(Span<double> expected) => _telling.TryForecast(_step - 1, expected);

    /// <inheritdoc cref="Detector.TryRunFree"/>
    public bool TryRunFree(Span<double> forecast)
    {
        if (_telling.Foretelling is not { } foretelling) return false;
        foretelling.RunFree(_predictor, _time, _interval, forecast);
        return true;
    }

    /// <summary>All that the next steps depend on, out into a snapshot or back, into a model that has taken none.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(ref _position);
        bool begun = state.Carried(_scaler is not null);
        if (state.Holds(6))
        {
            _growth.Carry(ref state);
            _departure.Carry(ref state);
        }
        bool watching = state.Holds(6) && state.Carried(_firstLook is not null);
        if (!watching) _firstLook = null;
        _firstLook?.Carry(ref state);
        if (!begun)
        {
            _telling.CarryFirst(ref state, _first!);
            return;
        }
        state.Carry(ref _interval);
        bool growing = state.Holds(6) && state.Carried(_differencing is not null);
        if (state.Loading)
            Begin(growing ? new DifferencingScaler(_spec.CreateScaler(_channels), _channels) : _spec.CreateScaler(_channels), _interval);
        _scaler!.Carry(ref state);
        if (state.Loading && !state.Holds(6)) _departure.Left.Lie(_scaler);
        _predictor.Carry(ref state);
        _forecast?.Carry(ref state);
        _normality.Carry(ref state);
        _telling.Carry(ref state);
        if (state.Holds(6)) _values.Carry(ref state);
        state.Carry(ref _time);
        state.Carry(ref _step);
        if (state.Holds(6)) _washOut.Carry(ref state);
        else if (state.Carried(-1L) is >= 0 and var settled) _washOut.Begin(_step - 1 - (settled - _schedule.Settling));
        if (!state.Holds(6)) state.Carried(0);  // frames beyond the scaling
        _telling.CarryDated(ref state);
        if (state.Holds(5)) state.Carry(ref _bridging);
        if (!state.Holds(6) && _step > _schedule.AlarmFrom) _telling.Judge.EndEarly();
    }
}
