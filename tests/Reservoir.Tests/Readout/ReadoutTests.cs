using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace Esn.Tests;

public class ReadoutTests
{
    [Theory]
    [InlineData(5, 1, 100)]
    [InlineData(40, 3, 400)]
    [InlineData(67, 40, 300)]  // so many outputs wait for the fold
    public void Without_forgetting_the_weights_equal_ridge_regression(int regressors, int outputs, int steps) =>
        AssertWeightedRidge(regressors, outputs, steps, forgetting: 1);

    [Theory]
    [InlineData(5, 1, 100, .99)]
    [InlineData(40, 3, 400, .995)]
    [InlineData(67, 40, 300, .98)]
    public void With_forgetting_the_weights_equal_exponentially_weighted_ridge_regression(int regressors, int outputs,
        int steps, double forgetting) =>
        AssertWeightedRidge(regressors, outputs, steps, forgetting);

    // W = (Σ λ^(T−t) u zᵀ)(Σ λ^(T−t) z zᵀ + λ^T β² I)⁻¹
    static void AssertWeightedRidge(int regressors, int outputs, int steps, double forgetting)
    {
        var spec = new ReadoutSpec { ForgettingFactor = forgetting, Regularisation = 1e-3, TraceLimit = 1e6 };
        var readout = new Readout(regressors, outputs, spec);
        (double[][] z, double[][] u) = Feed.Make(regressors, outputs, steps, seed: 3);
        for (int t = 0; t < steps; t++) Feed.Step(readout, u[t], z[t], learn: true);

        int learnt = steps - 1;
        Matrix<double> normal = Matrix<double>.Build.DenseIdentity(regressors) * (spec.Regularisation * Math.Pow(forgetting, learnt));
        Matrix<double> cross = Matrix<double>.Build.Dense(outputs, regressors);
        for (int t = 1; t < steps; t++)
        {
            double weight = Math.Pow(forgetting, learnt - t);
            Vector<double> source = Vector<double>.Build.Dense(z[t - 1]);
            normal += weight * source.OuterProduct(source);
            cross += weight * Vector<double>.Build.Dense(u[t]).OuterProduct(source);
        }
        Matrix<double> expected = normal.Solve(cross.Transpose()).Transpose();
        Matrix<double> actual = Matrix<double>.Build.DenseOfRowMajor(outputs, regressors, readout.Weights.ToArray());
        double relative = (actual - expected).FrobeniusNorm() / expected.FrobeniusNorm();
        Assert.True(relative < 1e-8, $"off by {relative:E2}");
    }

    [Theory]
    [InlineData(20, 2, 0, .999, new[] { 1 })]
    [InlineData(20, 1, 0, .999, new[] { 1, 3, 20 })]
    [InlineData(33, 2, 5, 1, new[] { 1, 4 })]
    [InlineData(33, 2, 40, .99, new[] { 2, 7, 50 })]
    [InlineData(50, 35, 0, .995, new[] { 1 })]
    [InlineData(50, 35, 3, .995, new[] { 1, 2, 9 })]
    [InlineData(520, 2, 1, .999, new[] { 1, 5 })]  // two slabs, and a fold spread over steps
    public void Horizons_delay_and_skips_equal_the_textbook_twin(int regressors, int outputs, int delay, double forgetting, int[] horizons)
    {
        int steps = regressors > 500 ? 120 : 600;
        var spec = new ReadoutSpec { ForgettingFactor = forgetting, Regularisation = 1e-2, Horizons = horizons, Delay = delay };
        var readout = new Readout(regressors, outputs, spec);
        var twin = new TextbookReadout(regressors, outputs, spec);
        (double[][] z, double[][] u) = Feed.Make(regressors, outputs, steps, seed: 5);
        var prediction = new double[outputs];
        for (int t = 0; t < steps; t++)
        {
            bool learn = t % 97 > 8 && t % 61 != 60;
            double[] expected = twin.Settle(u[t]);
            double[] errors = new double[horizons.Length * outputs];
            readout.Settle(u[t], errors);
            AssertClose(expected, errors, 1e-9);
            if (learn)
            {
                twin.Learn();
                readout.Learn();
            }
            else
            {
                twin.Skip();
                readout.Skip();
            }
            twin.Push(z[t]);
            readout.Push(z[t]);
            for (int h = 0; h < horizons.Length; h++)
            {
                readout.Predict(h, z[t / 2], prediction);
                AssertClose(twin.Predict(h, z[t / 2]), prediction, 1e-9);
            }
        }
        AssertClose(twin.Weights, readout.Weights.ToArray(), 1e-9);
        AssertClose([.. twin.P.Cast<double>()], readout.InverseCovariance(), 1e-9);
        Assert.Equal(twin.Trace, readout.Trace, 1e-9 * twin.Trace);
    }

