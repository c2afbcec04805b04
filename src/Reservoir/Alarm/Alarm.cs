namespace Esn;

/// <summary>
/// The life of a stream's alarms: opened, updated, escalated, then closed or adapted to, reopened where it begins again, with one identity
/// throughout.
/// </summary>
sealed class Alarm
{
    const int Standstill = 500;  // steps for which a channel that stands still holds its alarm open, at most
    const int Recent = 4;        // the last incident is not normal before a quarter of NormalAfter, however long the alarm is open
    const int Longest = 2;       // of NormalAfter, after which all is, whenever the last incident began

    readonly AlarmSpec _spec;
    readonly bool[] _slow;         // [scores]
    readonly bool[] _contributed;  // raw scores that reached the threshold in this alarm [scores]
    readonly double[] _margins;    // their highest margins in it [scores]
    readonly ToldFaults _faults;   // of which on-call knows
    readonly bool[] _before;       // raw scores that reached the threshold in the steps in a row that are about to open one [scores]
    readonly double[] _beforeMargins;  // their highest margins in these [scores]
    long _end = long.MinValue / 2; // step of the last end
    long _told;                    // step of the last announcement
    long _spread = long.MinValue / 2;  // step of the last that was of other channels
    double _widespread;            // highest score that was widespread in it
    double _toldScore;             // highest score since it, within Rise steps
    int _above, _quiet, _openSteps;
    int _others;                   // steps in a row at which something would open an alarm, were none open
    int _again;                    // how often what began it was told to begin anew while it was open
    int _reopened;                 // how often this alarm opened again after it had closed
    Severity _toldSeverity;        // highest that was told of this alarm
    bool _adapted;                 // learning last began again as what the feed does went on
    long _adaptedAt;               // step of that
    bool _lasts;                   // it is open though the model learns: the feed is not back
    int _away;                     // steps of it in which the feed was elsewhere than before
    int _back;                     // steps in a row in which the feed was where it was, and nothing else would have opened an alarm
    bool _denied;                  // a person has said that what the feed does is its normal

    /// <param name="spec">Valid.</param>
    /// <param name="slow">Which raw scores look back so far that they hold an alarm open only if they opened it, [scores].</param>
    /// <param name="channels">Of the feed.</param>
    public Alarm(AlarmSpec spec, bool[] slow, int channels = 1)
    {
        (_spec, _slow) = (spec, slow);
        _faults = new ToldFaults(slow.Length, channels, spec.QuietSteps + spec.Merge);
        (_contributed, _margins) = (new bool[slow.Length], new double[slow.Length]);
        (_before, _beforeMargins) = (new bool[slow.Length], new double[slow.Length]);
    }

    /// <summary>Whether an alarm is open: on-call is told that it goes on.</summary>
    public bool Open => Frozen || _lasts;

    /// <summary>Whether nothing is learnt for it.</summary>
    public bool Frozen { get; private set; }

    /// <summary>Steps in a row, up to the last, that an alarm opens after; 0 while one is open.</summary>
    public int Above => Open ? 0 : _above;

    /// <summary>Steps in a row that open one.</summary>
    public int OpenAfter => _spec.OpenAfter;

    /// <summary>Step at which the last alarm opened: its identity.</summary>
    public long Start { get; private set; }

    /// <summary>Step at which the last incident in it began: where it opened, or what the model had learnt to live with changed.</summary>
    public long Began { get; private set; }

    /// <summary>How many such incidents are in the last alarm, ≥ 1; 0: there was none.</summary>
    public int Incidents { get; private set; }

    /// <summary>Step of the last alarm's highest score.</summary>
    public long Peak { get; private set; }

    /// <summary>Highest score of the last alarm.</summary>
    public double PeakScore { get; private set; }

    /// <summary>By its highest score, and that which was widespread.</summary>
    public Severity Severity =>
        _widespread >= _spec.Critical ? Severity.Critical
        : PeakScore >= _spec.Major || (_spec.Breadth > 0 && _widespread >= 1) ? Severity.Major
        : Severity.Minor;

    /// <summary>Whether the change of the last step counts against the budget.</summary>
    public bool Counts { get; private set; }

    /// <summary>Nobody is told of it: it does not count.</summary>
    public void Hush() => Counts = false;

