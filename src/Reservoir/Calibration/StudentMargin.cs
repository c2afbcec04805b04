using MathNet.Numerics;

namespace Esn;

/// <summary>
/// −ln p of a raw score q = r² by Student's t: r is taken for Gaussian, its deviation for estimated from the
/// effective looks so far. Where little was seen, that says more than counting does.
/// </summary>
/// <remarks>D. L. Wallace, Annals of Mathematical Statistics 30 (1959), doi:10.1214/aoms/1177706100: t as a normal deviate.</remarks>
/// <param name="spec">Valid.</param>
/// <param name="span">Steps that one value looks back over.</param>
sealed class StudentMargin(BudgetSpec spec, int span)
{
    const double FarOut = 30;     // deviations from which the tail is its asymptote

    // Floored q that waits; NaN: none, or thrown away. Null: none waits.
    readonly RecentSteps<double>? _waiting = Nothing(spec.Margin.StudentWait * span);
    long _learnt;
    double _variance;

    /// <summary>v of q.</summary>
    /// <param name="q">≥ 0.</param>
    /// <param name="looks">Independent looks a step, (0, 1].</param>
    public double Of(double q, double looks)
    {
        if (_learnt <= spec.Margin.StudentSkipped) return 0;
        double freedom = Math.Max(spec.Margin.LeastFreedom, Math.Min(_learnt, spec.LevelMemory) * looks);
        double deviation = Math.Sqrt(_variance) + Math.Sqrt(spec.Floor);
        double z = (8 * freedom + 1) / (8 * freedom + 3) * Math.Sqrt(freedom * Math.Log(1 + q / (deviation * deviation) / freedom));
        return z < FarOut ? -Math.Log(SpecialFunctions.Erfc(z / Math.Sqrt(2))) : z * z / 2 + Math.Log(z * Math.Sqrt(Math.PI / 2));
    }

    /// <summary>Learns a value.</summary>
    /// <param name="q">With the floor added; NaN: there is none.</param>
    public void Learn(double q)
    {
        double then = q;
        if (_waiting is not null)
        {
            (then, _waiting.Oldest[0]) = (_waiting.Oldest[0], q);
            _waiting.Advance();
        }
        if (!double.IsNaN(then)) _variance += Math.Max(1.0 / ++_learnt, 1 / spec.LevelMemory) * (then - _variance);
    }

    /// <summary>Throws away what waits.</summary>
    public void Discard() => _waiting?.Rows.Fill(double.NaN);

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _waiting?.Carry(ref state);
        state.Carry(ref _learnt);
        state.Carry(ref _variance);
    }

    static RecentSteps<double>? Nothing(int steps)
    {
        if (steps == 0) return null;
        var waiting = new RecentSteps<double>(steps);
        waiting.Rows.Fill(double.NaN);
        return waiting;
    }
}
