namespace Esn;

/// <summary>
/// Mean squared error of the free run begun T steps ago, against all T frames since  (eq. 5). It speaks of step t−T/2 and
/// is known at t; between two runs the last finished one stands. A run that leaves the range in which the feed keeps tells nothing.
/// </summary>
public sealed record FreeRunErrorSpec : ScoreSpec
{
    /// <summary>T, 1 … 10,000.</summary>
    public int Length { get; init; } = 25;

    internal override int FreeRunLength => Length;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Length, 1, 10_000);
    }

    internal override bool JudgesErrors => true;

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(FreeRunErrorSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"free run {spec.Length}"), context.Channels, spec.Length)
    {
        readonly FreeRuns _runs = context.Runs ?? throw new ArgumentException("the stream has no free runs");
        readonly int _length = context.Runs.IndexOf(spec.Length);
        bool _ready;

        public override bool Ready => _ready;

        public override void Step(in ScoreInput step) => _ready = _runs.Finished(_length, Squares);

        public override void CarryWindows(ref StateCarrier state)
        {
            state.Carry(ref _ready);
        }
    }
}
