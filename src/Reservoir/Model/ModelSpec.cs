namespace Esn;

/// <summary>
/// What a kind of feed is judged by; a preset names one, and every constant of it can be overridden. It has two halves: what
/// the model learns with, and <see cref="PolicyAttribute">policy</see>, which can be exchanged on a stream that has learnt for
/// weeks.
/// </summary>
public abstract record ModelSpec
{
    /// <summary>How a frame reaches the reservoir and the readout.</summary>
    public InputMapSpec InputMap { get; init; } = new RandomWeightsSpec();

    /// <summary>The reservoir.</summary>
    public ReservoirSpec Reservoir { get; init; } = new();

    /// <summary>The readout's learning.</summary>
    public ReadoutSpec Readout { get; init; } = new();

    /// <summary>The windows of the normality Σ.</summary>
    public NormalitySpec Normality { get; init; } = new();

    /// <summary>
    /// Steps from the first frame of the feed before which no alarm opens, but for what is told early, 20 … 10,000,000.
    /// </summary>
    public int WarmUp { get; init; } = 1800;

    /// <summary>When an alarm opens and ends.</summary>
    [Policy]
    public AlarmSpec Alarm { get; init; } = new();

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public virtual void Validate()
    {
        InputMap.Validate();
        Reservoir.Validate();
        Readout.Validate();
        Normality.Validate();
        Require.Range(WarmUp, 20, 10_000_000);
        Alarm.Validate();
    }

    /// <summary>Alarms a step that the budget allows; null: it has no budget of steps.</summary>
    public virtual double? AlarmsAStep() => null;

    /// <summary>The same with another alarm budget.</summary>
    /// <param name="alarmsPerStep">Alarms a step that can be borne, [1e-9, .05].</param>
    public abstract ModelSpec WithBudget(double alarmsPerStep);

    /// <summary>The same with an alarm budget a day: the steps of a day are counted from the frames that fix the scaling.</summary>
    /// <param name="alarmsPerDay">Alarms a day that can be borne, above 0.</param>
    public abstract ModelSpec WithDailyBudget(double alarmsPerDay);

    /// <summary>The same with the budget divided by a number of streams that share it.</summary>
    /// <param name="streams">≥ 1.</param>
    public abstract ModelSpec SharedBy(int streams);

    /// <summary>The same for a feed of which it is known how long it is, such as a file: where the warm-up sets all lengths it may
    /// be shorter.</summary>
    /// <param name="frames">≥ 0.</param>
    public virtual ModelSpec ForFeedOf(int frames) => this;

    /// <summary>Whether its frames are fields: it tells where, beside when.</summary>
    public virtual bool TakesFields => false;

    /// <summary>The same before its fields are known: what a configuration says of it.</summary>
    public virtual ModelSpec WithoutGrid() => this;

    /// <summary>The same for frames that are fields of this geometry.</summary>
    /// <param name="grid">Valid.</param>
    public virtual ModelSpec ForGrid(GridSpec grid) => this;

    /// <summary>
    /// The same as far as forecasts go: alarms never open, so that nothing interrupts learning, and what only they need is left out.
    /// </summary>
    public virtual ModelSpec WithoutAlarms() => this with { Alarm = Alarm with { OpenAfter = AlarmSpec.MostOpenAfter } };

    /// <summary>Whether what was learnt with this specification can be gone on with under the other one: they differ in policy at
    /// the most.</summary>
    public bool LearnsLike(ModelSpec other) => Fingerprint.Of(this, 1) == Fingerprint.Of(other, 1);

    /// <summary>What this one learns with, under the policy of another: for a stream that is to go on with what it has learnt.</summary>
    /// <param name="policy">Budgets, severities, when alarms open and end; taken as far as it is of the same kind.</param>
    public ModelSpec WithPolicyOf(ModelSpec policy) => PolicyHalf.Of(this, policy);

    /// <summary>Tells models apart by what they learn with, policy left out: equal for those that can go on from the same
    /// snapshot.</summary>
    /// <param name="channels">Of the feed.</param>
    public UInt128 FingerprintFor(int channels) => Fingerprint.Of(this, channels);

    /// <summary>D, length of z.</summary>
    /// <param name="channels">Of the feed.</param>
    public virtual int Regressors(int channels) => EchoStateNetwork.RegressorsOf(Reservoir, InputMap, channels);

    /// <summary>The most that D may come to: the feed may choose a larger input map.</summary>
    internal int MostRegressors(int channels) => InputMap is ByBaseLineSpec map && FirstLook.Fits(this, map, channels)
        ? EchoStateNetwork.RegressorsOf(Reservoir, map.Chosen(wanders: true), channels) : Regressors(channels);

