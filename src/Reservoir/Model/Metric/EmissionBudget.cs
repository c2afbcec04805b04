namespace Esn;

/// <summary>How often a metric may alarm.</summary>
public sealed record EmissionBudgetSpec
{
    /// <summary>
    /// Evidence that alarms at two in a warm-up, (0, 1000]; at another budget as much more as its logarithm asks for.
    /// </summary>
    public double Threshold { get; init; } = 2.47;

    /// <summary>Alarms per warm-up that cost nothing in the long run, (0, 1000], unless one of the next two is said.</summary>
    public double AlarmsPerWarmUp { get; init; } = 2;

    /// <summary>Alarms a step that cost nothing in the long run, [0, 1]; 0: not said.</summary>
    public double AlarmsPerStep { get; init; }

    /// <summary>Alarms a day that cost nothing in the long run, [0, 1e6]; 0: not said.</summary>
    public double AlarmsPerDay { get; init; }

    /// <summary>What an alarm divides the following evidence by: e to this, [0, 10].</summary>
    public double Cost { get; init; } = .4;

    /// <summary>
    /// Steps in which only stronger evidence is let through, in warm-ups, [0, 100], until the feed was quiet for 10 steps: what alarms then
    /// is another incident, however like.
    /// </summary>
    public double Refractory { get; init; } = .25;

    /// <summary>In the refractory time an alarm is told again at this many times its strength, [1, 100]: as an escalation.</summary>
    public double Escalation { get; init; } = 1.2;

    /// <summary>
    /// At first evidence is divided by 1 + this, [0, 10]: what a young model calls unusual it has often only not seen yet.
    /// </summary>
    public double Youth { get; init; } = .4;

    /// <summary>In which youth fades by a factor e, in warm-ups, (0, 100].</summary>
    public double YouthLength { get; init; } = 1;

    /// <summary>
    /// Part of the evidence of values never seen before that counts where the errors are as ever, [0, 1]: a record that was foretold,
    /// the top of a day that rises a little above all before, is hardly one.
    /// </summary>
    public double Foretold { get; init; } = .25;

    /// <summary>Evidence of the errors from which on values never seen before count in full, (0, 100].</summary>
    public double BackedFrom { get; init; } = 1.5;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Above(Threshold, 0, 1000);
        Require.Above(AlarmsPerWarmUp, 0, 1000);
        Require.Range(AlarmsPerStep, 0, 1);
        Require.Range(AlarmsPerDay, 0, 1e6);
        Require.Range(Cost, 0, 10);
        Require.Range(Refractory, 0, 100);
        Require.Range(Escalation, 1, 100);
        Require.Range(Youth, 0, 10);
        Require.Above(YouthLength, 0, 100);
        Require.Range(Foretold, 0, 1);
        Require.Above(BackedFrom, 0, 100);
    }

    static readonly EmissionBudgetSpec s_usual = new();

    /// <summary>Alarms a step, if nothing else is said.</summary>
    /// <param name="warmUp">Steps.</param>
    internal static double UsualRate(double warmUp) => s_usual.AlarmsPerWarmUp / warmUp;

    /// <summary>S = E + X, X in part where E is small (eq. 9).</summary>
    internal double Weigh(double errors, double extremes) =>
        errors + extremes * Math.Min(1, Foretold + (1 - Foretold) * errors / BackedFrom);

    /// <summary>The same for a feed with a frame every <paramref name="interval"/>.</summary>
    internal EmissionBudgetSpec At(TimeSpan interval) =>
        this with { AlarmsPerStep = Math.Clamp(AlarmsPerDay * (interval / TimeSpan.FromDays(1)), 1e-9, 1), AlarmsPerDay = 0 };
}

/// <summary>
/// Lets the strongest evidence of a stretch through, once, and asks for more the oftener it has alarmed:
/// v = S e^−β / (1 + youth), β grows with every alarm and shrinks with time.
/// </summary>
sealed class EmissionBudget
{
    const int MeasuredAt = 750;   // steps of a warm-up

    /// <summary>Part of the threshold below which evidence is that of a feed in which nothing happens.</summary>
    internal const double Quiet = .5;

    /// <summary>Steps of it after which what was told is over: twice as many as close an alarm of a metric.</summary>
    internal const int Rest = 10;

    readonly EmissionBudgetSpec _spec;
    readonly int _refractory;     // steps
    readonly double _recovery;    // of β, per step
    readonly double _ageing;      // factor of youth, per step
    readonly double _nats;        // −ln of the budget
    double _youth;
    double _burden;               // β
    double _last;                 // the last emission, of evidence
    long _since = long.MaxValue;  // steps since
    int _quiet;                   // steps in a row without much evidence
    int _rested;                  // most of these since the last alarm

