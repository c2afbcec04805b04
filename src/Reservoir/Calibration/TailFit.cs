using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// −ln P beyond a threshold of y, from the weights of the bins there: the predictive probability of an excess x,
/// P(X > x) = Σ_s w_s (1 + G_s(x)/B_s)^−a, over the shapes s of <see cref="TailShapes"/>.
/// </summary>
/// <remarks>
/// θ of a shape has the prior Gamma(a₀, B₀) and is integrated out: with n effective looks a = a₀ + n, and B_s = B₀ + Σ G_s over
/// their excesses. w_s ∝ π_s exp(s Σ x) B_s^−a is its evidence, as the density of an excess is θ e^(s x) exp(−θ G_s(x)).
/// </remarks>
/// <param name="spec">Valid.</param>
/// <param name="prior">Of the score.</param>
sealed class TailFit(MarginSpec spec, TailPrior prior)
{
    const double Least = 1e-300;  // of a probability

    [ThreadStatic] static double[]? s_term, s_sums;

    readonly double[] _shapes = new double[2 * TailShapes.Count];  // w_s, then B_s
    double _exponent;  // a
    double _base;      // −ln P at the threshold

    /// <summary>Bin at whose lower edge the tail begins.</summary>
    public int Threshold { get; private set; } = int.MaxValue;

    /// <summary>There is no tail.</summary>
    public void Clear() => Threshold = int.MaxValue;

    /// <summary>Finds where the tail begins: as far out as the looks that it is to be drawn from allow.</summary>
    /// <param name="histogram">Of y.</param>
    /// <param name="mass">Of all its weights, > 0.</param>
    /// <param name="looks">Independent looks a step.</param>
    /// <returns>Weight from there on.</returns>
    public double Begin(SparseHistogram histogram, double mass, double looks)
    {
        double most = Math.Max(spec.LeastTail * mass, Math.Min(spec.TailLooks / looks, spec.MostTail * mass)), above = 0;
        Threshold = histogram.High;
        while (Threshold > histogram.Low && above + histogram[Threshold - 1] <= most) above += histogram[--Threshold];
        return above;
    }

    /// <summary>Fits the tail from where it was found to begin, and tells −ln P at the first edges of it.</summary>
    /// <param name="histogram">Of y.</param>
    /// <param name="above">Weight from there on.</param>
    /// <param name="looks">Independent looks a step.</param>
    /// <param name="atThreshold">−ln P there.</param>
    /// <param name="table">−ln P at the edges from the threshold on, overwritten.</param>
    public void Fit(SparseHistogram histogram, double above, double looks, double atThreshold, Span<float> table)
    {
        int threshold = Threshold, top = histogram.High - 1;
        while (top >= threshold && histogram[top] == 0) top--;
        double effective = looks * Math.Min(above, spec.MostTailLooks), share = above > 0 ? effective / above : 0;
        double exponent = spec.PriorShape + effective;
        Span<double> weights = _shapes.AsSpan(0, TailShapes.Count), rates = _shapes.AsSpan(TailShapes.Count);
        Span<double> evidence = stackalloc double[TailShapes.Count];
        (_exponent, _base) = (exponent, atThreshold);
        IReadOnlyList<double> logPrior = spec.LogPrior(prior);
        evidence = evidence[..logPrior.Count];
        weights[evidence.Length..].Clear();

        double excess = 0;
        for (int bin = threshold; bin <= top; bin++) excess += histogram[bin] * ((bin - threshold + .5) * TailShapes.BinWidth);
        for (int s = 0; s < evidence.Length; s++)
        {
            ReadOnlySpan<double> growth = TailShapes.AtMiddles(s);
            double sum = 0;
            for (int bin = threshold; bin <= top; bin++) sum += histogram[bin] * growth[bin - threshold];
            rates[s] = spec.PriorRate + share * sum;
            evidence[s] = logPrior[s] + TailShapes.Shape(s) * share * excess - exponent * Math.Log(rates[s]);
        }
        double largest = TensorPrimitives.Max<double>(evidence), total = 0;
        foreach (double e in evidence) total += Math.Exp(e - largest);

        Span<double> sums = (s_sums ??= new double[TailShapes.Bins + 1]).AsSpan(0, table.Length);
        Span<double> term = (s_term ??= new double[TailShapes.Bins + 1]).AsSpan(0, table.Length);
        sums.Clear();
        for (int s = 0; s < evidence.Length; s++)
        {
            double weight = Math.Exp(evidence[s] - largest) / total;
            weights[s] = weight < 1e-40 ? 0 : weight;
            if (weights[s] == 0) continue;
            TensorPrimitives.Divide(TailShapes.AtEdges(s)[..term.Length], rates[s], term);
            TensorPrimitives.Add(term, 1, term);
            TensorPrimitives.Log(term, term);
            TensorPrimitives.Multiply(term, -exponent, term);
            TensorPrimitives.Exp<double>(term, term);
            TensorPrimitives.MultiplyAdd(term, weight, sums, sums);
        }
        for (int i = 0; i < table.Length; i++) table[i] = (float)(atThreshold - Math.Log(Math.Max(sums[i], Least)));
    }

    /// <summary>−ln P at one edge: for those beyond the table, where few values ever come.</summary>
    /// <param name="bin">Of the edge, ≥ <see cref="Threshold"/>.</param>
    public double At(int bin)
    {
        double sum = 0;
        for (int s = 0; s < TailShapes.Count; s++)
        {
            double weight = _shapes[s], rate = _shapes[TailShapes.Count + s];
            if (weight > 0) sum += weight * Math.Exp(-_exponent * Math.Log(1 + TailShapes.AtEdges(s)[bin - Threshold] / rate));
        }
        return (float)(_base - Math.Log(Math.Max(sum, Least)));
    }

    // Those of mixtures came with format 6.
    static void CarryShapes(ref StateCarrier state, Span<double> of) => state.Carry(state.Holds(6) ? of : of[..TailShapes.Common]);

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        CarryShapes(ref state, _shapes.AsSpan(0, TailShapes.Count));
        CarryShapes(ref state, _shapes.AsSpan(TailShapes.Count));
        state.Carry(ref _exponent);
        state.Carry(ref _base);
        Threshold = state.Carried(Threshold);
    }
}
