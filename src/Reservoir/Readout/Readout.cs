namespace Esn;

/// <summary>
/// W_out, trained by recursive least squares with forgetting (eqs. 2 and 3), for several horizons at once and as late as
/// wanted: after every step the minimiser of Σ λ^(T−t) ‖W_h z(t−h) − u(t)‖² + λ^T β²‖W_h‖². One P serves all of them.
/// </summary>
/// <remarks>
/// S. Haykin, Adaptive Filter Theory, ch. 10. The gain of z(t) depends on z alone: it waits in a ring until the frame h
/// steps later is there (for h > 1 this is the recursion with a delayed error, not the minimiser itself). Forgetting
/// happens only while trace(P) ≤ limit·D/β²: on constant, zero or periodic input the directions that are not excited
/// would otherwise grow as λ^−t for ever (wind-up).
/// <para>Where it learns in turns, what is due waits for the next: see <see cref="Turns"/>.</para>
/// <para>A step is <see cref="Settle"/>, then <see cref="Learn"/> or <see cref="Skip"/>, then <see cref="Push"/>.</para>
/// <para>The bits of all results depend on the sequence of steps alone: not on <see cref="Begin"/>, the number of threads
/// or the machine's vector width. Not thread-safe; nothing is allocated per step.</para>
/// <para>The innovation variance λ + zᵀPz and the diagonal of P must stay positive. Where rounding has broken that, P starts
/// again as I/β² with W_out as it is, and <see cref="Recoveries"/> counts it. Frames too large to be squared are not
/// learnt, and <see cref="Refusals"/> counts them. No result is ever infinite or NaN.</para>
/// </remarks>
sealed unsafe class Readout
{
    /// <summary>Errors and predictions are limited to ± this, so that their squares are finite.</summary>
    public const double Limit = 1e150;

    /// <summary>Most regressors: P has as many rows.</summary>
    internal const int MostRegressors = 40_000;

    const double LargestSquare = 1e300;  // of a regressor's norm

    readonly PackedInverse _inverse;
    readonly ReadoutWeights _weights;
    readonly BlockProducts _products;
    readonly Kernel _kernel;
    readonly int[] _horizons;
    readonly int _delay, _padded;       // G; D rounded up to blocks of 8
    readonly Turns _turns;              // at which it learns
    uint _due;                          // whether what fell due at a step is to be learnt: bit (step mod turns.Every)
    readonly Ring _states;              // z(t)
    readonly Ring _gains;               // the gain of z(t), where it was made
    readonly long[] _gainOf;            // the step whose gain lies here, or −1 [ring]
    readonly double[] _targets;         // u [G+1 × outputs]
    readonly double[] _errors;          // of the last Settle, not limited [horizons×outputs]
    readonly double[] _next;            // W z of the newest z for the first horizon, not limited [outputs]
    long _time = -1;                    // of the last frame settled
    long _first;                        // frames before this one are not learnt any more

    /// <param name="regressors">D, length of z.</param>
    /// <param name="outputs">Length of u.</param>
    /// <param name="spec">Validated here.</param>
    public Readout(int regressors, int outputs, ReadoutSpec spec) : this(regressors, outputs, spec, Kernel.Best) { }

    /// <param name="regressors">D, length of z.</param>
    /// <param name="outputs">Length of u.</param>
    /// <param name="spec">Validated here.</param>
    /// <param name="turns">At which it learns.</param>
    public Readout(int regressors, int outputs, ReadoutSpec spec, Turns turns) : this(regressors, outputs, spec, Kernel.Best, turns) { }

    internal Readout(int regressors, int outputs, ReadoutSpec spec, Kernel kernel, Turns? turns = null)
    {
        spec.Validate();
        Require.Range(regressors, 1, MostRegressors);
        Require.Range(outputs, 1, 1_000_000);
        (_kernel, Regressors, Outputs, _delay) = (kernel, regressors, outputs, spec.Delay);
        _horizons = [.. spec.Horizons];
        _turns = turns ?? Turns.Always;
        Require.Range(_turns.Every, 1, Turns.Most);
        _inverse = new PackedInverse(regressors, spec.Regularisation, spec.ForgettingFactor, spec.TraceLimit, kernel, _turns);
        _padded = _inverse.Padded;
        int longest = _horizons[^1];
        _states = new Ring(longest + _delay + _turns.Every - 1, _padded);
        _gains = new Ring(longest + (ReadoutWeights.IsDeferred(outputs) ? _inverse.Period : 0), _padded);
        _weights = new ReadoutWeights(_horizons.Length, outputs, _padded, _inverse.Period, _gains, kernel);
        _gainOf = new long[_gains.Steps];
        Array.Fill(_gainOf, -1);
        _targets = new double[(_delay + _turns.Every) * outputs];
        _errors = new double[_horizons.Length * outputs];
        _next = new double[outputs];
        _products = new BlockProducts(_inverse, _weights, _states, _horizons.Length, regressors);
    }

