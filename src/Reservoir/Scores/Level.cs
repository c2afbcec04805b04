namespace Esn;

/// <summary>
/// How far each channel lies from its own level of before, as a mean over τ steps with limited increments: what most
/// faults of a plant do. The level stops to follow a channel that an open alarm concerns; the healthy ones go on.
/// </summary>
public sealed record Level : ScoreSpec
{
    /// <summary>τ, steps of the mean, 1 … 100,000.</summary>
    public int Window { get; init; } = 10;

    /// <summary>Steps by which the level is behind, 1 … 100,000.</summary>
    public int Lag { get; init; } = 30;

    /// <summary>Memory of the level, in steps, 1 … 1e8.</summary>
    public double Memory { get; init; } = 400;

    /// <summary>How far one step moves the mean.</summary>
    public IncrementLimitSpec Increments { get; init; } = new();

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 1, 100_000);
        Increments.Validate();
        Require.Range(Lag, 1, 100_000);
        Require.Range(Memory, 1, 1e8);
    }

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(Level spec, ScoreContext context)
        : Score(FormattableString.Invariant($"level {spec.Window}"), context.Channels, spec.Window)
    {
        readonly double[] _past = new double[spec.Lag * context.Channels];  // u of the last Lag steps, a ring
        readonly double[] _level = new double[context.Channels], _residual = new double[context.Channels];
        readonly double[] _learnt = new double[context.Channels];           // steps that each level has seen
        readonly LimitedMean _mean = new(context.Channels, spec.Window, spec.Increments);
        int _slot;
        long _count;

        public override bool Ready => _count > spec.Lag;

        public override void Step(in Moment moment)
        {
            Span<double> then = _past.AsSpan(_slot * _level.Length, _level.Length);
            if (_count++ >= spec.Lag)
            {
                for (int c = 0; c < _level.Length; c++)
                {
                    bool held = moment.Held[moment.Held.Length == 1 ? 0 : c];
                    if (!held) _level[c] += Math.Max(1 / ++_learnt[c], 1 / spec.Memory) * (then[c] - _level[c]);
                    _residual[c] = moment.Input[c] - _level[c];
                }
                _mean.Add(_residual);
            }
            moment.Input.CopyTo(then);
            _slot = _slot + 1 == spec.Lag ? 0 : _slot + 1;
            for (int c = 0; c < Squares.Length; c++) Squares[c] = _mean.Mean[c] * _mean.Mean[c];
        }

        public override void Adapt(ReadOnlySpan<bool> held)
        {
            for (int c = 0; c < _level.Length; c++)
            {
                if (!held[held.Length == 1 ? 0 : c]) continue;
                _level[c] += _mean.Mean[c];
                _mean.Reset(c);
            }
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            state.Carry(_past);
            state.Carry(_level);
            state.Carry(_learnt);
            _mean.Carry(ref state);
            state.Carry(ref _slot);
            state.Carry(ref _count);
        }
    }
}
