namespace Esn;

/// <summary>
/// The width of the noise: the median of the last B squared distances from one value of a channel to its next, the lower one of two.
/// Beside noise, steps, levels and slow changes do not move it, whatever the model makes of them; noise that grew does.
/// </summary>
public sealed record SpreadSpec : ScoreSpec
{
    /// <summary>B, 3 … 1000.</summary>
    public int Window { get; init; } = 40;

    /// <summary>
    /// Whether noise that vanished is told, in place of noise that grew: by the reciprocal of that squared distance which nine in ten of
    /// the last B do not pass, as of a channel with few values most may well be 0. A channel that often has no noise, such as a reading
    /// between two counts, or none but that of a last digit that seldom changes, and by one, is not judged: it did not lose any.
    /// </summary>
    [Later]
    public bool Vanished { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 3, 1000);
    }

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(SpreadSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"{(spec.Vanished ? "quiet" : "spread")} {spec.Window}"), context.Channels, spec.Window + 1)
    {
        const double Least = 4e-4;  // squared distance that is none, in squared units of the scaled feed
        const double Rounding = 1e-9;  // a distance that is but that of binary fractions
        const double Nearly = .9;
        const double Mostly = .6;   // noise as wide as a count leaves it at less than half of the steps, and hardly ever at so many
        const double Count = 1.5;   // finest steps of a reading: what is no more than one of them, which need not be quite alike
        const double Seldom = .02;  // of the frames of late: so often, and in two windows more, one that is judged may have had no noise
        const double Late = 4000;   // frames

        readonly RunningQuantile _width = new(context.Channels, spec.Window, spec.Vanished ? Nearly : .5);
        readonly double[] _previous = NotYet(context.Channels);  // value; NaN: there was none
        readonly double[] _finest = NotYet(spec.Vanished ? context.Channels : 0);     // the least distance that is one; NaN: none yet
        readonly double[] _still = new double[spec.Vanished ? context.Channels : 0];  // frames of late without noise, but for alarms
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
                if (double.IsNaN(distance)) continue;
                double width = _width.Add(c, distance * distance);
                if (!spec.Vanished)
                {
                    Squares[c] = width;
                    continue;
                }
                distance = Math.Abs(distance);
                // It fades upwards: one odd value is not the last digit for good.
                if (distance > Rounding) _finest[c] = distance >= _finest[c] * (1 + 1 / Late) ? _finest[c] * (1 + 1 / Late) : distance;
                double most = Count * _finest[c];
                bool still = width < Least || (width < most * most && _width.Of(c, Mostly) < Least);
                _still[c] = _still[c] * (1 - 1 / Late) + (still && !step.Frozen && _count > spec.Window ? 1 : 0);
                Squares[c] = _still[c] > 2 * spec.Window + Seldom * Math.Min(_count, Late) ? double.NaN : 1 / (width + Least);
            }
            _count++;
        }

        // Noise that vanished is no deviation in units of the feed: like a sensor that froze, it is told whatever the least of these is.
        public override double Deviation(int channel) => spec.Vanished ? double.PositiveInfinity : base.Deviation(channel);

        public override void CarryWindows(ref StateCarrier state)
        {
            _width.Carry(ref state);
            state.Carry(_previous);
            state.Carry(_still);
            state.Carry(_finest);
            state.Carry(ref _count);
        }
    }
}
