namespace Esn;

/// <summary>
/// e(A,B): the mean over the last B steps of the squared mean of the last A errors. The mean is signed: where noise is
/// white it averages out, and what a drift or a step leaves behind does not.
/// </summary>
public sealed record MeanErrorSpec : ScoreSpec
{
    /// <summary>A, 1 … 100,000.</summary>
    public int Average { get; init; } = 1;

    /// <summary>B, 1 … 100,000.</summary>
    public int Window { get; init; } = 1;

    /// <summary>Which of the readout's horizons, in steps.</summary>
    public int Horizon { get; init; } = 1;

    internal override int ReadoutHorizon => Horizon;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Average, 1, 100_000);
        Require.Range(Window, 1, 100_000);
        Require.Range(Horizon, 1, 100_000);
    }

    internal override bool JudgesErrors => true;

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State : Score
    {
        readonly int _offset;  // of the horizon's errors
        readonly RunningMean _signed, _mean;

        public State(MeanErrorSpec spec, ScoreContext context)
            : base(FormattableString.Invariant($"error({spec.Average},{spec.Window}){(spec.Horizon == 1 ? "" : $" {spec.Horizon} ahead")}"),
                context.Channels, spec.Average + spec.Window - 1)
        {
            _offset = context.IndexOf(spec.Horizon) * context.Channels;
            (_signed, _mean) = (new RunningMean(context.Channels, spec.Average), new RunningMean(context.Channels, spec.Window));
        }

        public override bool Ready => _mean.Full;

        public override void Step(in ScoreInput step)
        {
            _signed.Add(step.Errors.Slice(_offset, Squares.Length), Squares);
            if (!_signed.Full) return;
            for (int c = 0; c < Squares.Length; c++) Squares[c] *= Squares[c];
            _mean.Add(Squares, Squares);
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            _signed.Carry(ref state);
            _mean.Carry(ref state);
        }
    }
}