    /// <param name="spec">Validated here.</param>
    /// <param name="warmUp">n0, the unit of the lengths, ≥ 1 steps.</param>
    public EmissionBudget(EmissionBudgetSpec spec, int warmUp)
    {
        spec.Validate();
        Require.Range(warmUp, 1, int.MaxValue);
        _spec = spec;
        _refractory = Math.Max(1, (int)Math.Round(spec.Refractory * warmUp, MidpointRounding.AwayFromZero));
        Rate = spec.AlarmsPerStep > 0 ? spec.AlarmsPerStep : spec.AlarmsPerWarmUp / warmUp;
        _recovery = spec.Cost * Rate;
        // Evidence grows like −ln p: the strongest of m channels, at a rate b, asks for ln m − ln b of it. The threshold was measured at a
        // warm-up of 750 steps. Two alarms in a shorter one are more a step, but its evidence is no better for that.
        _nats = Nats(spec.AlarmsPerStep > 0 ? spec.AlarmsPerStep : spec.AlarmsPerWarmUp / MeasuredAt);
        SharedBy(1);
        (_youth, _ageing) = (spec.Youth, Math.Exp(-1 / (spec.YouthLength * warmUp)));
    }

    /// <summary>Alarms a step that cost nothing in the long run.</summary>
    public double Rate { get; }

    /// <summary>Evidence that alarms.</summary>
    public double Threshold { get; private set; }

    /// <summary>From now on.</summary>
    /// <param name="channels">That share the budget, ≥ 1.</param>
    public void SharedBy(double channels) =>
        Threshold = _spec.Threshold * (Math.Log(channels) + _nats) / Nats(EmissionBudgetSpec.UsualRate(MeasuredAt));

    static double Nats(double rate) => Math.Max(1, -Math.Log(rate));

    /// <summary>Steps in which only stronger evidence is let through.</summary>
    public int Refractory => _refractory;

    /// <summary>v of the next step, of evidence of 1.</summary>
    public double Factor => Math.Exp(-Math.Max(0, _burden - _recovery)) / (1 + _youth);

    /// <summary>v before the refractory time, 1 = would alarm: for hysteresis and plots.</summary>
    public double Level { get; private set; }

    /// <summary>Steps of quiet after which the last step began to alarm anew, at least 10; 0: it did not.</summary>
    public int Again { get; private set; }

    /// <summary>The score: 1 and above alarms; 0 where nothing is emitted.</summary>
    /// <param name="evidence">S(t) ≥ 0.</param>
    /// <param name="present">The most of a channel without what means remember that is over, ≥ 0.</param>
    public double Step(double evidence, double present = double.PositiveInfinity)
    {
        _burden = Math.Max(0, _burden - _recovery);
        if (_since < long.MaxValue) _since++;
        double factor = Math.Exp(-_burden) / (1 + _youth), level = evidence * factor, now = Math.Min(level, present * factor);
        _youth *= _ageing;
        Level = level / Threshold;
        _quiet = now < Quiet * Threshold ? Math.Min(_quiet, int.MaxValue - 1) + 1 : 0;
        _rested = Math.Max(_rested, _quiet);
        bool over = _rested >= Rest;
        Again = 0;
        bool rested = _since > _refractory || (over && now >= Threshold), alarmed = _last >= Threshold;
        if (level <= 0 || (!rested && level <= _last * (alarmed ? _spec.Escalation : 1))) return 0;
        if (level >= Threshold && (rested || !alarmed)) _burden += _spec.Cost;
        (_last, _since) = (level, 0);
        if (level >= Threshold && over) (_rested, Again) = (0, _rested);
        return Level;
    }

    /// <summary>What the last step kept back is let through, as it is of a channel that has no part in what was told; it costs.</summary>
    /// <param name="level">As <see cref="Level"/>, ≥ 1.</param>
    public void LetPass(double level)
    {
        _burden += _spec.Cost;
        (_last, _since, _rested) = (Math.Max(_last, level * Threshold), 0, 0);
    }

    /// <summary>Out into a snapshot or back.</summary>
    internal void Carry(ref StateCarrier state)
    {
        state.Carry(ref _youth);
        state.Carry(ref _burden);
        state.Carry(ref _last);
        state.Carry(ref _since);
        Level = state.Carried(Level);
        if (!state.Holds(6)) return;
        state.Carry(ref _quiet);
        state.Carry(ref _rested);
        Again = state.Carried(Again);
    }
}
