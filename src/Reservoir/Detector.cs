using System.Buffers;

namespace Esn;

/// <summary>One stream's detector: frames in, scores and alarms out.</summary>
/// <remarks>
/// Not thread-safe; one detector a stream. The results depend on the specification, the number of channels and the
/// sequence of frames only: not on how frames are batched, nor on restarts by <see cref="Save"/> and
/// <see cref="Load(ModelSpec, int, ReadOnlySpan{byte})"/>.
/// </remarks>
public sealed class Detector
{
    /// <summary>Of so many of its last alarms a person may say whether they were some.</summary>
    public const int KnownAlarms = ToldAlarms.Most;

    const int MostChannels = 1_000_000;

    readonly ModelSpec _spec;
    OnlineModel _model;
    ModelHealth _before;  // of the models before this one
    Successor? _next;     // that is to take its place; null: none
    FeedTraits? _traits;  // that it was chosen for; null: nothing is known of the feed, or nothing that asks for another model

    /// <param name="spec">Validated here.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    /// <exception cref="ArgumentException">A value of the specification is out of its range.</exception>
    public Detector(ModelSpec spec, int channels)
    {
        spec.Validate();
        Require.Range(channels, 1, MostChannels);
        // Before anything is made: a frame of ten thousands of values would take the memory of the machine first.
        int regressors = spec.Regressors(channels), minima = spec.Alarm.MinimumDeviation.Count;
        if (regressors > Readout.MostRegressors)
            throw new ArgumentOutOfRangeException(nameof(channels), $"{channels} channels make {regressors} regressors, at most "
                + $"{Readout.MostRegressors} are possible: use fewer units, or several streams");
        if (minima > 1) Require.Length(minima, channels, "minimumDeviation");
        (_spec, Channels) = (spec, channels);
        _model = new OnlineModel(spec, channels, position: 0);
    }

    /// <summary>A detector that goes on where a saved one was: from here on it gives the same bits.</summary>
    /// <param name="spec">Equal to that of the saved one.</param>
    /// <param name="channels">As of the saved one.</param>
    /// <param name="snapshot">All bytes that <see cref="Save"/> wrote.</param>
    /// <exception cref="ArgumentException">A value of the specification is out of its range.</exception>
    /// <exception cref="InvalidDataException">Bytes that are cut off, damaged, of another format or another specification; it says
    /// what to do.</exception>
    public static Detector Load(ModelSpec spec, int channels, ReadOnlySpan<byte> snapshot) =>
        Load(spec, channels, new ReadOnlySequence<byte>(snapshot.ToArray()));

    /// <summary>The same of bytes that lie in pieces, of any length.</summary>
    /// <inheritdoc cref="Load(ModelSpec, int, ReadOnlySpan{byte})"/>
    public static Detector Load(ModelSpec spec, int channels, ReadOnlySequence<byte> snapshot)
    {
        var detector = new Detector(spec, channels);
        Snapshot.Load(detector, spec, snapshot);
        GC.KeepAlive(detector);
        return detector;
    }

    /// <summary>Length of every frame.</summary>
    public int Channels { get; }

    /// <summary>Models that it has: one, or two while a channel is set aside and another model warms up beside the present one.</summary>
    public int Models => _next is null ? 1 : 2;

    /// <summary>Steps taken so far.</summary>
    public long Position => _model.Position;

    /// <summary>What went wrong with the model itself so far.</summary>
    public ModelHealth Health => new(
        _before.Recoveries + _model.Predictor.Recoveries, _before.Refusals + _model.Predictor.Refusals,
        _before.Rescalings + (_next?.Rescalings ?? 0));

    /// <summary>While an alarm is open: what the forecast from before its onset foretold for the last step.</summary>
    /// <param name="expected">[channels], overwritten, units of the feed.</param>
    /// <returns>Whether there is such a forecast.</returns>
    public bool TryForecast(Span<double> expected) => _model.TryForecast(expected);

    /// <summary>
    /// How far a person has raised what it takes to alarm, as a score: 1 at first, and again as it fades. Scores are told over it.
    /// </summary>
    public double Bar => _model.Bar.Height;

    /// <summary>Step at which the last alarm opened, as <see cref="AlarmEvent.Start"/>; −1: this model has told none.</summary>
    public long LastAlarm => _model.Alarm.PeakScore > 0 ? _model.Alarm.Start : -1;

    /// <summary>Highest score of the last alarm so far; 0: this model has told none.</summary>
    public double LastPeak => _model.Alarm.PeakScore;

    /// <summary>Of the last alarm, as <see cref="AlarmEvent.LaterChannels"/>.</summary>
    public IReadOnlyList<int> LaterChannels => _model.Alarm.LaterChannels();

    /// <summary>Of the last alarm, as <see cref="AlarmEvent.Incidents"/>.</summary>
    public int Incidents => _model.Alarm.Incidents;

    /// <summary>Severity of the alarm that is open, which is the last one; null: none is.</summary>
    public Severity? OpenSeverity => _model.Alarm.Open ? _model.Alarm.Severity : null;

