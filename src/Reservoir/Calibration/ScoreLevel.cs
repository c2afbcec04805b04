namespace Esn;

/// <summary>The level μ of ln q, followed as values come, and by how much each value y = ln q − μ tells of the next.</summary>
/// <param name="spec">Valid.</param>
/// <param name="shape">Of the score.</param>
/// <param name="stride">Steps from one value to the next, ≥ 1.</param>
sealed class ScoreLevel(BudgetSpec spec, ScoreShape shape, int stride)
{
    const int Young = 50;  // values before which a step of any size moves the level in full

    readonly bool _slow = shape.Delay > 0;
    readonly double _memory = shape.LevelMemory > 0 ? shape.LevelMemory : spec.LevelMemory;
    readonly int _between = shape.Delay > 0 ? shape.Span : 1;  // steps between two looks at the least
    double _level;
    double _mean, _variance, _covariance, _previous = double.NaN;  // of clip(y): for the lag-1 autocorrelation

    /// <summary>μ.</summary>
    public double Value => _level;

    /// <summary>Values that the level has followed.</summary>
    public long Learnt { get; private set; }

    /// <summary>
    /// Independent looks a step, in [0, 1]: by the lag-1 autocorrelation ρ of y, (1 − ρ)/(1 + ρ); of a slow score at most one a span.
    /// A score that never moved was never looked at: channels that carry nothing cost the others nothing.
    /// </summary>
    public double Looks
    {
        get
        {
            if (!(_variance > 0)) return 0;
            double rho = Math.Clamp(_covariance / _variance, 0, .99999);
            return Math.Min((1 - rho) / (1 + rho) / stride, 1.0 / _between);
        }
    }

    /// <summary>y of a value, then the level moves towards it.</summary>
    /// <param name="logarithm">ln q; −∞ teaches nothing.</param>
    public double Follow(double logarithm)
    {
        if (double.IsNegativeInfinity(logarithm)) return logarithm;
        if (Learnt++ == 0) _level = logarithm;
        double y = logarithm - _level;
        double gain = _slow
            ? Math.Max(stride / spec.Memory, 2.0 / (Learnt + 1))
            : 1 / Math.Min(Learnt, _memory);
        _level += (Learnt < Young ? y : Math.Clamp(y, -spec.Margin.LargestStep, spec.Margin.LargestStep)) * gain;

        gain = Math.Max(1.0 / Learnt, stride / spec.Memory);
        double d = Math.Clamp(y, -2, 3) - _mean;
        _mean += gain * d;
        _variance += gain * (d * d - _variance);
        if (!double.IsNaN(_previous)) _covariance += gain * (d * _previous - _covariance);
        _previous = d;
        return y;
    }

    /// <summary>This value is the level now.</summary>
    public void Set(double logarithm) => _level = logarithm;

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(ref _level);
        state.Carry(ref _mean);
        state.Carry(ref _variance);
        state.Carry(ref _covariance);
        state.Carry(ref _previous);
        Learnt = state.Carried(Learnt);
    }
}
