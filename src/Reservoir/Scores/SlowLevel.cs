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

    sealed class State : Score
    {
        readonly SlowLevel _spec;
        readonly RunningMean _mean;
        readonly double[] _now, _reference;  // [channels]
        readonly double[] _past;             // means of the last Window steps, a ring [window×channels]
        int _slot;
        long _learnt;
        int _clean;  // steps since the last that is not to be learnt

        public State(SlowLevel spec, ScoreContext context)
            : base(FormattableString.Invariant($"slow level {spec.Window}"), context.Channels, spec.Window)
        {
            _spec = spec;
            _mean = new RunningMean(context.Channels, spec.Window);
            (_now, _reference) = (new double[context.Channels], new double[context.Channels]);
            _past = new double[spec.Window * context.Channels];
        }

        public override bool Ready => _learnt >= _spec.Window;

        public override void Step(in Moment moment)
        {
            _mean.Add(moment.Input, _now);
            _clean = moment.Frozen ? 0 : Math.Min(_clean + 1, 2 * _spec.Window);
            if (!_mean.Full) return;
            Span<double> then = _past.AsSpan(_slot * _now.Length, _now.Length);
            if (_clean >= 2 * _spec.Window)
            {
                double gain = Math.Min(1, Math.Max(1 / _spec.Memory, 2.0 / ++_learnt));
                for (int c = 0; c < then.Length; c++) _reference[c] += gain * (then[c] - _reference[c]);
            }
            _now.CopyTo(then);
            _slot = _slot + 1 == _spec.Window ? 0 : _slot + 1;
            for (int c = 0; c < _now.Length; c++) Squares[c] = (_now[c] - _reference[c]) * (_now[c] - _reference[c]);
        }
    }
}
