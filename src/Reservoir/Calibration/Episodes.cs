namespace Esn;

/// <summary>
/// The rate of episodes whose peak passes a margin J, learnt from the feed: it counts exactly what alarms are made of, so
/// serial correlation, the number of scores and what the margins got wrong are all in it.
/// </summary>
sealed class Episodes
{
    const double BinWidth = .05;
    const int Bins = 700;
    const int EvenBins = 300;     // of equal width; above, each is wider by a hundredth than the last
    static readonly double Ratio = Math.Log(1.01);

    readonly BudgetSpec _spec;
    readonly SparseHistogram _histogram = new(Bins);  // of peaks, in units of the weight at the last refresh
    readonly GrowingBuffer _above = new();            // weight of peaks at or above each edge, as of the last refresh; 0 beyond
    readonly SparseHistogram _exempt = new(Bins);     // of peaks taken for anomalies: not learnt; numbers as of the last of them
    readonly double _retention;                       // of their number, a step
    readonly ToldAlarms _told;
    readonly ToldPeaks _peaks = new();
    double _exempted;                                 // their number, fading slowly
    int _sinceAnomaly = int.MaxValue;                 // steps since the last of them
    double _age;                                      // steps, fading as slowly
    double _weight = 1;                               // of what enters now
    double _steps;                                    // n, in units as the histogram
    double _tailPeaks, _tailExcess, _threshold;       // k, Σ, u
    double _rate;                                     // ln of the rate at u
    bool _inside, _alarmed;                           // in an episode; an alarm was open in it
    int _quiet, _length;                              // steps: below UnusualMargin in a row, of the episode
    double _peak;                                     // of the episode
    long _alarm;                                      // the last one of it
    long _taken;                                      // steps

    /// <param name="spec">Valid.</param>
    /// <param name="told">What people say of the alarms; null: nothing.</param>
    public Episodes(BudgetSpec spec, ToldAlarms? told = null)
    {
        (_spec, _told) = (spec, told ?? new ToldAlarms());
        _retention = 1 - 1 / spec.LongMemory;
        Refresh(1);
    }

    /// <summary>Episodes seen, unweighted.</summary>
    public long Count { get; private set; }

    /// <summary>Of the budget, (0, 1]; others have the rest, with episodes of their own.</summary>
    public double Share { get; set; } = 1;

    /// <summary>Independent looks that the prior on the rate weighs at the least.</summary>
    public double PriorLooks { get; init; }

    /// <summary>Independent looks a step over all scores.</summary>
    public double Looks { get; set; } = 1;

    /// <summary>
    /// ln of the rate of episodes that peak above J, per step: by counting below the threshold u; above it with the tail of an
    /// exponential law whose scale has a Gamma prior that is integrated out, (1 + (J − u)/(k₀ + Σ))^−(k₀ + k) times the rate at u.
    /// </summary>
    public double LogRate(double margin)
    {
        if (margin >= _threshold)
        {
            double scale = _spec.PeakPrior + _tailExcess;
            double rate = _rate - (_spec.PeakPrior + _tailPeaks) * Math.Log(1 + (margin - _threshold) / scale);
            // Where peaks were counted, the tail must not say that there are fewer.
            double steps = _steps / _weight, counted = Weight(_above, margin);
            if (_exempted > 0 && _exempted >= Allowance - 1) counted += ExemptAbove(_spec.Alike * margin) * steps / (_age + 1);
            return Math.Max(rate, Math.Log(LeastExpected(counted) / (steps + 1)));
        }
        double count = Weight(_above, margin);
        return Math.Log((count + Prior * Looks * Math.Exp(-margin)) / (_steps / _weight + Prior));
    }