    /// <summary>Raw scores that reached the threshold in this alarm, [scores].</summary>
    public ReadOnlySpan<bool> Contributed => _contributed;

    /// <summary>Whether the open alarm was told of a channel, later than of those with which it began.</summary>
    public bool IsLater(int channel) => _faults.IsLater(channel);

    /// <inheritdoc cref="ToldFaults.Joined"/>
    public ReadOnlySpan<double> Joined => _faults.Joined;

    /// <summary>Highest margins in this alarm, [scores].</summary>
    public ReadOnlySpan<double> Margins => _margins;

    /// <inheritdoc cref="ToldFaults.Later"/>
    public int[] LaterChannels() => _faults.Later();

    /// <summary>Takes a step.</summary>
    /// <param name="position">Index of the step.</param>
    /// <param name="judgement">As measured at this step.</param>
    /// <param name="allowed">Whether an alarm may open: the model is ready and the deviation large enough.</param>
    /// <param name="muted">An open alarm ends, none opens.</param>
    /// <param name="returned">Raw scores that no longer keep it open though they still are out of the ordinary, [scores] or empty.</param>
    /// <returns>What changed, if anything.</returns>
    public AlarmChange? Step(long position, IJudgement judgement, bool allowed, bool muted, ReadOnlySpan<bool> returned = default)
    {
        bool open = Open;
        AlarmChange? change = Decide(position, judgement, allowed, muted, returned);
        if (!open || !Open) return change;
        // Soon after it began, and for as long as it takes to know where a channel lies: what wanders off later is none of it.
        bool joins = position - Began <= _spec.Rise + _spec.AdaptAfter && _faults.Join(judgement);
        // What it is of beside what was told is told with what is known after the rise, or as soon as it is known after that.
        return change ?? (position - _told == _spec.Rise || (joins && position - _told > _spec.Rise) ? AlarmChange.Updated : null);
    }

    AlarmChange? Decide(long position, IJudgement judgement, bool allowed, bool muted, ReadOnlySpan<bool> returned)
    {
        Counts = false;
        if (muted)
        {
            _above = 0;
            return Open ? Over(position, AlarmChange.Closed) : null;
        }
        if (judgement.Whereabouts.Displaced) _away = Math.Min(_away, int.MaxValue - 1) + 1;
        bool other = Open && allowed && !judgement.Whereabouts.Known && AnyOpens(judgement, returned);
        _back = judgement.Whereabouts.Outside || other ? 0 : Math.Min(_back, int.MaxValue - 1) + 1;
        if (Open && !_denied && IsBack && !judgement.Stands) return Over(position, AlarmChange.Closed);
        if (Frozen) return Last(position, judgement, GoOn(position, judgement, returned));
        if (!_lasts) return TryOpen(position, judgement, allowed);
        if (_denied || IsNormal(position, judgement)) return Over(position, AlarmChange.Adapted);
        return TryOpen(position, judgement, allowed && !judgement.Whereabouts.Known);
    }

    // What the model learns to live with is no end for on-call while the feed is not where it was.
    AlarmChange? Last(long position, IJudgement judgement, AlarmChange? change)
    {
        if (change is not (AlarmChange.Closed or AlarmChange.Adapted)) return change;
        _lasts = !_denied && IsAway && !IsNormal(position, judgement);
        return _lasts ? null : change;
    }

    // For as long as what closes an alarm; and then back for as long.
    bool IsAway => _away >= _spec.QuietSteps && _back < _spec.QuietSteps;

    bool IsBack => _spec.NormalAfter > 0 && _away >= _spec.QuietSteps && _back >= _spec.QuietSteps;

    AlarmChange Over(long position, AlarmChange change)
    {
        _lasts = false;
        return End(position, change);
    }

    bool IsNormal(long position, IJudgement judgement) =>
        judgement.Whereabouts.Forgotten || position - Start >= (long)Longest * _spec.NormalAfter
        || (position - Start >= _spec.NormalAfter && position - Began >= _spec.NormalAfter / Recent);

    /// <summary>What the feed does now is its new normal: an open alarm ends with the next step.</summary>
    public void Adapt()
    {
        if (!Open) return;
        (_openSteps, _denied) = (Math.Max(_openSteps, _spec.AdaptAfter), true);
    }

