namespace Esn;

/// <summary>
/// Evidence that a channel is not what it was at this hour: how far it is outside of that, and the mean of it, each on a scale of its own.
/// </summary>
/// <param name="spec">Of the weights and scales.</param>
/// <param name="interval">Between two frames.</param>
/// <param name="lasting">Values in a row above the bar, ≥ 1, after which the next ones are what the feed does.</param>
sealed class HourEvidence(MetricCalibratorSpec spec, TimeSpan interval, int lasting)
{
    const int Length = 5;         // frames of the mean
    const double Weight = .5;     // of this beside the errors': a range of some days is broken oftener than a forecast errs as much
    const double Inside = .4;     // of the errors' evidence that is explained, at the most, by a value that is what it was at this hour
    const double GoesOn = .5;     // part of the mean that the last is, at least, while what it tells goes on

    const double Rhythm = .5;     // of how far values lie outside of another hour's range, that their own explains: from there on, most

    readonly HourRange _range = new(interval);
    readonly RunningSum _recent = new(1, Length);
    readonly TailChannel _last = new(spec.Tail, 1, lasting), _mean = new(spec.Tail, Length, lasting);

    /// <summary>≥ 0, of the last step.</summary>
    public double Evidence { get; private set; }

    /// <summary>The part of it that is of a mean which remembers what is over.</summary>
    public double Remembered { get; private set; }

    /// <summary>Whether it is of values above.</summary>
    public bool Above { get; private set; }

    /// <summary>Part of the errors' evidence that is left, (0, 1].</summary>
    public double Left { get; private set; }

    /// <summary>Whether the time of the day tells most of where the channel is.</summary>
    public bool Tells => _range.Tells >= Rhythm;

    /// <summary>What is usual at this time of the day, by the days before an alarm; null: it is not known.</summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="opening">Of that with which the alarm opened.</param>
    public (double Low, double High)? Before(DateTime time, DateTime opening) => _range.Before(time, opening);

    /// <summary>Takes a step.</summary>
    /// <param name="time">Of the frame.</param>
    /// <param name="y">Scaled, finite.</param>
    /// <param name="learn">False: the value leaves no trace in what it is compared with.</param>
    /// <param name="keep">False: the frame is not to be judged.</param>
    public void Step(DateTime time, double y, bool learn, bool keep)
    {
        (Evidence, Remembered, Left) = (0, 0, 1);
        double outside = _range.Take(time, y, learn), tells = _range.Tells;
        if (double.IsNaN(outside)) _recent.Clear();
        // What is unusual on a day of a kind of which none is known, as on a first Saturday or after a gap of weeks, may be what such are.
        if (keep) Left = 1 - Inside * tells * (double.IsNaN(outside) ? 1 : Math.Max(0, 1 - Math.Abs(outside)));
        if (!keep || double.IsNaN(outside)) return;
        _recent.Add([outside]);
        double weight = Weight * tells * tells, recent = _recent.Values[0] / Length;
        double ofLast = weight * spec.ErrorWeight * _last.Step(Math.Sqrt(Math.Abs(outside)), learn);
        double ofMean = weight * spec.MeanWeight * _mean.Step(Math.Sqrt(Math.Abs(recent)), learn);
        Evidence = ofLast + ofMean;
        if (Math.Abs(outside) < GoesOn * Math.Abs(recent)) Remembered = ofMean;
        Above = (outside != 0 ? outside : recent) >= 0;
    }

    /// <summary>What came before is no past of what comes now.</summary>
    public void Resume() => _recent.Clear();

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _range.Carry(ref state);
        _recent.Carry(ref state);
        _last.Carry(ref state);
        _mean.Carry(ref state);
        Evidence = state.Carried(Evidence);
        Remembered = state.Carried(Remembered);
        Above = state.Carried(Above);
        Left = state.Carried(Left);
    }
}
