namespace Esn;

/// <summary>
/// The median of the last B squared errors, the lower one of two: single outliers do not move it, however large, so that what lasts is
/// told of feeds whose jumps nobody can foretell.
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

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(MedianErrorSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"median error {spec.Window}"), context.Channels, spec.Window)
    {
        readonly int _offset = context.IndexOf(1) * context.Channels;
        readonly double[] _recent = new double[spec.Window * context.Channels];  // e², rings [channels×B]
        readonly double[] _sorted = new double[spec.Window * context.Channels];  // the same, ascending [channels×B]
        long _count;

        public override bool Ready => _count >= spec.Window;

        public override void Step(in ScoreInput step)
        {
            int at = (int)(_count % spec.Window), kept = (int)Math.Min(_count, spec.Window);
            for (int c = 0; c < Squares.Length; c++)
            {
                double square = step.Errors[_offset + c] * step.Errors[_offset + c];
                Span<double> sorted = _sorted.AsSpan(c * spec.Window, spec.Window);
                ref double oldest = ref _recent[c * spec.Window + at];
                int held = kept;
                if (kept == spec.Window)
                {
                    int old = sorted.BinarySearch(oldest);
                    sorted[(old + 1)..].CopyTo(sorted[old..]);
                    held--;
                }
                int place = sorted[..held].BinarySearch(square);
                if (place < 0) place = ~place;
                sorted[place..held].CopyTo(sorted[(place + 1)..]);
                sorted[place] = oldest = square;
                Squares[c] = sorted[held / 2];
            }
            _count++;
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            state.Carry(_recent);
            state.Carry(_sorted);
            state.Carry(ref _count);
        }
    }
}