    /// <summary>The feed is elsewhere for as long as another model takes to learn that: what lasts ends with the next step.</summary>
    public void Leave() => _denied |= _lasts && !Frozen;

    AlarmChange? TryOpen(long position, IJudgement judgement, bool allowed)
    {
        double score = judgement.Score;
        _above = allowed && score >= 1 ? _above + 1 : 0;
        if (_above == 0) return null;
        Await(judgement);
        if (_above < _spec.OpenAfter) return null;
        bool same = position - _end <= _spec.Merge;
        if (!same && position - _end < _spec.Refractory) return null;
        bool worse = score >= PeakScore + _spec.Escalation;
        if (same && _adapted && !worse)
        {
            // What was adapted to flickers on: it is the new normal. Another score that alarms is news, and so are what
            // goes on and what was away for a while.
            bool known = position - _adaptedAt <= Math.Max(_spec.AdaptAfter, _spec.Merge) && !HasNews(judgement)
                && judgement.Away < _spec.QuietSteps;
            _end = position;
            if (known) return null;
            same = false;
        }
        (Frozen, _above, _quiet, _openSteps) = (true, 0, 0, 0);
        if (!_lasts) _back = 0;  // which was of what alarmed before
        _faults.Know(incident: !same);
        _reopened = same && !_adapted ? _reopened + 1 : 0;
        if (!same)
        {
            if (!_lasts) Begin(position, judgement);
            else TellOthers(judgement);
            (Began, Incidents) = (position, Incidents + 1);
            (_told, _toldScore, Counts, _again) = (position, score, true, 0);
        }
        bool spreads = same && Spreads(judgement);
        Contribute(position, judgement, default);
        // What told of it in the first of these steps may be silent in the last.
        for (int i = 0; i < _before.Length; i++)
        {
            if (!_before[i] || _slow[i]) continue;
            _margins[i] = Math.Max(_margins[i], _beforeMargins[i]);
            if (!_contributed[i]) Join(i, position, judgement.ChannelOf(i));
        }
        if (!same) _toldSeverity = Severity;
        if (!same) return _lasts ? AlarmChange.Escalated : AlarmChange.Opened;
        if (spreads && position - Began > _spec.Rise) return Spread(position, judgement);
        if (!_adapted) return Worsened() ? AlarmChange.Escalated : AlarmChange.Reopened;
        (_told, _toldScore, _toldSeverity, Counts) = (position, score, Severity, true);
        return AlarmChange.Escalated;
    }

    // Of another incident in an alarm that is open: what it is of, and the alarm was not.
    void TellOthers(IJudgement judgement)
    {
        for (int i = 0; i < _contributed.Length; i++)
            if (!_slow[i] && judgement.Alarms(i)) _faults.Tell(judgement, i);
    }

    void Begin(long position, IJudgement judgement)
    {
        (Start, Peak, PeakScore, _widespread) = (position, position, judgement.Score, judgement.Widespread);
        (Incidents, _away, _denied) = (0, 0, false);
        Array.Clear(_contributed);
        Array.Clear(_margins);
        _faults.Begin();
    }

    // Which scores speak in the steps that are about to open an alarm.
    void Await(IJudgement judgement)
    {
        if (_above == 1)
        {
            Array.Clear(_before);
            Array.Clear(_beforeMargins);
        }
        for (int i = 0; i < _before.Length; i++)
        {
            if (!judgement.Alarms(i)) continue;
            _before[i] = true;
            _beforeMargins[i] = Math.Max(_beforeMargins[i], judgement.Margins[i]);
        }
    }

    // What opens again was closed too early: each time it takes twice as long to close, so that an alarm that flickers is told of a few
    // times and not at each flicker.
    int QuietSteps => (int)Math.Min((long)_spec.QuietSteps << Math.Min(_reopened, 16), Math.Max(_spec.QuietSteps, _spec.AdaptAfter));

    // Whether a raw score alarms that had no part in the last alarm.
    bool HasNews(IJudgement judgement)
    {
        for (int i = 0; i < _contributed.Length; i++)
            if (!_contributed[i] && judgement.Alarms(i)) return true;
        return false;
    }

