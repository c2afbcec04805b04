namespace Esn;

/// <summary>
/// How far a channel lies outside the range it kept to so far, in units of that range. Inside, the distance to its nearer end
/// is learnt as what is usual and never alarms: a value just outside is nothing unusual then. Both ends are forgotten slowly:
/// they draw in towards the values.
/// </summary>
public sealed record OutOfRangeSpec : ScoreSpec
{
    /// <summary>Memory of the range, in steps, 10 … 1e8.</summary>
    public double Memory { get; init; } = 20_000;

    /// <summary>Steps that the range is learnt from before anything is outside of it, 2 … 1,000,000.</summary>
    public int Begin { get; init; } = 200;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Require.Range(Memory, 10, 1e8);
        Require.Range(Begin, 2, 1_000_000);
    }

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State(OutOfRangeSpec spec, ScoreContext context) : Score("out of range", context.Channels, 1)
    {
        readonly double[] _low = new double[context.Channels], _high = new double[context.Channels];
        readonly double[] _now = new double[context.Channels];
        long _learnt;

        public override bool Ready => _learnt > spec.Begin;

        public override void Step(in ScoreInput step)
        {
            step.Input.CopyTo(_now);
            for (int c = 0; c < _now.Length; c++)
            {
                double width = _high[c] - _low[c], beyond = Math.Max(_now[c] - _high[c], _low[c] - _now[c]);
                // A range without width is measured in units of the scaled feed.
                double part = beyond / (width > 0 ? width : 1);
                Squares[c] = part * Math.Abs(part);
                if (!step.Frozen) Learn(c);
            }
            if (!step.Frozen) _learnt++;
        }

        public override bool Adapt(HeldChannels held)
        {
            for (int c = 0; c < _now.Length; c++)
                if (held[c]) Widen(c);
            return true;
        }

        void Learn(int c)
        {
            if (_learnt == 0) (_low[c], _high[c]) = (_now[c], _now[c]);
            double fade = (_high[c] - _low[c]) / (2 * spec.Memory);
            _low[c] += fade;
            _high[c] -= fade;
            Widen(c);
        }

        void Widen(int c) => (_low[c], _high[c]) = (Math.Min(_low[c], _now[c]), Math.Max(_high[c], _now[c]));

        public override void CarryWindows(ref StateCarrier state)
        {
            state.Carry(_low);
            state.Carry(_high);
            state.Carry(_now);
            state.Carry(ref _learnt);
        }
    }
}
