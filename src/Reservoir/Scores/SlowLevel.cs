namespace Esn;

/// <summary>
/// How far the mean of the last steps lies from where such means lay before: drifts so slow that a model follows them.
/// </summary>
public sealed record SlowLevel : ScoreSpec
{
    /// <summary>Steps of the mean, 2 … 100,000; the reference is as many steps behind.</summary>
    public int Window { get; init; } = 256;

    /// <summary>Memory of the reference, in steps, 10 … 1e8.</summary>
    public double Memory { get; init; } = 20_000;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Window, 2, 100_000);
        Require.Range(Memory, 10, 1e8);
    }

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(SlowLevel spec, ScoreContext context)
        : Score(FormattableString.Invariant($"slow level {spec.Window}"), context.Channels, spec.Window)
    {
        readonly RunningMean _mean = new(context.Channels, spec.Window);
        readonly DelayedMean _reference = new(context.Channels, spec.Window, spec.Memory, haste: 1);
        readonly double[] _now = new double[context.Channels];

        public override bool Ready => _reference.Ready;

        public override void Step(in Moment moment)
        {
            _mean.Add(moment.Input, _now);
            if (!_mean.Full) return;
            _reference.Add(_now, moment.Frozen);
            for (int c = 0; c < _now.Length; c++) Squares[c] = (_now[c] - _reference.Mean[c]) * (_now[c] - _reference.Mean[c]);
        }

        public override void Adapt(ReadOnlySpan<bool> held)
        {
            if (_mean.Full) _reference.Adapt(_now);
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            _mean.Carry(ref state);
            _reference.Carry(ref state);
            state.Carry(_now);
        }
    }
}
