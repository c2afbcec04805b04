namespace Esn.Tests;

/// <summary>The readout's contract in its plainest form: full P, made symmetric at every step, sums written out.</summary>
/// <remarks>Independent of the kernels. P is symmetrised since the unsymmetrised recursion diverges in long runs.</remarks>
sealed class TextbookReadout
{
    readonly int _d, _m;
    readonly ReadoutSpec _spec;
    readonly double[,] _p;
    readonly double[][,] _w;
    readonly List<double[]> _z = [], _u = [];
    readonly Dictionary<long, double[]> _gain = [];
    long _first;

    public TextbookReadout(int regressors, int outputs, ReadoutSpec spec)
    {
        (_d, _m, _spec) = (regressors, outputs, spec);
        _p = new double[_d, _d];
        for (int i = 0; i < _d; i++) _p[i, i] = 1 / spec.Regularisation;
        _w = [.. spec.Horizons.Select(_ => new double[_m, _d])];
    }

    public double[,] P => _p;

    public double Trace => Enumerable.Range(0, _d).Sum(i => _p[i, i]);

    public double[] Weights => [.. _w.SelectMany(w => w.Cast<double>())];

    public double[] Settle(double[] u)
    {
        _u.Add(u);
        int t = _u.Count - 1;
        var errors = new double[_spec.Horizons.Count * _m];
        for (int h = 0; h < _spec.Horizons.Count; h++)
            for (int o = 0; o < _m; o++)
                errors[h * _m + o] = t < _spec.Horizons[h] ? 0 : u[o] - Dot(_w[h], o, _z[t - _spec.Horizons[h]]);
        return errors;
    }

    public void Learn()
    {
        int target = _u.Count - 1 - _spec.Delay;
        if (target - 1 < _first) return;
        double[] z = _z[target - 1];
        double forgetting = Trace <= _spec.TraceLimit * _d / _spec.Regularisation ? _spec.ForgettingFactor : 1;
        double[] g = [.. Enumerable.Range(0, _d).Select(i => Dot(_p, i, z))];
        double innovation = forgetting + g.Zip(z, (a, b) => a * b).Sum();
        for (int i = 0; i < _d; i++)
            for (int j = 0; j <= i; j++)
                _p[i, j] = _p[j, i] = (_p[i, j] - g[i] * g[j] / innovation) / forgetting;
        _gain[target - 1] = [.. g.Select(x => x / innovation)];
        for (int h = 0; h < _w.Length; h++)
        {
            int source = target - _spec.Horizons[h];
            if (!_gain.TryGetValue(source, out double[]? gain)) continue;
            for (int o = 0; o < _m; o++)
            {
                double error = _u[target][o] - Dot(_w[h], o, _z[source]);
                if (double.IsNaN(error)) continue;  // no value
                for (int i = 0; i < _d; i++) _w[h][o, i] += error * gain[i];
            }
        }
    }

    public void Skip() => _first = _u.Count;

    public void Push(double[] z) => _z.Add(z);

    public double[] Predict(int horizon, double[] z) => [.. Enumerable.Range(0, _m).Select(o => Dot(_w[horizon], o, z))];

    double Dot(double[,] matrix, int row, double[] x)
    {
        double sum = 0;
        for (int i = 0; i < _d; i++) sum += matrix[row, i] * x[i];
        return sum;
    }
}
