namespace Esn;

/// <summary>
/// The median of the last B squared errors, the lower one of two: single outliers do not move it, however large, so that what lasts is
/// told of feeds whose jumps nobody can foretell. Values that are missing are none of the B.
/// </summary>
public sealed record MedianErrorSpec : ScoreSpec
{
    /// <summary>B, 3 … 1000.</summary>
    public int Window { get; init; } = 40;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 3, 1000);
    }

    internal override bool JudgesErrors => true;

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(MedianErrorSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"median error {spec.Window}"), context.Channels, spec.Window)
    {
        readonly int _offset = context.IndexOf(1) * context.Channels;
        readonly RunningQuantile _median = new(context.Channels, spec.Window);
        long _count;

        public override bool Ready => _count >= spec.Window;

        public override void Step(in ScoreInput step)
        {
            for (int c = 0; c < Squares.Length; c++)
            {
                if (!step.Missing.IsEmpty && step.Missing[c]) continue;
                double error = step.Errors[_offset + c];
                Squares[c] = _median.Add(c, error * error);
            }
            _count++;
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            _median.Carry(ref state);
            state.Carry(ref _count);
        }
    }
}