    /// <summary>D, length of z.</summary>
    public int Regressors { get; }

    /// <summary>Length of u.</summary>
    public int Outputs { get; }

    /// <summary>trace(P).</summary>
    public double Trace => _inverse.Trace;

    /// <summary>How many times P was made anew because rounding had cost its positive definiteness.</summary>
    public long Recoveries { get; private set; }

    /// <summary>Frames that were not learnt, in part or whole, because a number in them was too large.</summary>
    public long Refusals { get; private set; }

    /// <summary>Whether W_out takes in each update at once, as it does with few outputs, so that <see cref="Row"/> is all of it.</summary>
    internal bool UpdatesAtOnce => !_weights.Deferred;

    /// <summary>Whether a block's products may take a second thread (from D = 512, or 32 outputs); on where there are two.</summary>
    public bool Parallel
    {
        get => _inverse.Parallel;
        set => _inverse.Parallel = _weights.Parallel = value;
    }

    /// <summary>Bytes of the state: P with its pending columns, W_out and the rings.</summary>
    public long Bytes => _inverse.Bytes + _weights.Bytes + _states.Bytes + _gains.Bytes
        + sizeof(double) * (_gainOf.Length + _targets.Length + _errors.Length + _next.Length);

    /// <summary>Whether updates of W_out wait, as they do with many outputs.</summary>
    internal static bool UpdatesWait(int outputs) => ReadoutWeights.IsDeferred(outputs);

    /// <summary>Bytes of such a readout, about, without making it.</summary>
    internal static long EstimatedBytes(int regressors, int outputs, IReadOnlyList<int> horizons)
    {
        long padded = (regressors + 7) / 8 * 8, waiting = regressors < 128 ? 8 : 48, period = UpdatesWait(outputs) ? waiting : 1;
        return sizeof(double) * (padded * (padded + 8) / 2 + padded * waiting + horizons.Count * outputs * (padded + period)
            + 2L * (horizons[^1] + period) * padded);
    }

    /// <summary>A copy of W_out as learnt so far, [horizons·outputs × D], row by row.</summary>
    public ReadOnlySpan<double> Weights
    {
        get
        {
            var weights = new double[_horizons.Length * Outputs * Regressors];
            for (int h = 0; h < _horizons.Length; h++)
                _weights.CopyTo(h, Regressors, weights.AsSpan(h * Outputs * Regressors, Outputs * Regressors));
            GC.KeepAlive(this);
            return weights;
        }
    }

    /// <summary>
    /// A row of W_out for the first horizon, [D], where updates do not wait (few outputs); until the next <see cref="Learn"/>.
    /// </summary>
    internal ReadOnlySpan<double> Row(int output) => _weights.Row(0, output, Regressors);

    /// <summary>P, [D×D], as a copy: for tests and diagnoses.</summary>
    internal double[] InverseCovariance() => _inverse.ToDense();

    /// <summary>Announces the next n steps: the z's pushed will be these. Only speed depends on it.</summary>
    /// <param name="states">z(t) … z(t+n−1), [n×D], row by row, copied; t is the step whose u is settled next.</param>
    /// <param name="steps">n ≥ 0.</param>
    /// <exception cref="InvalidOperationException">The block announced before has not come to its end.</exception>
    public void Begin(ReadOnlySpan<double> states, int steps)
    {
        Require.Length(states.Length, steps * Regressors, nameof(states));
        if (_products.IsOpen) throw new InvalidOperationException("the block announced before has not come to its end");
        if (steps > 1) _products.Begin(states, _time + 1);
    }

