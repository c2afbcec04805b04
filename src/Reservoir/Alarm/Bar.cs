namespace Esn;

/// <summary>
/// What a person has said of a stream's alarms: an alarm that was none raises the bar above its peak, and s is taken over
/// the bar, so that 1 = alarm as before. What stays below the bar is learnt, by the model and by the calibrator, which then asks for
/// more by itself; so the bar fades.
/// </summary>
/// <param name="spec">Valid.</param>
sealed class Bar(AlarmSpec spec) : IJudgement
{
    const double Over = 1.4;  // the same again scores higher for as long as a calibrator is young

    readonly double _retention = 1 - 1.0 / spec.DeniedMemory;
    IJudgement? _judgement;
    double _height = 1;
    long _denied = -1;  // opening step of the alarm that was denied last

    /// <summary>What the score is divided by, ≥ 1.</summary>
    public double Height => _height;

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _judgement!.Margins;

    /// <inheritdoc/>
    public double Score => _judgement!.Score / _height;  // at a bar of 1 the same bits

    /// <inheritdoc/>
    public double Widespread => _judgement!.Widespread / _height;

    /// <inheritdoc/>
    public bool IsUnusual(int score) => _judgement!.IsUnusual(score);

    /// <inheritdoc/>
    public double ScoreOf(int score) => _judgement!.ScoreOf(score) / _height;

    /// <inheritdoc/>
    public int ChannelOf(int score) => _judgement!.ChannelOf(score);

    /// <inheritdoc/>
    /// <remarks>What is below the bar is no news either.</remarks>
    public bool IsTrifle(int score) => Score < 1 || _judgement!.IsTrifle(score);

    /// <inheritdoc/>
    public int Away => _judgement!.Away;

    /// <inheritdoc/>
    public bool Stands => _judgement!.Stands;

    /// <inheritdoc/>
    public Whereabouts Whereabouts => _judgement!.Whereabouts;

    /// <inheritdoc/>
    public double Joins(int channel) => _judgement!.Joins(channel);

    /// <inheritdoc/>
    public bool OfBystander => _judgement!.OfBystander;

    /// <summary>The same judgement, over the bar; until the next call.</summary>
    public IJudgement Of(IJudgement judgement)
    {
        _judgement = judgement;
        return this;
    }

    /// <summary>A step goes by.</summary>
    public void Step()
    {
        if (_height > 1) _height = 1 + _retention * (_height - 1);
    }

    /// <summary>An alarm was none. Said twice of the same alarm it counts once.</summary>
    public void Deny(Alarm alarm)
    {
        if (_denied == alarm.Start) return;
        _denied = alarm.Start;
        Raise(_height * alarm.PeakScore);
        alarm.Adapt();
    }

    /// <summary>Scores up to this one are nothing to be told.</summary>
    /// <param name="score">Of a bar of 1.</param>
    public void Raise(double score) => _height = Math.Clamp(Over * score, _height, Math.Max(_height, spec.MostBar));

    /// <summary>Nothing is to be missed: the bar is where it was at first.</summary>
    public void Lower() => (_height, _denied) = (1, -1);

    /// <summary>What a person has said holds of the model that takes the place of another.</summary>
    public void Take(Bar other) => (_height, _denied) = (other._height, other._denied);

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(ref _height);
        state.Carry(ref _denied);
    }
}
