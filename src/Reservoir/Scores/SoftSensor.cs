namespace Esn;

/// <summary>
/// Each channel told from all others at the same step by a small reservoir that never sees it; its error as a mean over τ
/// steps with limited increments. A sensor that fails alone stands out, a plant that moves as a whole does not.
/// </summary>
public sealed record SoftSensorSpec : ScoreSpec
{
    /// <summary>The reservoir of each channel.</summary>
    public ReservoirSpec Reservoir { get; init; } = new() { Units = 30, Degree = 8, SpectralRadius = .9, LeakRates = [1, .3, .1, .03] };

    /// <summary>β² of each readout, (0, 1e12].</summary>
    public double Regularisation { get; init; } = 1000;

    /// <summary>τ, steps of the mean, 1 … 100,000.</summary>
    public int Window { get; init; } = 10;

    /// <summary>How far one step moves the mean.</summary>
    public IncrementLimitSpec Increments { get; init; } = new();

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Reservoir.Validate();
        Require.Above(Regularisation, 0, 1e12);
        Require.Range(Window, 1, 100_000);
        Increments.Validate();
    }

    internal override Score Create(ScoreContext context) => new State(this, context);

    sealed class State : Score
    {
        readonly EchoStateNetwork[] _networks;  // one a channel, of the others
        readonly Readout[] _readouts;
        readonly double[][] _regressors;        // z of each
        readonly double[] _others, _before, _residual, _error = new double[1];
        readonly LimitedMean _mean;
        bool _begun;

        public State(SoftSensorSpec spec, ScoreContext context)
            : base(FormattableString.Invariant($"soft sensor {spec.Window}"), context.Channels, spec.Window)
        {
            int channels = context.Channels, others = channels - 1;
            if (channels < 2) throw new ArgumentException("a soft sensor needs at least 2 channels");
            _networks = [.. Enumerable.Range(0, channels).Select(c =>
                EchoStateNetwork.Of(spec.Reservoir with { Seed = spec.Reservoir.Seed + 1 + c }, new RandomWeightsSpec(), others))];
            _readouts = [.. _networks.Select(network =>
                new Readout(network.Regressors, 1, new ReadoutSpec { Regularisation = spec.Regularisation }))];
            _regressors = [.. _networks.Select(network => new double[network.Regressors])];
            (_others, _before, _residual) = (new double[others], new double[_networks[0].Regressors], new double[channels]);
            _mean = new LimitedMean(channels, spec.Window, spec.Increments);
        }

        public override bool Ready => _begun;

        public override void Step(in ScoreInput step)
        {
            for (int c = 0; c < _readouts.Length; c++)
            {
                _regressors[c].CopyTo(_before, 0);
                step.Input[..c].CopyTo(_others);
                step.Input[(c + 1)..].CopyTo(_others.AsSpan(c));
                _networks[c].Step(default, _others, _before, _regressors[c]);
                // The readout tells the step after z; pushed before the frame is settled, that is the frame of z itself.
                _readouts[c].Push(_regressors[c]);
                _readouts[c].Settle(step.Input.Slice(c, 1), _error);
                if (step.Frozen) _readouts[c].Skip();
                else _readouts[c].Learn();
                _residual[c] = _error[0];
            }
            _begun = true;
            _mean.Add(_residual);
            for (int c = 0; c < Squares.Length; c++) Squares[c] = _mean.Mean[c] * _mean.Mean[c];
        }

        // The errors go on until the readout has learnt.
        public override bool Adapt(HeldChannels held)
        {
            for (int c = 0; c < Squares.Length; c++)
                if (held[c]) _mean.Reset(c);
            return false;
        }

        public override void CarryWindows(ref StateCarrier state)
        {
            foreach (Readout readout in _readouts) readout.Carry(ref state);
            foreach (double[] regressor in _regressors) state.Carry(regressor);
            _mean.Carry(ref state);
            state.Carry(ref _begun);
        }
    }
}