    /// <summary>
    /// A person says that an alarm was none: while it is open, what the feed does from the next step on is learnt as its new normal;
    /// the bar is raised above its peak, by .4 of it, so that the same again is learnt and not told; and what was taken for a rare
    /// anomaly by the statistics of the scores counts as what the feed does. Said twice of one alarm it counts once.
    /// </summary>
    /// <param name="alarm">Step at which it opened, as <see cref="AlarmEvent.Start"/>, one of the last <see cref="KnownAlarms"/>; else the
    /// bar alone is raised.</param>
    /// <param name="peakScore">Its highest score, ≥ 0, times the <see cref="Bar"/> at that time, for one that is not the last one any more;
    /// the bar is never raised beyond <see cref="AlarmSpec.MostBar"/>.</param>
    /// <returns>Whether it is one of those.</returns>
    public bool DenyAlarm(long alarm, double peakScore = 0)
    {
        Require.Range(peakScore, 0, double.MaxValue);
        bool last = alarm >= 0 && alarm == LastAlarm;
        if (last) _model.Bar.Deny(_model.Alarm);
        else if (peakScore > 0) _model.Bar.Raise(peakScore);
        return alarm >= 0 && (_model.Say(alarm, Verdict.Normal) || last);
    }

    /// <summary>
    /// A person says that an alarm was one. Whatever was denied before, nothing like it is to be missed: the bar is lowered, it counts
    /// neither as what the feed does nor against the budget, and so the same again is told again.
    /// </summary>
    /// <param name="alarm">Step at which it opened, as <see cref="AlarmEvent.Start"/>, one of the last <see cref="KnownAlarms"/>; else the
    /// bar alone is lowered.</param>
    /// <returns>Whether it is one of those.</returns>
    public bool ConfirmAlarm(long alarm)
    {
        _model.Bar.Lower();
        return alarm >= 0 && (_model.Say(alarm, Verdict.Anomaly) || alarm == LastAlarm);
    }

    /// <summary>What is to come, if the feed goes on as the model expects: it runs on its own predictions. Changes nothing;
    /// allocates.</summary>
    /// <param name="forecast">[steps×channels], a point a step after the last frame, overwritten, units of the feed.</param>
    /// <returns>False, and nothing is written: the scaling is not fixed yet.</returns>
    /// <exception cref="ArgumentException">No multiple of the channels.</exception>
    public bool TryRunFree(Span<double> forecast)
    {
        Require.Length(forecast.Length % Channels, 0, "what is beyond whole frames");
        bool any = _model.TryRunFree(forecast);
        GC.KeepAlive(this);
        return any;
    }

    /// <summary>A detector that goes on where this one is, with another policy: nothing of what was learnt is lost.</summary>
    /// <param name="spec">Equal to that of this one but for what is marked as <see cref="PolicyAttribute">policy</see>.</param>
    /// <exception cref="ArgumentException">More than policy differs, or a value is out of its range.</exception>
    public Detector WithPolicy(ModelSpec spec)
    {
        if (!spec.LearnsLike(_spec))
            throw new ArgumentException("more than policy differs: what was learnt does not fit this specification", nameof(spec));
        var snapshot = new ArrayBufferWriter<byte>();
        Save(snapshot);
        return Load(spec, Channels, new ReadOnlySequence<byte>(snapshot.WrittenMemory));
    }

    /// <summary>Takes one frame.</summary>
    /// <param name="time">Feed time of the frame; carried into events.</param>
    /// <param name="frame">[channels], units of the feed; NaN: the channel has no value. It is then imputed by the forecast, and
    /// neither judged nor learnt, while the others go on. A frame of nothing but NaN is a gap: see <see cref="StepMany"/>.</param>
    /// <param name="expected">[channels], overwritten with what the model expected; NaN while the scaling is not fixed.</param>
    /// <param name="muted">The feed is not to be judged now: no alarm opens, an open one ends, nothing is learnt, for the washout
    /// after it neither.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is infinite.</exception>
    public StepResult Step(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool muted = false)
    {
        StepResult result = default;
        StepMany(new ReadOnlySpan<DateTime>(in time), frame, new Span<StepResult>(ref result), expected, new ReadOnlySpan<bool>(in muted));
        return result;
    }