    /// <summary>Takes the joint margin of a step.</summary>
    /// <param name="margin">J.</param>
    /// <param name="growth">Of the weights, > 1.</param>
    /// <param name="alarmOpen">Whether an alarm is open at this step.</param>
    /// <param name="alarm">Its opening step.</param>
    public void Step(double margin, double growth, bool alarmOpen, long alarm = 0)
    {
        _taken++;
        _weight *= growth;
        _steps += _weight;
        _age = _age * _retention + 1;
        _exempted *= _retention;
        if (_sinceAnomaly < int.MaxValue) _sinceAnomaly++;
        if (!_inside && margin > _spec.UnusualMargin) (_inside, _alarmed, _peak, _quiet, _length) = (true, false, 0, 0, 0);
        if (_inside)
        {
            _length++;
            _peak = Math.Max(_peak, margin);
            if (alarmOpen) (_alarmed, _alarm) = (true, alarm);
            _quiet = margin > _spec.UnusualMargin ? 0 : _quiet + 1;
            if (_quiet >= _spec.EpisodeGap || _length >= _spec.EpisodeLimit) End();
        }
        if (_weight > 1.01) Refresh(_weight);
    }

    /// <summary>No step follows the last one: what was going on has ended with it.</summary>
    public void Break()
    {
        if (_inside) End();
    }

    // Peaks that alarmed are learnt, or the tail would fit ever lower and the rate run away. Exempt are those far out, as true
    // anomalies are, while they are few. Their number fades at one rate from the first step on: the weights of a young
    // histogram grow so fast that half of them would be forgotten as they come.
    void End()
    {
        _inside = false;
        // An incident alarms at its beginning and again at its end: it is counted once.
        if (_alarmed && _sinceAnomaly < _spec.EpisodeLimit) return;
        PeakFate fate = Fate();
        int bin = Bin(_peak);
        if (_alarmed) _peaks.Add(_alarm, bin, (float)_weight, _taken, fate);
        if (fate != PeakFate.Counted) _sinceAnomaly = 0;
        if (fate == PeakFate.Exempt)
        {
            if (_exempted > 0) _exempt.Scale((float)_exempted / _exempt.Sum());
            _exempted++;
            _exempt.Add(bin, 1);
        }
        if (fate != PeakFate.Counted) return;
        Count++;
        _histogram.Add(bin, (float)_weight);
        Refresh(_weight);
    }

    // Logarithm of the rate below which an alarm is far out.
    double FarOut => _spec.FarOut * Math.Log(_spec.AlarmsPerStep) + Math.Log(Share);

    // Weight of the prior in steps. Where looks are few, that none was seen in some thousand steps tells little.
    double Prior => Math.Max(_spec.RatePrior, PriorLooks / Math.Max(Looks, 1e-4));

    PeakFate Fate()
    {
        Verdict said = _alarmed ? _told.Of(_alarm) : Verdict.Normal;
        if (said == Verdict.Anomaly) return PeakFate.Confirmed;
        return said == Verdict.None && LogRate(_peak) < FarOut && _exempted < Allowance ? PeakFate.Exempt : PeakFate.Counted;
    }

    /// <summary>What a person said of an alarm holds of the peaks that it had: they count from now on as what they were.</summary>
    /// <param name="alarm">Its opening step.</param>
    public void Take(long alarm)
    {
        PeakFate wanted = _told.Of(alarm) == Verdict.Anomaly ? PeakFate.Confirmed : PeakFate.Counted;
        for (int i = 0; i < _peaks.Count; i++)
        {
            (long of, int bin, float weight, long step, PeakFate fate) = _peaks[i];
            if (fate == PeakFate.None || of != alarm || fate == wanted) continue;
            if (fate == PeakFate.Exempt) Readmit(bin, step);
            if (fate == PeakFate.Counted)
            {
                Count--;
                _histogram.Add(bin, -Math.Min(weight, _histogram[bin]));
            }
            if (wanted == PeakFate.Counted)
            {
                Count++;
                _histogram.Add(bin, weight);
            }
            _peaks.Set(i, wanted);
        }
        Refresh(_weight);
    }

    // Takes back that the feed's own anomalies have become one more: what is left of it since.
    void Readmit(int bin, long step)
    {
        if (!(_exempted > 0)) return;
        double left = Math.Min(_exempted, Math.Pow(_retention, _taken - step));
        _exempt.Scale((float)_exempted / _exempt.Sum());
        _exempt.Add(bin, -Math.Min((float)left, _exempt[bin]));
        _exempted = _exempt.Sum() > 0 ? _exempted - left : 0;
    }

