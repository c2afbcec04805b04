namespace Esn;

/// <summary>State of <see cref="LevelSpec"/>.</summary>
/// <param name="spec">Valid.</param>
/// <param name="context">Of the stream.</param>
sealed class LevelScore(LevelSpec spec, ScoreContext context)
    : Score(FormattableString.Invariant($"level {spec.Window}"), context.Channels, spec.Window)
{
    const int Young = 50;   // frames that the level follows in full
    const double Most = 4;  // limits of the mean's increments beyond which a frame teaches no more of the level

    readonly RecentSteps<double> _past = new(spec.Lag, context.Channels);  // u
    readonly double[] _level = new double[context.Channels], _residual = new double[context.Channels];
    readonly double[] _learnt = new double[context.Channels];           // steps that each level has seen
    readonly LimitedMean _mean = new(context.Channels, spec.Window, spec.Increments);
    readonly NoiseWidth? _noise = spec.Widening > 0
        ? new NoiseWidth(context.Channels, spec.WidthWindow, spec.WidthSteps, spec.WidthMemory)
        : null;
    readonly int[] _held = new int[context.Channels];                   // steps in a row that an alarm holds the channel
    readonly int[] _near = new int[context.Channels];                   // steps in a row that its deviation is near 0 in it
    readonly int[] _settling = new int[context.Channels];               // steps left to find the new level
    readonly double[] _fault = new double[context.Channels];            // mean deviation since an alarm holds the channel
    long _count;

    public override bool Ready => _count > spec.Lag;

    public override void Step(in ScoreInput step)
    {
        Span<double> then = _past.Oldest;
        if (_count++ >= spec.Lag)
        {
            _noise?.Add(step.Input, step.Held);
            for (int c = 0; c < _level.Length; c++)
            {
                bool held = step.Held[c];
                TrackReturn(c, held);
                if (_settling[c] > 0) FindNewLevel(c);
                else if (!held) Follow(c, then[c]);
                _residual[c] = step.Input[c] - _level[c];
            }
            _mean.Add(_residual);
        }
        step.Input.CopyTo(then);
        _past.Advance();
        for (int c = 0; c < Squares.Length; c++)
        {
            double deviation = _mean.Mean[c];
            if (_noise is not null) deviation /= Math.Pow(_noise.Of(c), spec.Widening);
            Squares[c] = _settling[c] > 0 ? double.NaN : deviation * deviation;
        }
    }

    public override double Deviation(int channel) => Math.Abs(_mean.Mean[channel]);

    public override bool Adapt(HeldChannels held)
    {
        for (int c = 0; c < _level.Length; c++)
            if (held[c]) TakeAsNormal(c);
        return true;
    }

    public override void Settle(HeldChannels held)
    {
        if (spec.Return == 0) return;
        for (int c = 0; c < _level.Length; c++)
            if (held[c]) _settling[c] = spec.Settling;
    }

    // A held channel has returned once its deviation stayed near 0, as a part of its mean deviation in this alarm, for a whole
    // window. The mean begins a window after the alarm: before, the deviation still rises.
    void TrackReturn(int c, bool held)
    {
        double deviation = _mean.Mean[c];
        _held[c] = held ? _held[c] + 1 : 0;
        int counted = _held[c] - spec.Window;
        _fault[c] = counted > 0 ? _fault[c] + (deviation - _fault[c]) / counted : deviation;
        bool near = counted > spec.Window && deviation * Math.Sign(_fault[c]) < spec.Return * Math.Abs(_fault[c]);
        _near[c] = near ? _near[c] + 1 : 0;
        Returned[c] = _near[c] >= spec.Window;
    }

    // A few frames that lie out of all proportion to the noise say nothing of the level: followed in full, they would leave it where the
    // feed is not, and the feed out of its level for as long as the level remembers.
    void Follow(int c, double input)
    {
        double away = input - _level[c], most = ++_learnt[c] > Young ? Most * _mean.LimitOf(c) : double.MaxValue;
        _level[c] += Math.Max(1 / _learnt[c], 1 / spec.Memory) * Math.Clamp(away, -most, most);
    }

    void FindNewLevel(int c)
    {
        _level[c] += spec.SettlingGain * _mean.Mean[c];
        if (--_settling[c] == 0) TakeAsNormal(c);
    }

    void TakeAsNormal(int c)
    {
        _level[c] += _mean.Mean[c];
        _mean.Reset(c);
    }

    public override void CarryWindows(ref StateCarrier state)
    {
        _past.Carry(ref state);
        state.Carry(_level);
        state.Carry(_learnt);
        _mean.Carry(ref state);
        _noise?.Carry(ref state);
        state.Carry(_held);
        state.Carry(_near);
        state.Carry(_settling);
        state.Carry(_fault);
        state.Carry(ref _count);
    }
}
