namespace Esn;

/// <summary>
/// How far the mean of another score over many steps has risen above where such means lay before, in its logarithm; falls
/// teach how far it wanders, and alarm nobody: errors that grow so slowly that no step of them stands out.
/// </summary>
public sealed record SlowRiseSpec : ScoreSpec
{
    const double Most = 20;      // where means lay, times this: one outlier does little to the mean of many
    const double Floor = 1e-14;  // of a mean square, in units of the scaled feed: where rounding begins

    /// <summary>The score that is watched; its own tail and delay are not used.</summary>
    public ScoreSpec Of { get; init; } = new FreeRunErrorSpec();

    /// <summary>Steps of the mean, 2 … 100,000; the reference is as many steps behind.</summary>
    public int Window { get; init; } = 256;

    /// <summary>Memory of the reference, in steps, 10 … 1e8.</summary>
    public double Memory { get; init; } = 20_000;

    internal override int FreeRunLength => Of.FreeRunLength;

    internal override int ReadoutHorizon => Of.ReadoutHorizon;

    internal override bool WatchesErrors => Of.WatchesErrors;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Of.Validate();
        Require.Range(Window, 2, 100_000);
        Require.Range(Memory, 10, 1e8);
    }

    internal override Score Create(ScoreContext context) => new State(this, Of.Create(context), context);

    sealed class State(SlowRiseSpec spec, Score of, ScoreContext context)
        : Score(FormattableString.Invariant($"{of.Name} over {spec.Window}"), context.Channels, spec.Window)
    {
        readonly RunningMean _mean = new(context.Channels, spec.Window);
        readonly DelayedMean _reference = new(context.Channels, spec.Window, spec.Memory, haste: 2);  // a young model's errors fall
        readonly BlockHistory _history = new(spec.PerChannel ? context.Channels : 1, Math.Max(1, spec.Window / 4), ranges: false);
        readonly double[] _told = new double[context.Channels]; // last of the score that told anything
        readonly double[] _now = new double[context.Channels];  // ln of the mean

        public override bool Ready => _reference.Ready;

        public override void Step(in ScoreInput step)
        {
            of.Step(in step);
            if (!of.Ready) return;
            bool tells = !double.IsNaN(of.Squares[0]);
            if (tells) of.Squares.CopyTo(_told);
            double all = 0;
            foreach (double square in _told) all += square / _told.Length;
            _history.Add(spec.PerChannel ? _told : new ReadOnlySpan<double>(in all), step.Frozen, step.Muted);
            if (!tells) return;
            for (int c = 0; c < _now.Length; c++)
                _now[c] = _reference.Ready ? Math.Min(of.Squares[c], Most * Math.Exp(_reference.Mean[c])) : of.Squares[c];
            _mean.Add(_now, _now);
            if (!_mean.Full) return;
            for (int c = 0; c < _now.Length; c++) _now[c] = Math.Log(_now[c] + Floor);
            _reference.Add(_now, step.Frozen);
            for (int c = 0; c < _now.Length; c++)
            {
                double rise = _now[c] - _reference.Mean[c];
                Squares[c] = rise * Math.Abs(rise);
            }
        }

        public override string Of => of.Name;

        // Errors that fall are no anomaly.
        public override Trend? Trend(int channel) =>
            _history.Fit(spec.PerChannel ? channel : 0, logarithm: true) is { Slope: > 0 } trend ? trend : null;

        public override bool Adapt(HeldChannels held)
        {
            if (_mean.Full) _reference.Adapt(_now);
            return true;
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            of.Carry(ref state);
            _mean.Carry(ref state);
            _reference.Carry(ref state);
            _history.Carry(ref state);
            state.Carry(_now);
            if (state.Holds(6)) state.Carry(_told);
        }
    }
}