    [Theory]
    [InlineData(20, 1, 0, 4, 0, new[] { 1 })]
    [InlineData(20, 2, 3, 8, 5, new[] { 1, 3 })]
    [InlineData(60, 35, 6, 5, 2, new[] { 1 })]
    [InlineData(140, 33, 30, 16, 9, new[] { 1 })]
    [InlineData(520, 33, 2, 8, 12, new[] { 1 })]
    public void In_turns_the_same_is_learnt_and_predictions_are_those_of_the_last_turn(int regressors, int outputs, int delay, int every,
        int phase, int[] horizons)
    {
        int steps = regressors > 500 ? 120 : 400;
        var spec = new ReadoutSpec { ForgettingFactor = .995, Regularisation = 1e-2, Horizons = horizons, Delay = delay };
        var (turns, learnt) = (new Turns(every, phase), 0);
        var readout = new Readout(regressors, outputs, spec, turns);
        var twin = new TextbookReadout(regressors, outputs, spec);
        (double[][] z, double[][] u) = Feed.Make(regressors, outputs, steps, seed: 5);
        for (int t = 0; t < steps; t += 17) u[t][0] = double.NaN;  // imputed
        double[] weights = new double[horizons.Length * outputs * regressors], errors = new double[horizons.Length * outputs];
        for (int t = 0; t < steps; t++)
        {
            bool learn = t % 97 > 8 && t % 61 != 60;
            readout.Settle(u[t], errors);
            twin.Settle(u[t]);
            // What the weights of the last turn make of z(t − h).
            for (int i = 0; i < errors.Length; i++)
            {
                int source = t - horizons[i / outputs];
                double expected = source < 0 || double.IsNaN(u[t][i % outputs]) ? 0
                    : u[t][i % outputs] - Enumerable.Range(0, regressors).Sum(d => weights[i * regressors + d] * z[source][d]);
                Assert.Equal(expected, errors[i], 1e-8);
            }
            if (learn) { twin.Learn(); readout.Learn(); }
            else { twin.Skip(); readout.Skip(); }
            twin.Push(z[t]);
            readout.Push(z[t]);
            if ((t + phase) % every != 0)
            {
                if (t % 11 == 0) Assert.Equal(weights, readout.Weights.ToArray());
                continue;
            }
            weights = readout.Weights.ToArray();
            AssertClose(twin.Weights, weights, 1e-9);
            if (learnt++ % 7 == 0) AssertClose([.. twin.P.Cast<double>()], readout.InverseCovariance(), 1e-9);
        }
        Assert.True(learnt > 6);
    }

