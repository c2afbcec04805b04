namespace Esn;

/// <summary>
/// The error of a forecast H steps ahead, straight from the readout (delayed RLS), as a mean over τ steps with limited
/// increments.
/// </summary>
public sealed record LimitedErrorSpec : ScoreSpec
{
    /// <summary>H, one of the readout's horizons, in steps.</summary>
    public int Horizon { get; init; } = 60;

    /// <summary>τ, steps of the mean, 1 … 100,000.</summary>
    public int Window { get; init; } = 10;

    /// <summary>How far one step moves the mean.</summary>
    public IncrementLimitSpec Increments { get; init; } = new();

    internal override int ReadoutHorizon => Horizon;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Horizon, 1, 100_000);
        Require.Range(Window, 1, 100_000);
        Increments.Validate();
    }

    internal override bool JudgesErrors => true;

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(LimitedErrorSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"{spec.Horizon} ahead {spec.Window}"), context.Channels, spec.Window)
    {
        readonly int _offset = context.IndexOf(spec.Horizon) * context.Channels;
        readonly LimitedMean _mean = new(context.Channels, spec.Window, spec.Increments);
        long _count;

        public override bool Ready => _count > spec.Horizon;

        public override void Step(in ScoreInput step)
        {
            if (_count++ >= spec.Horizon) _mean.Add(step.Errors.Slice(_offset, Squares.Length));
            for (int c = 0; c < Squares.Length; c++) Squares[c] = _mean.Mean[c] * _mean.Mean[c];
        }

        // The errors go on until the readout has learnt.
        public override bool Adapt(HeldChannels held)
        {
            for (int c = 0; c < Squares.Length; c++)
                if (held[c]) _mean.Reset(c);
            return false;
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            _mean.Carry(ref state);
            state.Carry(ref _count);
        }
    }
}