    /// <summary>Takes u(t): what each horizon made of it, with W as learnt so far.</summary>
    /// <param name="u">u(t), [outputs], finite; NaN: it is not known, and its row of W does not learn from this step.</param>
    /// <param name="errors">u(t) − W_h z(t−h), [horizons×outputs], overwritten; 0 while z(t−h) or u(t) does not exist.</param>
    public void Settle(ReadOnlySpan<double> u, Span<double> errors)
    {
        Require.Length(u.Length, Outputs, nameof(u));
        Require.Length(errors.Length, _errors.Length, nameof(errors));
        u.CopyTo(Target(++_time));
        for (int h = 0; h < _horizons.Length; h++)
        {
            long source = _time - _horizons[h];
            Span<double> error = _errors.AsSpan(h * Outputs, Outputs);
            if (source < 0)
            {
                error.Clear();
                continue;
            }
            if (_horizons[h] == 1) _next.CopyTo(error);
            else Multiply(h, source, BlockProducts.Use.Error, _time, error);
            for (int i = 0; i < error.Length; i++) error[i] = double.IsNaN(u[i]) ? 0 : u[i] - error[i];
        }
        CopyLimited(_errors, errors);
        GC.KeepAlive(this);
    }

    /// <summary>Learns the frame of G steps ago, now or at the next turn.</summary>
    public void Learn() => EndStep(learns: _time - _delay - 1 >= _first);

    /// <summary>
    /// Instead of <see cref="Learn"/>: what waits in the ring is dropped, as a source and as a target. What fell due before and waits for
    /// its turn is learnt then.
    /// </summary>
    public void Skip()
    {
        _first = _time + 1;
        EndStep(learns: false);
    }

    void EndStep(bool learns)
    {
        _due = learns ? _due | Due(_time) : _due & ~Due(_time);
        if (_turns.At(_time))
        {
            long first = Math.Max(0, _time - _turns.Every + 1);
            if (_turns.Every > 1) _products.BeginTurn(first, _time);
            for (long step = first; step <= _time; step++) EndOf(step, learns: (_due & Due(step)) != 0);
            _products.EndTurn();
        }
        _products.EndStep(Steady);
        GC.KeepAlive(this);
    }

    // Steps that W' stays as it is for.
    int Steady => _turns.Every > 1 ? _turns.Until(_time) : _inverse.Remaining;

    uint Due(long step) => 1u << (int)(step % _turns.Every);

    // What fell due at a step.
    void EndOf(long step, bool learns)
    {
        if (!learns) SkipGain();
        else if (LearnGain(step)) LearnWeights(step);
        _products.Learnt();
        if (_inverse.Remaining == _inverse.Period) _weights.Fold();
    }

    /// <summary>Keeps z(t) and predicts from it.</summary>
    /// <param name="z">[D], copied.</param>
    /// <exception cref="InvalidOperationException">Not the z that <see cref="Begin"/> announced.</exception>
    public void Push(ReadOnlySpan<double> z)
    {
        Require.Length(z.Length, Regressors, nameof(z));
        if (!_products.Expects(z, _time))
            throw new InvalidOperationException(FormattableString.Invariant($"z of step {_time} must be the one that was announced"));
        z.CopyTo(new Span<double>(_states[_time], Regressors));
        Multiply(0, _time, BlockProducts.Use.Prediction, _time, _next);
        _products.Taken(_time);
        GC.KeepAlive(this);
    }

    /// <summary>ŷ = W z for the first horizon, of the z that was pushed last; 0 before the first.</summary>
    /// <param name="prediction">ŷ, [outputs], overwritten.</param>
    internal void CopyPrediction(Span<double> prediction) => CopyLimited(_next, prediction);

    /// <summary>ŷ = W z for the first horizon.</summary>
    /// <param name="z">[D].</param>
    /// <param name="prediction">ŷ, [outputs], overwritten.</param>
    public void Predict(ReadOnlySpan<double> z, Span<double> prediction) => Predict(0, z, prediction);

    /// <summary>ŷ = W_h z for the horizon listed at <paramref name="horizon"/>.</summary>
    /// <param name="horizon">Index into the horizons.</param>
    /// <param name="z">[D].</param>
    /// <param name="prediction">ŷ, [outputs], overwritten.</param>
    public void Predict(int horizon, ReadOnlySpan<double> z, Span<double> prediction)
    {
        Require.Length(z.Length, Regressors, nameof(z));
        Require.Length(prediction.Length, Outputs, nameof(prediction));
        if (horizon == 0 && _time >= 0 && BlockProducts.SameBits(z, _states[_time]))
        {
            CopyLimited(_next, prediction);
            return;
        }
        Workspace workspace = Workspace.OfThread;
        workspace.Reset(_padded + _weights.PaddedOutputs);
        double* padded = workspace.Take(_padded), y = workspace.Take(_weights.PaddedOutputs);
        z.CopyTo(new Span<double>(padded, Regressors));
        new Span<double>(padded + Regressors, _padded - Regressors).Clear();
        _weights.Multiply(horizon, padded, y);
        _weights.AddWaiting(horizon, padded, y);
        CopyLimited(new ReadOnlySpan<double>(y, Outputs), prediction);
        GC.KeepAlive(this);
    }

