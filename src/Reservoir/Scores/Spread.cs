namespace Esn;

/// <summary>
/// The width of the noise: the median of the last B squared distances from one value of a channel to its next, the lower one of two.
/// Beside noise, steps, levels and slow changes do not move it, whatever the model makes of them; noise that grew does.
/// </summary>
public sealed record SpreadSpec : ScoreSpec
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

    sealed class State(SpreadSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"spread {spec.Window}"), context.Channels, spec.Window + 1)
    {
        readonly RunningMedian _median = new(context.Channels, spec.Window);
        readonly double[] _previous = NotYet(context.Channels);  // value; NaN: there was none
        long _count;

        public override bool Ready => _count > spec.Window;

        static double[] NotYet(int channels)
        {
            double[] none = new double[channels];
            none.AsSpan().Fill(double.NaN);
            return none;
        }

        public override void Step(in ScoreInput step)
        {
            for (int c = 0; c < Squares.Length; c++)
            {
                if (!step.Missing.IsEmpty && step.Missing[c]) continue;
                double distance = step.Input[c] - _previous[c];
                _previous[c] = step.Input[c];
                if (!double.IsNaN(distance)) Squares[c] = _median.Add(c, distance * distance);
            }
            _count++;
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            _median.Carry(ref state);
            state.Carry(_previous);
            state.Carry(ref _count);
        }
    }
}
