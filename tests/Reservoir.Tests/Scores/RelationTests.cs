using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>What the channels of a plant say of each other.</summary>
public sealed class RelationTests
{
    const int Channels = 6, Latent = 2;

    // Six sensors of two states, each with its own noise.
    static double[][] Plant(int steps, ulong seed)
    {
        var random = new Xoshiro256StarStar((int)seed, threadSafe: false);
        double[] state = new double[Latent], weights = [.. Enumerable.Range(0, Channels * Latent).Select(_ => Normal.Sample(random, 0, 1))];
        var rows = new double[steps][];
        for (int t = 0; t < steps; t++)
        {
            for (int k = 0; k < Latent; k++) state[k] = .95 * state[k] + Normal.Sample(random, 0, .3);
            rows[t] = new double[Channels];
            for (int c = 0; c < Channels; c++)
            {
                for (int k = 0; k < Latent; k++) rows[t][c] += weights[c * Latent + k] * state[k];
                rows[t][c] += Normal.Sample(random, 0, .2);
            }
        }
        return rows;
    }

    static Score Create(RelationSpec spec, int channels) => spec.Create(new ScoreContext(channels, [1], null));

    static void Step(Score score, double[] values, bool[]? held = null, bool[]? missing = null) => score.Step(new ScoreInput
    {
        Input = values, Errors = values, Frozen = held is not null, Held = new HeldChannels(held ?? new bool[values.Length]),
        Missing = missing ?? [],
    });

    // Ridge regression of one channel on the others and a constant, solved by itself.
    static double Residual(double[][] learnt, double[] row, int channel, double regularisation)
    {
        double[] Others(double[] all) => [1, .. all.Where((_, c) => c != channel)];
        Matrix<double> z = Matrix<double>.Build.DenseOfRowArrays(learnt.Select(Others));
        Vector<double> u = Vector<double>.Build.Dense([.. learnt.Select(r => r[channel])]);
        Matrix<double> normal = z.TransposeThisAndMultiply(z) + regularisation * Matrix<double>.Build.DenseIdentity(Channels);
        return row[channel] - normal.Solve(z.TransposeThisAndMultiply(u)).DotProduct(Vector<double>.Build.Dense(Others(row)));
    }

    [Fact]
    public void Residuals_are_those_of_a_batch_ridge_of_each_channel_on_the_others()
    {
        // τ = 1: the mean is the residual, as long as it is not limited. Nothing is forgotten in as many steps, to rounding.
        var spec = new RelationSpec { Window = 1, Wait = 7, Memory = 1e8, Foretold = 0 };
        Score score = Create(spec, Channels);
        double[][] rows = Plant(400, 1);
        int compared = 0;
        for (int t = 0; t < 180; t++)
        {
            Step(score, rows[t]);
            // P is made at 100 frames that were learnt, seven steps after each came, and at 150.
            if (t < 107) continue;
            double[][] learnt = rows[..(t <= 156 ? 100 : 150)];
            for (int c = 0; c < Channels && t < 137; c++, compared++)
                Assert.Equal(Math.Abs(Residual(learnt, rows[t], c, spec.Regularisation)), score.Deviation(c), 1e-6);
        }
        Assert.True(compared > 100);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_sensor_that_is_off_stands_out_and_those_foretold_from_it_do_not(int broken)
    {
        Score score = Create(new RelationSpec(), Channels);
        double[][] rows = Plant(3000, 2);
        double[] usual = new double[Channels];
        for (int t = 0; t < 2900; t++)
        {
            Step(score, rows[t]);
            if (t < 1000) continue;
            for (int c = 0; c < Channels; c++) usual[c] = Math.Max(usual[c], score.Squares[c]);
        }
        for (int t = 2900; t < 2950; t++)
        {
            rows[t][broken] += 1.2;
            Step(score, rows[t]);
        }
        Assert.True(score.Squares[broken] > 3 * usual[broken]);
        for (int c = 0; c < Channels; c++)
            if (c != broken) Assert.True(score.Squares[c] < usual[c], $"channel {c}");
    }

    [Fact]
    public void A_channel_that_the_others_do_not_foretell_is_not_judged_and_costs_no_look()
    {
        Score score = Create(new RelationSpec(), Channels + 2);
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        double[][] rows = Plant(3000, 3);
        for (int t = 0; t < rows.Length; t++)
        {
            // One of noise alone, and a switch that is on now and then.
            Step(score, [.. rows[t], Normal.Sample(random, 0, 1), t % 900 > 875 ? 5 : 0]);
            if (score.Ready && t > 500) Assert.All(score.Squares[Channels..], square => Assert.True(double.IsNaN(square), $"{t}"));
        }
        Assert.Contains(score.Squares, square => square >= 0);
    }

    [Fact]
    public void What_was_adapted_to_is_normal_and_the_others_stay_so()
    {
        Score score = Create(new RelationSpec(), Channels);
        double[][] rows = Plant(3000, 4);
        bool[] held = [false, true, false, false, false, false];
        for (int t = 0; t < 2600; t++)
        {
            if (t >= 2000) rows[t][1] += 2;
            Step(score, rows[t], t >= 2010 ? held : null);
            if (t < 2000) continue;
            if (t is > 2050 and < 2500) Assert.True(score.Squares[1] > 4);
            if (t == 2500) Assert.True(score.Adapt(new HeldChannels(held)));
            if (t > 2500) Assert.All(score.Squares, square => Assert.True(square < 4, $"{t}: {square}"));
        }
    }

    // At another load four sensors lie elsewhere than the others say: that is the plant, and no more than two are said to fail at once.
    [Fact]
    public void What_comes_to_several_channels_at_once_is_not_laid_on_all_of_them()
    {
        double[] After(params double[] off)
        {
            Score score = Create(new RelationSpec(), Channels);
            double[][] rows = Plant(3000, 5);
            for (int t = 0; t < 2950; t++)
            {
                for (int c = 0; c < off.Length && t >= 2900; c++) rows[t][c] += off[c];
                Step(score, rows[t]);
            }
            return [.. score.Squares.Order()];
        }
        Assert.True(After(2)[^1] > 25);
        Assert.InRange(After(2, -2.5, 2, -3)[^3], 0, 2.25 + 1e-9);
    }
}