    /// <summary>Takes n frames in order, with the same results as n single steps.</summary>
    /// <remarks>
    /// A frame of nothing but NaN is bridged: the model takes its own forecast in its place. Nothing is judged or learnt then, nor
    /// for as many frames after a gap as it was long, up to the washout; an alarm that is open stays as it is. Before the scaling is
    /// fixed such a frame is none of the model's.
    /// </remarks>
    /// <param name="times">Feed time of each frame, [n].</param>
    /// <param name="frames">[n×channels], frame by frame, units of the feed; NaN: no value.</param>
    /// <param name="results">[n], overwritten.</param>
    /// <param name="expected">[n×channels], overwritten.</param>
    /// <param name="muted">Which frames are not to be judged, as in <see cref="Step"/>, [n]; empty: none.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is infinite. Nothing was taken then.</exception>
    public void StepMany(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected,
        ReadOnlySpan<bool> muted = default)
    {
        Require.Length(frames.Length, times.Length * Channels, nameof(frames));
        Require.Length(results.Length, times.Length, nameof(results));
        Require.Length(expected.Length, frames.Length, nameof(expected));
        if (!muted.IsEmpty) Require.Length(muted.Length, times.Length, nameof(muted));
        bool whole = true;
        for (int i = 0; i < frames.Length; i++)
        {
            if (double.IsFinite(frames[i])) continue;
            whole = false;
            if (!double.IsNaN(frames[i]))
                throw new ArgumentException(FormattableString.Invariant(
                    $"frame {i / Channels} must be finite, or NaN where a channel has no value, channel {i % Channels} was {frames[i]}"),
                    nameof(frames));
        }
        for (int done = 0; done < times.Length;)
        {
            // Beside a successor one at a time: either may be the one that goes on after the next.
            int first = done, count = _next is null ? times.Length - done : 1;
            done += _model.Take(times.Slice(done, count), frames.Slice(done * Channels, count * Channels), results.Slice(done, count),
                expected.Slice(done * Channels, count * Channels), muted.IsEmpty ? default : muted.Slice(done, count), whole);
            if (_next is not null && done > first)
            {
                if (Succeed(times[first], frames.Slice(first * Channels, Channels), !muted.IsEmpty && muted[first]) is { } told)
                    results[first] = results[first] with { Model = told };
                continue;
            }
            if (_model.Shown is { } traits)
            {
                results[done - 1] = results[done - 1] with { Model = traits.Told };
                ModelHealth seen = Health;
                (_model, _traits) = (_model.AsShown(), traits);
                // It took the same frames: what it met in them is counted once, and no count falls.
                _before = _before with
                {
                    Recoveries = _before.Recoveries + Math.Max(0, seen.Recoveries - Health.Recoveries),
                    Refusals = _before.Refusals + Math.Max(0, seen.Refusals - Health.Refusals),
                };
            }
            if (!_model.Outgrown) continue;
            // A model whose scaling clips most of what comes sees nothing any more: it is moved, or another takes its place.
            ModelHealth health = Health;
            OnlineModel next = _model.Leave(_spec, out ModelChange why, out OnlineModel? stays);
            if (done > 0) results[done - 1] = results[done - 1] with { Model = why };
            _before = (why.Restarted && stays is null ? health : _before) with { Rescalings = _before.Rescalings + 1 };
            if (stays is not null) (_model, _next) = (stays, new Successor(_spec, Channels, why.Channels, next));
            else if (why.Restarted) (_model, _traits) = (next, null);
        }
        GC.KeepAlive(this);  // and with it all memory outside the managed heap
    }

    // The frame is the successor's, too. Once it can judge, and no alarm is open, it takes the place; unless the feed has come back: what
    // the old model knows of it is worth more.
    ModelChange? Succeed(DateTime time, ReadOnlySpan<double> frame, bool muted)
    {
        _next!.Step(time, frame, muted);
        ModelHealth health = Health;
        if (_model.IsBack)
        {
            var kept = new ModelChange(ModelChangeKind.Kept, _next.Left, Restarted: false);
            (_before, _next) = (_before with { Rescalings = health.Rescalings }, null);
            _model.Succeeded = false;
            return kept;
        }
        if (_model.Alarm.Open || !_next.Model.IsCalm) return null;
        var told = new ModelChange(ModelChangeKind.Succeeded, _model.Away, Restarted: false) { Found = _next.Found };
        _next.Model.Succeed(_model);
        (_before, _model, _traits, _next) = (health, _next.Model, _next.Traits, null);
        return told;
    }

    /// <summary>Writes all that the next steps depend on, between two calls of <see cref="StepMany"/>: about 8·D(D+1)/2 bytes and
    /// the windows.</summary>
    /// <param name="to">Takes it piece by piece: it is never asked for a span that holds all.</param>
    public void Save(IBufferWriter<byte> to)
    {
        Snapshot.Save(this, _spec, to);
        GC.KeepAlive(this);
    }

    /// <summary>All that the next steps depend on, out into a snapshot or back, into a detector that has taken none.</summary>
    internal void Carry(ref StateCarrier state)
    {
        state.Carry(ref _before);
        if (state.Holds(6)) FeedTraits.Carry(ref state, ref _traits, Channels);
        if (state.Loading && _traits is not null) _model = new OnlineModel(OnlineModel.On(_spec, _traits, Channels), Channels, position: 0);
        _model.Carry(ref state);
        if (!state.Holds(6)) return;
        bool succeeded = state.Carried(_next is not null);
        if (!succeeded) return;
        if (state.Loading) (_next, _model.Succeeded) = (new Successor(_spec, Channels), true);
        _next!.Carry(ref state);
    }
}