    // Closed now it would be opened again at once, by what came later and has not held it open so far; from now on that does.
    bool GoesOn(IJudgement judgement, ReadOnlySpan<bool> returned)
    {
        if (_others < _spec.OpenAfter) return false;
        for (int i = 0; i < _contributed.Length; i++) _contributed[i] |= Opens(judgement, i, returned);
        _quiet = 0;
        return true;
    }

    bool Opens(IJudgement judgement, int score, ReadOnlySpan<bool> returned) =>
        !_slow[score] && judgement.Alarms(score) && !judgement.IsTrifle(score) && (returned.IsEmpty || !returned[score]);

    bool AnyOpens(IJudgement judgement, ReadOnlySpan<bool> returned)
    {
        if (judgement.Score < 1) return false;
        for (int i = 0; i < _contributed.Length; i++)
            if (Opens(judgement, i, returned)) return true;
        return false;
    }

    /// <summary>The score of what could open an alarm once this one is closed: what is slow looks back on it, and begins anew.</summary>
    public double Remaining(IJudgement judgement, ReadOnlySpan<bool> returned)
    {
        double score = 0;
        for (int i = 0; i < _contributed.Length; i++)
            if (!_slow[i] && (returned.IsEmpty || !returned[i])) score = Math.Max(score, judgement.ScoreOf(i));
        return Math.Min(score, judgement.Score);
    }

    AlarmChange? GoOn(long position, IJudgement judgement, ReadOnlySpan<bool> returned)
    {
        _openSteps++;
        // What stands still does not become normal as soon as another level does; when it moves again, that is counted from then on.
        if (judgement.Stands && _openSteps < _spec.AdaptAfter && position - Began < Standstill) _openSteps = 1;
        bool unusual = Contribute(position, judgement, returned) || judgement.Stands;
        _quiet = unusual ? 0 : _quiet + 1;
        _others = AnyOpens(judgement, returned) ? Math.Min(_others, int.MaxValue - 1) + 1 : 0;
        if (_quiet >= QuietSteps && !GoesOn(judgement, returned)) return End(position, AlarmChange.Closed);
        if (_openSteps >= _spec.AdaptAfter)
            return End(position, _quiet >= _spec.QuietSteps ? AlarmChange.Closed : AlarmChange.Adapted);  // it may have been slow to close

        _faults.Take(judgement);
        double score = judgement.Score;
        _above = Spreads(judgement) ? _above + 1 : 0;
        if (_above >= _spec.OpenAfter && (judgement.OfBystander || position - Math.Max(Began, _spread) > _spec.Rise))
            return Spread(position, judgement);
        if (position - _told <= _spec.Rise)
        {
            _toldScore = Math.Max(_toldScore, score);
            if (Worsened()) return AlarmChange.Escalated;
            return Again(judgement) ? AlarmChange.Reopened : null;
        }
        if (score < _toldScore + _spec.Escalation)
            return Worsened() ? AlarmChange.Escalated : Again(judgement) ? AlarmChange.Reopened : null;
        (_told, _toldScore, _toldSeverity, Counts) = (position, score, Severity, true);
        return AlarmChange.Escalated;
    }

    // What was away for as long as would have closed an alarm that no echo held open, and begins anew, is told; each time it must have been
    // away for twice as long.
    bool Again(IJudgement judgement)
    {
        if (judgement.Away < (long)_spec.QuietSteps << Math.Min(_again, 16)) return false;
        _again++;
        return true;
    }

    // Another channel than those it was told of is another fault, or the same one that spreads, and so may be one that was silent
    // meanwhile: on-call is to know of it. It alarms for as long as what opens an alarm; others that do so within the rise come with it,
    // or after that. It does not hold the alarm open: what a fault leaves behind elsewhere would. If it still alarms once that has closed,
    // it opens it again.
    AlarmChange Spread(long position, IJudgement judgement)
    {
        (_above, _spread) = (0, position);
        (_told, _toldScore, _toldSeverity, Counts) = (position, Math.Max(_toldScore, judgement.Score), Severity, true);
        bool anew = false;
        for (int i = 0; i < _contributed.Length; i++)
        {
            if (!IsNews(judgement, i)) continue;
            anew |= _faults.Tell(judgement, i);
            _contributed[i] |= _openSteps == 0;
        }
        _faults.Told(anew);
        return AlarmChange.Escalated;
    }

