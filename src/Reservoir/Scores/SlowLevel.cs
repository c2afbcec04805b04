namespace Esn;

/// <summary>
/// How far the mean of the last steps lies from where such means lay before: drifts so slow that a model follows them.
/// It is measured by the spread within those steps: where noise is louder for a while, its means wander more.
/// </summary>
public sealed record SlowLevelSpec : ScoreSpec
{
    /// <summary>Steps of the mean, 2 … 100,000; the reference is as many steps behind.</summary>
    public int Window { get; init; } = 256;

    /// <summary>Memory of the reference, in steps, 10 … 1e8.</summary>
    public double Memory { get; init; } = 20_000;

    /// <summary>
    /// Part of the usual spread in what the deviation is measured by, (0, 1]; the rest is the spread within the window, which is
    /// uncertain where noise is coloured.
    /// </summary>
    public double Steady { get; init; } = .3;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 2, 100_000);
        Require.Range(Memory, 10, 1e8);
        Require.Above(Steady, 0, 1);
    }

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(SlowLevelSpec spec, ScoreContext context)
        : Score(FormattableString.Invariant($"slow level {spec.Window}"), context.Channels, spec.Window)
    {
        readonly RunningMean _means = new(2 * context.Channels, spec.Window);
        readonly DelayedMean _reference = new(2 * context.Channels, spec.Window, spec.Memory, haste: 1);
        readonly BlockHistory _history = new(context.Channels, Math.Max(1, spec.Window / 4), ranges: true);
        readonly double[] _now = new double[2 * context.Channels];  // means, then variances within the window

        public override bool Ready => _reference.Ready;

        public override void Step(in ScoreInput step)
        {
            ReadOnlySpan<double> u = step.Input;
            Span<double> spread = _now.AsSpan(u.Length);
            _history.Add(u, step.Frozen, step.Muted);
            u.CopyTo(_now);
            for (int c = 0; c < u.Length; c++) spread[c] = u[c] * u[c];
            _means.Add(_now, _now);
            if (!_means.Full) return;
            for (int c = 0; c < u.Length; c++) spread[c] = Math.Max(0, spread[c] - _now[c] * _now[c]);
            _reference.Add(_now, step.Frozen);
            for (int c = 0; c < u.Length; c++)
            {
                double deviation = _now[c] - _reference.Mean[c], usual = _reference.Mean[u.Length + c];
                Squares[c] = deviation * deviation * (usual > 0 ? usual / (spec.Steady * usual + (1 - spec.Steady) * spread[c]) : 1);
            }
        }

        public override double Deviation(int channel) => Math.Abs(_now[channel] - _reference.Mean[channel]);

        public override Trend? Trend(int channel) => _history.Fit(channel, logarithm: false);

        public override bool Adapt(HeldChannels held)
        {
            if (_means.Full) _reference.Adapt(_now);
            return true;
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            _means.Carry(ref state);
            _reference.Carry(ref state);
            _history.Carry(ref state);
            state.Carry(_now);
        }
    }
}
