namespace Esn;

/// <summary>
/// How far each channel lies from its own level of before, as a mean over τ steps with limited increments: what most
/// faults of a plant do. The level stops to follow a channel that an open alarm concerns; the healthy ones go on.
/// </summary>
public sealed record LevelSpec : ScoreSpec
{
    /// <summary>τ, steps of the mean, 1 … 100,000.</summary>
    public int Window { get; init; } = 10;

    /// <summary>Steps by which the level is behind, 1 … 100,000.</summary>
    public int Lag { get; init; } = 30;

    /// <summary>Memory of the level, in steps, 1 … 1e8.</summary>
    public double Memory { get; init; } = 400;

    /// <summary>How far one step moves the mean.</summary>
    public IncrementLimitSpec Increments { get; init; } = new();

    /// <summary>How much of it is put down to noise where a channel's noise is wider than usual, [0, 1]: it is divided by the width to this power.</summary>
    public double Widening { get; init; }

    /// <summary>Steps over which the present width of the noise is taken, 1 … 100,000.</summary>
    public double WidthWindow { get; init; } = 20;

    /// <summary>Steps that fix the usual width, 1 … 1,000,000; a plain mean of all would follow noise that grew.</summary>
    public int WidthSteps { get; init; } = 370;

    /// <summary>Memory of the usual width after those, in steps, 1 … 1e8.</summary>
    public double WidthMemory { get; init; } = 20_000;

    /// <summary>
    /// Part of its mean deviation in an alarm below which a channel has left the fault, [0, 1]: what ended often leaves a plant
    /// at another level. 0 = only when it is back to normal.
    /// </summary>
    public double Return { get; init; }

    /// <summary>Steps in which a channel that left a fault so finds its new level and tells of nothing, 0 … 100,000.</summary>
    public int Settling { get; init; } = 60;

    /// <summary>Part of its deviation by which the level follows in each of these steps, (0, 1].</summary>
    public double SettlingGain { get; init; } = .05;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 1, 100_000);
        Increments.Validate();
        Require.Range(Lag, 1, 100_000);
        Require.Range(Memory, 1, 1e8);
        Require.Range(Widening, 0, 1);
        Require.Range(WidthWindow, 1, 100_000);
        Require.Range(WidthSteps, 1, 1_000_000);
        Require.Range(WidthMemory, 1, 1e8);
        Require.Range(Return, 0, 1);
        Require.Range(Settling, 0, 100_000);
        Require.Above(SettlingGain, 0, 1);
    }

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(LevelSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"level {spec.Window}"), context.Channels, spec.Window)
    {
        readonly RecentSteps<double> _past = new(spec.Lag, context.Channels);  // u
        readonly double[] _level = new double[context.Channels], _residual = new double[context.Channels];
        readonly double[] _learnt = new double[context.Channels];           // steps that each level has seen
        readonly LimitedMean _mean = new(context.Channels, spec.Window, spec.Increments);
        readonly NoiseWidth? _noise = spec.Widening > 0 ? new NoiseWidth(context.Channels, spec.WidthWindow, spec.WidthSteps, spec.WidthMemory) : null;
        readonly int[] _held = new int[context.Channels], _near = new int[context.Channels];  // steps in a row
        readonly int[] _settling = new int[context.Channels];               // steps left
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
                    Watch(c, held);
                    if (_settling[c] > 0) Settle(c);
                    else if (!held) _level[c] += Math.Max(1 / ++_learnt[c], 1 / spec.Memory) * (then[c] - _level[c]);
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
                if (held[c]) Accept(c);
            return true;
        }

        public override void Settle(HeldChannels held)
        {
            if (spec.Return == 0) return;
            for (int c = 0; c < _level.Length; c++)
                if (held[c]) _settling[c] = spec.Settling;
        }

        // The first steps of an alarm are the rise: the mean deviation begins after them.
        void Watch(int c, bool held)
        {
            double deviation = _mean.Mean[c];
            _held[c] = held ? _held[c] + 1 : 0;
            int counted = _held[c] - spec.Window;
            _fault[c] = counted > 0 ? _fault[c] + (deviation - _fault[c]) / counted : deviation;
            bool near = counted > spec.Window && deviation * Math.Sign(_fault[c]) < spec.Return * Math.Abs(_fault[c]);
            _near[c] = near ? _near[c] + 1 : 0;
            Returned[c] = _near[c] >= spec.Window;
        }

        void Settle(int c)
        {
            _level[c] += spec.SettlingGain * _mean.Mean[c];
            if (--_settling[c] == 0) Accept(c);
        }

        void Accept(int c)
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
}