    bool Spreads(IJudgement judgement)
    {
        for (int i = 0; i < _contributed.Length; i++)
            if (IsNews(judgement, i)) return true;
        return false;
    }

    bool IsNews(IJudgement judgement, int score) => !_slow[score] && _faults.IsNews(judgement, score);

    // A severity is told when it is reached; it belongs to what was announced.
    bool Worsened()
    {
        if (Severity <= _toldSeverity) return false;
        _toldSeverity = Severity;
        return true;
    }

    // Whether a score that contributed still is out of the ordinary. One that only becomes so long after the alarm was told does
    // not hold it open: an open alarm stops the learning, and levels that are not followed any more drift off by themselves.
    bool Contribute(long position, IJudgement judgement, ReadOnlySpan<bool> returned)
    {
        if (judgement.Score > PeakScore) (Peak, PeakScore) = (position, judgement.Score);
        _widespread = Math.Max(_widespread, judgement.Widespread);
        bool unusual = false;
        for (int i = 0; i < _contributed.Length; i++)
        {
            _margins[i] = Math.Max(_margins[i], judgement.Margins[i]);
            if (!judgement.IsUnusual(i)) continue;
            bool mayJoin = _openSteps == 0 || (!judgement.OfBystander && !_slow[i] && position - _told <= _spec.Rise);
            if (mayJoin && !_contributed[i] && judgement.Alarms(i)) Join(i, position, judgement.ChannelOf(i));
            if (!returned.IsEmpty && returned[i]) continue;
            unusual |= _contributed[i] && (judgement.Margins[i] >= _spec.Leave * _margins[i] || judgement.Alarms(i));
        }
        return unusual;
    }

    // What another channel has to say is told of, but for as long as the alarm is being told for the first time.
    void Join(int score, long position, int channel)
    {
        if ((_faults.IsLater(channel) && _openSteps > 0) || (_faults.IsOther(channel) && position - Began > _spec.Rise)) return;
        _contributed[score] = true;
        if (_faults.IsOther(channel)) _faults.Name(channel);
    }

    AlarmChange End(long position, AlarmChange change)
    {
        (Frozen, _above, _others, _end, _adapted) = (false, 0, 0, position, change == AlarmChange.Adapted);
        if (_adapted) _adaptedAt = position;
        return change;
    }

    /// <summary>Out into a snapshot or back.</summary>
    /// <param name="state">Where to, or from.</param>
    /// <param name="scores">How many of the raw scores it has.</param>
    public void Carry(ref StateCarrier state, int scores)
    {
        state.Carry(_contributed.AsSpan(0, scores), nameof(_contributed));
        state.Carry(_margins.AsSpan(0, scores), nameof(_margins));
        state.Carry(ref _end);
        state.Carry(ref _told);
        state.Carry(ref _toldScore);
        state.Carry(ref _above);
        state.Carry(ref _quiet);
        state.Carry(ref _openSteps);
        Frozen = state.Carried(Frozen);
        Start = state.Carried(Start);
        Peak = state.Carried(Peak);
        PeakScore = state.Carried(PeakScore);
        if (state.Holds(6))
        {
            state.Carry(ref _widespread);
            state.Carry(ref _toldSeverity);
            state.Carry(ref _adapted);
            state.Carry(ref _adaptedAt);
            state.Carry(ref _spread);
            state.Carry(ref _reopened);
            state.Carry(ref _others);
            state.Carry(_before.AsSpan(0, scores), nameof(_before));
            state.Carry(_beforeMargins.AsSpan(0, scores), nameof(_beforeMargins));
            _faults.Carry(ref state, scores);
            state.Carry(ref _again);
            state.Carry(ref _lasts);
            state.Carry(ref _away);
            state.Carry(ref _back);
            state.Carry(ref _denied);
            Began = state.Carried(Began);
            Incidents = state.Carried(Incidents);
        }
        else
        {
            (Began, Incidents) = (Start, PeakScore > 0 ? 1 : 0);
            _widespread = PeakScore;
            _toldSeverity = Severity;
            _faults.Assume(Open);
        }
    }
}