    static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        double scale = expected.Max(Math.Abs) + 1e-300;
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"element {i}: {actual[i]} instead of {expected[i]}");
    }

    [Fact]
    public void A_dropped_frame_is_neither_source_nor_target()
    {
        const int Delay = 4;
        (double[][] z, double[][] u) = Feed.Make(10, 1, 60, seed: 9);
        double[] Run(double spoilt)
        {
            var readout = new Readout(10, 1, new ReadoutSpec { Delay = Delay });
            for (int t = 0; t < 60; t++)
            {
                bool bad = t is >= 26 and <= 30;
                Feed.Step(readout, bad ? [u[t][0] + spoilt] : u[t], bad ? [.. z[t].Select(x => x + spoilt)] : z[t], learn: t != 30);
            }
            return readout.Weights.ToArray();
        }
        Assert.Equal(Run(0), Run(7));
    }

    [Fact]
    public void The_window_of_the_delay_is_learnt_later_and_not_lost()
    {
        (double[][] z, double[][] u) = Feed.Make(10, 1, 60, seed: 9);
        var now = new Readout(10, 1, new ReadoutSpec());
        var late = new Readout(10, 1, new ReadoutSpec { Delay = 7 });
        for (int t = 0; t < 50; t++) Feed.Step(now, u[t], z[t], learn: true);
        for (int t = 0; t < 57; t++) Feed.Step(late, u[t], z[t], learn: true);
        AssertClose(now.Weights.ToArray(), late.Weights.ToArray(), 1e-10);
    }

    [Theory]
    [InlineData("constant")]
    [InlineData("zero")]
    [InlineData("periodic")]
    public void On_input_that_excites_little_the_trace_stays_at_its_limit(string input)
    {
        const int D = 30;
        const double Forgetting = .98;
        var readout = new Readout(D, 1, new ReadoutSpec { ForgettingFactor = Forgetting, Regularisation = 1e-2 });
        double limit = D / 1e-2, largest = 0;
        for (int t = 0; t < 20_000; t++)
        {
            double level = input switch { "constant" => 1, "zero" => 0, _ => Math.Sin(Math.PI * t / 8) };
            Feed.Step(readout, [level], [.. Enumerable.Range(0, D).Select(i => level * Math.Cos(i))], learn: true);
            largest = Math.Max(largest, readout.Trace);
        }
        Assert.InRange(largest, 0, limit / Forgetting * 1.001);
        Assert.InRange(readout.Trace, .9 * limit, limit / Forgetting * 1.001);  // and it does forget
        Assert.Equal(0, readout.Recoveries);
    }

    [Fact]
    public void P_stays_symmetric_and_positive_definite_over_a_long_run()
    {
        const int D = 20;
        var readout = new Readout(D, 1, new ReadoutSpec { ForgettingFactor = .99 });
        (double[][] z, double[][] u) = Feed.Make(D, 1, 2000, seed: 11);
        for (int t = 0; t < 100_000; t++) Feed.Step(readout, u[t % 2000], z[t % 2000], learn: true);
        Matrix<double> p = Matrix<double>.Build.DenseOfRowMajor(D, D, readout.InverseCovariance());
        Assert.True(p.IsSymmetric());
        Assert.True(p.Evd().EigenValues.Min(value => value.Real) > 0);
        Assert.Equal(p.Trace(), readout.Trace, 1e-9 * p.Trace());
        Assert.Equal(0, readout.Recoveries);
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(101, 1)]
    [InlineData(30, 40)]
    [InlineData(600, 2)]
    public void A_step_allocates_nothing(int regressors, int outputs)
    {
        const int Steps = 200, Chunk = 50;
        var spec = new ReadoutSpec { Horizons = [1, 4], Delay = 2, ForgettingFactor = .999 };
        var readout = new Readout(regressors, outputs, spec);
        (double[][] z, double[][] u) = Feed.Make(regressors, outputs, Steps, seed: 2);
        double[] rows = [.. z.SelectMany(row => row)];
        double[] errors = new double[2 * outputs], prediction = new double[outputs];
        void Run(bool announced)
        {
            for (int t = 0; t < Steps; t++)
            {
                if (announced && t % Chunk == 0) readout.Begin(rows.AsSpan(t * regressors, Chunk * regressors), Chunk);
                readout.Settle(u[t], errors);
                readout.Learn();
                readout.Push(z[t]);
                readout.Predict(z[t], prediction);
                readout.Predict(1, z[t], prediction);
            }
        }
        foreach (bool announced in (bool[])[false, true])
        {
            Run(announced);
            Run(announced);
            Assert.Equal(0, Allocations.Least(() => Run(announced)));
        }
    }

    [Theory]
    [InlineData(200)]
    [InlineData(512)]
    [InlineData(1000)]
    public void Memory_is_near_that_of_half_of_P(int regressors)
    {
        var readout = new Readout(regressors, 1, new ReadoutSpec());
        double half = 8.0 * regressors * (regressors + 1) / 2;
        double windows = 8.0 * 4 * (regressors + 8);  // z, its gain, W_out
        Assert.InRange(readout.Bytes, half, 1.25 * half + windows);
    }

    [Fact]
    public void A_block_that_does_not_come_as_announced_is_an_error()
    {
        (double[][] z, double[][] u) = Feed.Make(10, 1, 4, seed: 1);
        var readout = new Readout(10, 1, new ReadoutSpec());
        readout.Begin([.. z[0], .. z[1]], 2);
        Assert.Throws<InvalidOperationException>(() => readout.Begin([.. z[0], .. z[1]], 2));
        readout.Settle(u[0], new double[1]);
        readout.Learn();
        Assert.Throws<InvalidOperationException>(() => readout.Push(z[3]));
    }
}
