namespace Esn;

/// <summary>An alarm budget in place of a threshold, and the constants by which it is kept.</summary>
public sealed record BudgetSpec : CalibratorSpec
{
    /// <summary>b, alarms a step that can be borne, [1e-9, .05].</summary>
    [Policy]
    public double AlarmsPerStep { get; init; } = 1e-4;

    /// <summary>Alarms a day that can be borne, [0, 1e6]; above 0 it stands in place of <see cref="AlarmsPerStep"/>.</summary>
    [Policy]
    public double AlarmsPerDay { get; init; }

    /// <summary>Added to a raw score before its logarithm, in squared units of the scaled feed, (0, 1]: below it nothing counts.</summary>
    public double Floor { get; init; } = 1e-14;

    /// <summary>τ, steps over which the level of ln q is followed, [50, 1e6].</summary>
    public double LevelMemory { get; init; } = 500;

    /// <summary>Steps after which what was learnt of the scores fades, [1000, 1e8].</summary>
    public double Memory { get; init; } = 20_000;

    /// <summary>Margin (−ln p) above which a score is out of the ordinary: episodes begin and alarms stay open, [2, 8].</summary>
    public double UnusualMargin { get; init; } = 3.5;

    /// <summary>Steps in a row below <see cref="UnusualMargin"/> that end an episode, 1 … 10,000.</summary>
    public int EpisodeGap { get; init; } = 25;

    /// <summary>Steps after which an episode is counted and a new one may begin, 10 … 100,000.</summary>
    public int EpisodeLimit { get; init; } = 500;

    /// <summary>Weight of the prior on the rate of episodes, in steps, [1, 1e5].</summary>
    public double RatePrior { get; init; } = 500;

    /// <summary>Weight of the prior on the tail of the peaks (exponential of mean 1), in peaks, [1, 1e4].</summary>
    public double PeakPrior { get; init; } = 30;

    /// <summary>Peaks from which the tail is drawn, [10, 1e4].</summary>
    public double TailPeaks { get; init; } = 60;

    /// <summary>By how much ln(threshold rate) falls with each announcement, [0, 1]; it rises again at the budget.</summary>
    public double Governor { get; init; } = .1;

    /// <summary>
    /// By how much ln(threshold rate) lies lower at the start, where little is known of the tails, [0, 10]; half of it is gone after
    /// <see cref="Youth"/> steps.
    /// </summary>
    public double Caution { get; init; } = .7;

    /// <summary>Steps after which half of the caution is gone, [1, 1e8].</summary>
    public double Youth { get; init; } = 4000;

    /// <summary>By how much the governor lowers ln(threshold rate) at the most, [0, 1000].</summary>
    public double MostGovernor { get; init; } = 60;

    /// <summary>
    /// How far a young calibrator may speak beyond what it has seen: −ln of no rate is above this, and a nat more each
    /// <see cref="ReachSteps"/> steps, [0, 1000]. What comes once in some thousand steps was not seen yet at a thousand.
    /// </summary>
    public double Reach { get; init; } = 5;

    /// <summary>Steps that widen the <see cref="Reach"/> by one nat, [1, 1e6].</summary>
    public double ReachSteps { get; init; } = 300;

    /// <summary>
    /// An alarm is far out, as true anomalies are, if its rate is below b to this power, [1, 10]: while such alarms are few, nothing
    /// is learnt from them.
    /// </summary>
    public double FarOut { get; init; } = 1.3;

    /// <summary>
    /// Far-out alarms that are taken for anomalies from the beginning, [1, 1000]; once there are more than may be, what is like them
    /// counts as what the feed does.
    /// </summary>
    public double FirstAnomalies { get; init; } = 2;

    /// <summary>Steps in which one more far-out alarm is taken for an anomaly, [100, 1e9].</summary>
    public double AnomalyGap { get; init; } = 10_000;

    /// <summary>Far-out alarms that are taken for anomalies in all, besides a part of the budget, [1, 1e6].</summary>
    public double MostAnomalies { get; init; } = 10;

    /// <summary>That part of the budget, [0, 10].</summary>
    public double AnomalyShare { get; init; } = .5;

    /// <summary>
    /// The tail of the peaks may not claim fewer than were counted: their expected number lies at most this many standard
    /// deviations below the count, [0, 10].
    /// </summary>
    public double CountConfidence { get; init; } = .5;

    /// <summary>Part of its margin above which an earlier far-out alarm is like a later one, (0, 1].</summary>
    public double Alike { get; init; } = .8;

    /// <summary>How each raw score becomes −ln p.</summary>
    public MarginSpec Margin { get; init; } = new();

    /// <summary>
    /// By how much the margins of slow scores, which have few looks, are raised, so that they get a part of the budget like
    /// that of the others: 0 = the same −ln p for each look of any score, 1 = the same rate for each score, [0, 1].
    /// </summary>
    public double SlowScoreBoost { get; init; } = .4;

    /// <summary>
    /// Looks, one in two spans, after which a score of <see cref="TailPrior.Student"/> is judged half by what was counted, (0, 1e6].
    /// </summary>
    public double StudentLooks { get; init; } = 200;

    /// <inheritdoc/>
    public override void Validate()
    {
        Require.Range(AlarmsPerStep, 1e-9, .05);
        Require.Range(AlarmsPerDay, 0, 1e6);
        Require.Above(Floor, 0, 1);
        Require.Range(LevelMemory, 50, 1e6);
        Require.Range(Memory, 1000, 1e8);
        Require.Range(UnusualMargin, 2, 8);
        Require.Range(EpisodeGap, 1, 10_000);
        Require.Range(EpisodeLimit, 10, 100_000);
        Require.Range(RatePrior, 1, 1e5);
        Require.Range(PeakPrior, 1, 1e4);
        Require.Range(TailPeaks, 10, 1e4);
        Require.Range(Governor, 0, 1);
        Require.Range(Caution, 0, 10);
        Require.Range(Reach, 0, 1000);
        Require.Range(ReachSteps, 1, 1e6);
        Require.Range(FarOut, 1, 10);
        Require.Range(FirstAnomalies, 1, 1000);
        Require.Range(AnomalyGap, 100, 1e9);
        Require.Range(MostAnomalies, 1, 1e6);
        Require.Range(AnomalyShare, 0, 10);
        Require.Range(CountConfidence, 0, 10);
        Require.Above(Alike, 0, 1);
        Require.Range(Youth, 1, 1e8);
        Require.Range(MostGovernor, 0, 1000);
        Margin.Validate();
        Require.Range(SlowScoreBoost, 0, 1);
        Require.Above(StudentLooks, 0, 1e6);
    }

    /// <summary>The same for a feed with a frame every <paramref name="interval"/>; the rate stays within what can be calibrated.</summary>
    internal BudgetSpec At(TimeSpan interval) =>
        this with { AlarmsPerStep = Math.Clamp(AlarmsPerDay * (interval / TimeSpan.FromDays(1)), 1e-9, .05), AlarmsPerDay = 0 };

    /// <summary>Steps after which what was learnt of the rate of alarms fades: those of twenty budgeted alarms at least.</summary>
    internal double LongMemory => Math.Max(Memory, 20 / AlarmsPerStep);

    internal override ICalibrator Create(IReadOnlyList<ScoreShape> shapes) => new BudgetCalibrator(this, shapes);
}