    // The first few, and those that come seldom; in the long run, a part of what the budget allows.
    double Allowance => Math.Min(
        _spec.FirstAnomalies + _age / _spec.AnomalyGap,
        _spec.MostAnomalies + _spec.AnomalyShare * Share * _spec.AlarmsPerStep * _age);

    // J at an edge, and the other way round.
    double Edge(double bin) => _spec.UnusualMargin + BinWidth * (bin <= EvenBins ? bin : EvenBins * Math.Exp(Ratio * (bin - EvenBins)));

    double Place(double margin)
    {
        double place = Math.Max(0, (margin - _spec.UnusualMargin) / BinWidth);
        return Math.Min(place <= EvenBins ? place : EvenBins + Math.Log(place / EvenBins) / Ratio, Bins - .5);
    }

    int Bin(double margin) => (int)Place(margin);

    double Weight(GrowingBuffer edges, double margin)
    {
        double place = Place(margin);
        int bin = (int)place;
        Span<float> above = edges.Values;
        float low = bin < above.Length ? above[bin] : 0, high = bin + 1 < above.Length ? above[bin + 1] : 0;
        return low + (place - bin) * (high - low);
    }

    // How many of the exempt peaked above J.
    double ExemptAbove(double margin)
    {
        int bin = Bin(margin);
        double above = .5 * _exempt[bin];
        for (int higher = bin + 1; higher < _exempt.High; higher++) above += _exempt[higher];
        return _exempted * above / _exempt.Sum();
    }

    // Lower bound of the mean of a Poisson law of which this count was seen (Wilson and Hilferty 1931, doi:10.1073/pnas.17.12.684).
    double LeastExpected(double count)
    {
        if (count < .5) return 0;
        double root = 1 - 1 / (9 * count) - _spec.CountConfidence / (3 * Math.Sqrt(count));
        return root > 0 ? count * root * root * root : 0;
    }

    void Refresh(double weight)
    {
        float fade = (float)(1 / weight);
        double sum = 0, excess = 0;
        int threshold = -1, edges = Math.Max(1, _histogram.High);
        _above.Resize(edges);
        Span<float> above = _above.Values;
        _histogram.Scale(fade);
        _peaks.Scale(fade);
        for (int bin = edges; bin-- > 0;)
        {
            sum += _histogram[bin];
            if (threshold < 0)
            {
                excess += _histogram[bin] * (Edge(bin + .5) - _spec.UnusualMargin);
                if (sum >= _spec.TailPeaks || bin == 0)
                    (threshold, _tailPeaks, _tailExcess) = (bin, sum, excess - sum * (Edge(bin) - _spec.UnusualMargin));
            }
            above[bin] = (float)sum;
        }
        _steps /= weight;
        _weight = 1;
        _threshold = Edge(threshold);
        _rate = Math.Log((_tailPeaks + Prior * Looks * Math.Exp(-_threshold)) / (_steps + Prior));
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _histogram.Carry(ref state);
        _exempt.Carry(ref state);
        _above.Carry(ref state, Bins);
        state.Carry(ref _weight);
        state.Carry(ref _steps);
        state.Carry(ref _exempted);
        state.Carry(ref _age);
        state.Carry(ref _sinceAnomaly);
        state.Carry(ref _tailPeaks);
        state.Carry(ref _tailExcess);
        state.Carry(ref _threshold);
        state.Carry(ref _rate);
        state.Carry(ref _inside);
        state.Carry(ref _alarmed);
        state.Carry(ref _quiet);
        state.Carry(ref _length);
        state.Carry(ref _peak);
        Count = state.Carried(Count);
        Looks = state.Carried(Looks);
        if (!state.Holds(6)) return;
        Share = state.Carried(Share);
        _peaks.Carry(ref state);
        state.Carry(ref _alarm);
        state.Carry(ref _taken);
    }
}