    /// <summary>Bytes of one stream's model, about: known before anything is made. What streams share is not in it.</summary>
    /// <remarks>
    /// P takes 8·D(D+1)/2 bytes with D rounded up to 8; columns that wait beside it 64·D below D = 128, up to 384·D above;
    /// W_out and its gains 8·D for each channel and horizon. Free runs and windows of the scores come on top. The some
    /// hundred frames that are kept of a feed once it was beyond its scaling are not in it, nor is the new model that such a feed may get
    /// beside the old one, of the same size, until it has warmed up.
    /// </remarks>
    /// <param name="channels">Of the feed, ≥ 1.</param>
    public virtual long EstimatedBytes(int channels) =>
        Esn.Readout.EstimatedBytes(MostRegressors(channels), channels, HorizonSteps) + (TakesFields ? 0 : GrowthBytes * channels)
            + (Schedule.MostSettling > Schedule.Settling ? EchoTwin.EstimatedBytes(MostRegressors(channels), channels) : 0)
            + (InputMap is ByBaseLineSpec map ? FirstLook.EstimatedBytes(map, channels) : 0);

    const long GrowthBytes = 400;  // of a channel that is watched for growth

    /// <summary>Frames that fix the scaling, muted ones not counted: nothing is expected before.</summary>
    public int FramesBeforeScaling => Schedule.ScalingSteps;

    /// <summary>How many steps ahead the readout looks, ascending.</summary>
    internal virtual IReadOnlyList<int> HorizonSteps => Readout.Horizons;

    /// <summary>Frames beyond its scaling, less those that are not, from which on a feed has left it for good.</summary>
    internal int MostBeyond => Math.Max(Alarm.AdaptAfter, Schedule.ScalingSteps);

    /// <summary>Frames since it left its scaling that the next model takes; 0: it begins with what comes.</summary>
    internal virtual int FramesKept => 0;

    /// <summary>The same for a feed whose channels do not all tell of each other.</summary>
    internal virtual ModelSpec Apart(ChannelGroups groups) => this with { Reservoir = Reservoir with { Groups = groups } };

    /// <summary>The same where it is said how channels that rest at first are scaled: what the map found may not say it any more.</summary>
    internal virtual ModelSpec ForFirstMoves(int channels) => this;

    /// <summary>When which part of a step begins.</summary>
    internal abstract StepSchedule Schedule { get; }

    /// <summary>
    /// How far from what was foretold a muted value may be that the reservoir is to see, scaled; what is further is as if it had no value.
    /// </summary>
    internal virtual double MutedReach => double.PositiveInfinity;

    /// <summary>What predicts.</summary>
    internal virtual Predictor CreatePredictor(int channels)
    {
        EchoStateNetwork network = EchoStateNetwork.Of(Reservoir, InputMap, channels);
        return new NetworkPredictor(network, new Readout(network.Regressors, channels, Readout with { Horizons = HorizonSteps }));
    }

    /// <summary>What foretells; null: nothing is foretold beyond the next step.</summary>
    internal abstract MultiStepForecast? CreateForecast(Predictor predictor);

    /// <summary>A scaler that is not fixed yet: it is carried in.</summary>
    internal abstract Scaler CreateScaler(int channels);

    /// <summary>A scaler that the frames of the warm-up fix.</summary>
    /// <param name="frames">[count×channels], frame by frame.</param>
    /// <param name="times">Of these frames, UTC, [count].</param>
    /// <param name="channels">Of the feed.</param>
    internal abstract Scaler FitScaler(ReadOnlySpan<double> frames, ReadOnlySpan<DateTime> times, int channels);

    /// <summary>What judges.</summary>
    /// <param name="channels">Of the feed.</param>
    /// <param name="forecast">As created before.</param>
    /// <param name="interval">Between two frames of the feed.</param>
    internal abstract Judge CreateJudge(int channels, MultiStepForecast? forecast, TimeSpan interval);
}

/// <summary>What went wrong with a stream's model itself, in numbers since it began.</summary>
/// <param name="Recoveries">Times that learning began anew with W_out as it was, since rounding had cost P its positive
/// definiteness.</param>
/// <param name="Refusals">Frames that were not learnt, in part or whole, because a number in them was too large.</param>
/// <param name="Rescalings">
/// Times that the feed had left the range of its scaling for good: most of its frames lay beyond the limit, for as long as an
/// alarm may be open. The scaling was moved to it then, or the model began anew with a scaling of what came.
/// </param>
public readonly record struct ModelHealth(long Recoveries, long Refusals, long Rescalings);