    /// <summary>
    /// Between <see cref="Settle"/> and <see cref="Push"/>: what a horizon h foretells for a step after the frame that was settled.
    /// </summary>
    /// <param name="horizon">Index into the horizons.</param>
    /// <param name="ahead">0 … h − 1 steps.</param>
    /// <param name="prediction">W_h z(t + ahead − h), [outputs], overwritten.</param>
    /// <returns>False: there is no such state.</returns>
    internal bool TryForetell(int horizon, int ahead, Span<double> prediction)
    {
        long source = _time + ahead - _horizons[horizon];
        if (source < 0 || source >= _time) return false;
        Predict(horizon, new ReadOnlySpan<double>(_states[source], Regressors), prediction);
        return true;
    }

    // Makes the gain of the z that fell due at a step and takes it out of P; false if nothing could be learnt.
    bool LearnGain(long step)
    {
        long source = step - _delay - 1;
        double* product = _products.OfInverse(source, step);
        double* z = _states[source];
        if (_inverse.Learn(z, product))
        {
            new ReadOnlySpan<double>(product, _padded).CopyTo(new Span<double>(_gains[source], _padded));
            _gainOf[source % _gainOf.Length] = source;
            return true;
        }
        double square;
        _kernel.Dots(z, 0, 1, z, _padded / 8, &square);
        if (square < LargestSquare)
        {
            Recover();
        }
        else
        {
            Refusals++;
            SkipGain();
        }
        return false;
    }

    void LearnWeights(long step)
    {
        long target = step - _delay;
        bool refused = false;
        for (int h = 0; h < _horizons.Length; h++)
        {
            long source = target - _horizons[h];
            if (source < 0 || _gainOf[source % _gainOf.Length] != source) continue;
            Span<double> error = _errors.AsSpan(h * Outputs, Outputs);
            if (_delay > 0 || _turns.Every > 1)
            {
                Multiply(h, source, BlockProducts.Use.LateError, step, error);
                for (int i = 0; i < error.Length; i++) error[i] = Target(target)[i] - error[i];
            }
            for (int i = 0; i < error.Length; i++)
            {
                if (Math.Abs(error[i]) < Limit) continue;
                error[i] = 0;
                refused |= !double.IsNaN(Target(target)[i]);
            }
            _weights.Add(h, source, error);
        }
        if (refused) Refusals++;
    }

    // y = W_h z(source), at a step.
    void Multiply(int h, long source, BlockProducts.Use use, long step, Span<double> y)
    {
        double* product = _products.OfWeights(h, source, use, step);
        _weights.AddWaiting(h, _states[source], product);
        new ReadOnlySpan<double>(product, Outputs).CopyTo(y);
    }

    void SkipGain()
    {
        if (!_inverse.Skip()) Recover();
    }

    void Recover()
    {
        Recoveries++;
        _inverse.Recover();
        _products.ForgetGains();
    }

    Span<double> Target(long step) => _targets.AsSpan((int)(step % (_delay + _turns.Every)) * Outputs, Outputs);

    static void CopyLimited(ReadOnlySpan<double> from, Span<double> to)
    {
        for (int i = 0; i < to.Length; i++) to[i] = double.IsNaN(from[i]) ? Limit : Math.Clamp(from[i], -Limit, Limit);
    }

    /// <summary>Out into a snapshot or back, between two steps and outside of a block.</summary>
    internal void Carry(ref StateCarrier state)
    {
        if (_products.IsOpen) throw new InvalidOperationException("a state is carried between blocks");
        _inverse.Carry(ref state);
        _weights.Carry(ref state);
        _states.Carry(ref state);
        _gains.Carry(ref state);
        state.Carry(_gainOf);
        state.Carry(_targets);
        state.Carry(_next);
        state.Carry(ref _time);
        state.Carry(ref _first);
        if (_turns.Every > 1) state.Carry(ref _due);
        Recoveries = state.Carried(Recoveries);
        Refusals = state.Carried(Refusals);
        _products.Learnt();
        _products.EndStep(Steady);
    }
}
