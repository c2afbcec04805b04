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

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(MedianErrorSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"median error {spec.Window}"), context.Channels, spec.Window)
    {
        readonly int _offset = context.IndexOf(1) * context.Channels;
        readonly double[] _recent = new double[spec.Window * context.Channels];  // e², rings [channels×B]
        readonly ushort[] _order = new ushort[spec.Window * context.Channels];  // places in the ring, by ascending e² [channels×B]
        readonly long[] _counts = new long[context.Channels];                    // errors taken: a missing value has none
        long _count;

        public override bool Ready => _count >= spec.Window;

        public override void Step(in ScoreInput step)
        {
            for (int c = 0; c < Squares.Length; c++)
            {
                if (!step.Missing.IsEmpty && step.Missing[c]) continue;
                int at = (int)(_counts[c] % spec.Window), kept = (int)Math.Min(_counts[c]++, spec.Window);
                double square = step.Errors[_offset + c] * step.Errors[_offset + c];
                Span<double> recent = _recent.AsSpan(c * spec.Window, spec.Window);
                Span<ushort> order = _order.AsSpan(c * spec.Window, spec.Window);
                int held = kept;
                if (kept == spec.Window)
                {
                    int oldest = order.IndexOf((ushort)at);
                    order[(oldest + 1)..].CopyTo(order[oldest..]);
                    held--;
                }
                int low = 0, high = held;
                while (low < high)
                {
                    int middle = (low + high) / 2;
                    if (recent[order[middle]] <= square) low = middle + 1;
                    else high = middle;
                }
                order[low..held].CopyTo(order[(low + 1)..]);
                (order[low], recent[at]) = ((ushort)at, square);
                Squares[c] = recent[order[held / 2]];
            }
            _count++;
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            state.Carry(_recent);
            state.Carry(_counts);
            state.Carry(ref _count);
            if (!state.Loading) return;
            for (int c = 0; c < Squares.Length; c++)
            {
                int kept = (int)Math.Min(_counts[c], spec.Window);
                Span<ushort> order = _order.AsSpan(c * spec.Window, kept);
                for (int i = 0; i < kept; i++) order[i] = (ushort)i;
                double[] squares = [.. _recent.AsSpan(c * spec.Window, kept)];
                squares.AsSpan().Sort(order);
            }
        }
    }
}
