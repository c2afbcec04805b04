using System.Numerics.Tensors;

namespace Esn;

/// <summary>State of <see cref="RelationSpec"/>.</summary>
/// <remarks>
/// Kept is S = Σ z zᵀ; P is made anew once in at least D steps, so that a step costs D² on average and no rounding gathers. All loops
/// over elements are element by element: the bits do not depend on how wide the machine's vectors are.
/// </remarks>
/// <param name="spec">Valid.</param>
/// <param name="context">Of the stream.</param>
sealed class RelationScore(RelationSpec spec, ScoreContext context)
    : Score(FormattableString.Invariant($"relation {spec.Window}"), context.Channels,
        spec.Window + (spec.LooksBack(context.Channels) ? spec.Lag : 0))
{
    const double Most = 10;         // a value counts for at most so many units of the scaled feed
    const double Widths = 4;        // an increment of the mean, for at most so many usual residuals
    const double Floor = 1e-3;      // added to the usual residual, in units of the scaled feed
    const double LeastPower = 1e-3; // variance of a channel below which it does not move
    const double Far = 1.5;         // usual residuals beyond which what is left of a channel is no longer usual
    const int AtOnce = 2;           // sensors that may fail at the same time
    const int FewestShared = 4;     // channels that are judged, of which it can be told what they share
    const int Young = 30;           // residuals that are taken in full
    const int Begin = 50;           // residuals before one is told
    const int FewestRows = 100, RowsAChannel = 3, Period = 50;

    readonly int _order = Order(spec, context.Channels);                      // D
    readonly double[] _gram = Matrix(Order(spec, context.Channels));          // S [D×D]
    readonly double[] _inverse = Matrix(Order(spec, context.Channels));       // P [D×D]
    readonly double[] _z = new double[Order(spec, context.Channels)], _product = new double[Order(spec, context.Channels)];  // z, P z
    readonly double[] _now = new double[context.Channels];                    // first row of P_BB⁻¹: of P z now
    readonly double[] _then = new double[context.Channels];                   // and of P z then
    readonly RecentSteps<double>? _before =                                   // u, from Lag steps ago on
        spec.LooksBack(context.Channels) ? new(spec.Lag, context.Channels) : null;
    readonly double[] _offset = new double[context.Channels];                 // by which a channel is off for good
    readonly double[] _mean = new double[context.Channels];                   // of its residual over τ
    readonly double[] _usual = new double[context.Channels];                  // size of its residual
    readonly double[] _error = new double[context.Channels];                  // its square
    readonly double[] _average = new double[context.Channels], _power = new double[context.Channels];  // of the channel; its variance
    readonly double[] _ordered = new double[context.Channels];                // scratch
    readonly RecentSteps<double> _waiting = new(spec.Wait, Order(spec, context.Channels));
    readonly int[] _counted = new int[context.Channels];                      // values of a channel that moves, up to a bound
    int _waits;      // frames that wait
    long _learnt, _next = Math.Max(FewestRows, RowsAChannel * (1L + context.Channels));  // frames; at which P is made
    int _judged;     // steps with a P, up to a bound
    bool _made;

    static int Order(RelationSpec spec, int channels) => 1 + (spec.LooksBack(channels) ? 2 : 1) * channels;

    static double[] Matrix(int order) => new double[order * order];

    public override bool Ready => _judged > Begin;

    public override void Step(in ScoreInput step)
    {
        _z[0] = 1;
        for (int c = 0; c < Squares.Length; c++) _z[1 + c] = Math.Clamp(step.Input[c] - _offset[c], -Most, Most);
        _before?.Oldest.CopyTo(_z.AsSpan(Then(0)));
        if (_made)
        {
            Multiply(step.Missing);
            Follow(step);
            Judge();
        }
        if (step.Frozen) _waits = 0;
        else Wait();
        if (_before is null) return;
        _z.AsSpan(1, Squares.Length).CopyTo(_before.Oldest);
        _before.Advance();
    }

    public override double Deviation(int channel) => Math.Abs(_mean[channel]);

    // P z, and what is missing put where the others have it.
    void Multiply(ReadOnlySpan<bool> missing)
    {
        _product.AsSpan().Clear();
        for (int k = 0; k < _order; k++) TensorPrimitives.MultiplyAdd(Row(_inverse, k), _z[k], _product, _product);
        for (int c = 0; c < missing.Length; c++)
        {
            if (!missing[c]) continue;
            double residual = Residual(c);
            _z[1 + c] -= residual;
            TensorPrimitives.MultiplyAdd(Row(_inverse, 1 + c), -residual, _product, _product);
        }
    }

    void Follow(in ScoreInput step)
    {
        if (_judged < int.MaxValue) _judged++;
        double gain = Math.Max(1.0 / _judged, 1 / spec.NoiseMemory), mean = 1.0 / Math.Min(_judged, spec.Window);
        for (int c = 0; c < Squares.Length; c++)
        {
            Squares[c] = double.NaN;
            if (!step.Missing.IsEmpty && step.Missing[c]) continue;
            double residual = Residual(c), limit = _counted[c] > Young ? Widths * _usual[c] + Floor : double.MaxValue;
            _mean[c] += mean * Math.Clamp(residual - _mean[c], -limit, limit);
            if (!step.Held[c])
            {
                double away = _z[1 + c] - _average[c];
                if (_power[c] > LeastPower && _counted[c] < int.MaxValue) _counted[c]++;
                double known = Math.Max(1.0 / Math.Max(1, _counted[c]), 1 / spec.NoiseMemory);
                _usual[c] += known * (Math.Min(Math.Abs(residual), limit) - _usual[c]);
                // Not limited: the first moves of what hardly ever moves would seem to be foretold.
                _error[c] += gain * (residual * residual - _error[c]);
                _average[c] += gain * away;
                _power[c] += gain * (away * away - _power[c]);
            }
            if (_counted[c] > Begin && _power[c] > LeastPower && _error[c] < (1 - spec.Foretold) * _power[c]) Squares[c] = 0;
        }
    }

    void Judge()
    {
        int top = -1;
        for (int c = 0; c < Squares.Length; c++)
            if (!double.IsNaN(Squares[c]) && (top < 0 || Units(c) > Units(top))) top = c;
        for (int c = 0; c < Squares.Length; c++)
        {
            if (double.IsNaN(Squares[c])) continue;
            double units = (c == top ? _mean[c] : _mean[c] - Spill(c, top) * _mean[top]) / (_usual[c] + Floor);
            Squares[c] = units * units;
        }
        double shared = Shared();
        if (shared > 1) TensorPrimitives.Divide(Squares, shared, Squares);
    }

    // Where a sensor fails, what is left of the others is as usual; a plant at a load that it never was at leaves several far out, and
    // says nothing of a sensor that is no further out than these. Two sensors may fail at once: so it is the third. 1: it is usual.
    double Shared()
    {
        int count = 0;
        foreach (double square in Squares)
            if (!double.IsNaN(square)) _ordered[count++] = square;
        _ordered.AsSpan(0, count).Sort();
        double shared = count < FewestShared ? 1 : _ordered[count - 1 - AtOnce] / (Far * Far);
        _ordered.AsSpan().Clear();  // nothing that a restart would not have
        return shared;
    }

    // Where the past of a channel stands in z.
    int Then(int c) => 1 + Squares.Length + c;

    double Residual(int c) => _now[c] * _product[1 + c] + (_before is null ? 0 : _then[c] * _product[Then(c)]);

    double Units(int c) => Math.Abs(_mean[c]) / (_usual[c] + Floor);

    // By how much the residual of a channel moves with 1 of another that lasts.
    double Spill(int channel, int of)
    {
        ReadOnlySpan<double> row = Row(_inverse, 1 + of);
        if (_before is null) return _now[channel] * row[1 + channel];
        ReadOnlySpan<double> then = Row(_inverse, Then(of));
        return _now[channel] * (row[1 + channel] + then[1 + channel]) + _then[channel] * (row[Then(channel)] + then[Then(channel)]);
    }

    void Wait()
    {
        Span<double> then = _waiting.Oldest;
        if (_waits == spec.Wait) Learn(then);
        else _waits++;
        _z.CopyTo(then);
        _waiting.Advance();
    }

    void Learn(Span<double> z)
    {
        double kept = 1 - 1 / spec.Memory;
        for (int k = 0; k < _order; k++)
        {
            Span<double> row = Row(_gram, k);
            TensorPrimitives.Multiply(row, kept, row);
            TensorPrimitives.MultiplyAdd(z, z[k], row, row);
        }
        if (++_learnt < _next) return;
        _next = _learnt + Math.Max(Period, _order);
        Invert();
        _made = true;
    }

    // P by Gauss and Jordan in place; S + β² I is positive definite, so the diagonal serves as pivots.
    void Invert()
    {
        _gram.CopyTo(_inverse, 0);
        for (int i = 0; i < _order; i++) _inverse[i * _order + i] += spec.Regularisation;
        for (int k = 0; k < _order; k++)
        {
            Span<double> pivot = Row(_inverse, k);
            double diagonal = pivot[k];
            pivot[k] = 1;
            TensorPrimitives.Divide(pivot, diagonal, pivot);
            for (int i = 0; i < _order; i++)
            {
                if (i == k) continue;
                Span<double> row = Row(_inverse, i);
                double factor = row[k];
                row[k] = 0;
                TensorPrimitives.MultiplyAdd(pivot, -factor, row, row);
            }
        }
        LeaveOut();
    }

    // Of each channel the first row of P_BB⁻¹, of one or two rows.
    void LeaveOut()
    {
        for (int c = 0; c < Squares.Length; c++)
        {
            ReadOnlySpan<double> row = Row(_inverse, 1 + c);
            double part = _before is null ? 0 : row[Then(c)] / Row(_inverse, Then(c))[Then(c)];
            _now[c] = 1 / (row[1 + c] - (_before is null ? 0 : part * row[Then(c)]));
            _then[c] = -part * _now[c];
        }
    }

    Span<double> Row(double[] matrix, int row) => matrix.AsSpan(row * _order, _order);

    /// <remarks>One after the other, the largest first: what it explains of the others is no offset of theirs.</remarks>
    public override bool Adapt(HeldChannels held)
    {
        for (int c = 0; c < Squares.Length; c++) _product[1 + c] = held[c] && _made ? 1 : 0;
        while (true)
        {
            int top = -1;
            for (int c = 0; c < Squares.Length; c++)
                if (_product[1 + c] > 0 && (top < 0 || Units(c) > Units(top))) top = c;
            if (top < 0) return true;
            _product[1 + top] = 0;
            double by = _mean[top];
            _offset[top] += by;
            for (int at = top; at < _before?.Rows.Length; at += Squares.Length) _before.Rows[at] -= by;
            for (int c = 0; c < Squares.Length; c++) _mean[c] -= c == top ? by : Spill(c, top) * by;
        }
    }

    public override void CarryWindows(ref StateCarrier state)
    {
        state.Carry(_gram);
        state.Carry(_inverse);
        state.Carry(_now);
        state.Carry(_then);
        _before?.Carry(ref state);
        state.Carry(_offset);
        state.Carry(_mean);
        state.Carry(_usual);
        state.Carry(_error);
        state.Carry(_average);
        state.Carry(_power);
        state.Carry(_counted);
        _waiting.Carry(ref state);
        state.Carry(ref _waits, 0, spec.Wait);
        state.Carry(ref _learnt);
        state.Carry(ref _next);
        state.Carry(ref _judged);
        state.Carry(ref _made);
    }
}
