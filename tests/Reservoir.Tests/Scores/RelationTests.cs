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

    // Ridge regression of one channel on the others, now and so many steps ago, and a constant, solved by itself.
    static double Residual(double[][] rows, int learnt, int at, int channel, int lag, double regularisation)
    {
        double[] Others(int t) => [1, .. Not(rows[t]), .. lag == 0 ? [] : t < lag ? new double[Channels - 1] : Not(rows[t - lag])];
        double[] Not(double[] all) => [.. all.Where((_, c) => c != channel)];
        Matrix<double> z = Matrix<double>.Build.DenseOfRowArrays(Enumerable.Range(0, learnt).Select(Others));
        Vector<double> u = Vector<double>.Build.Dense([.. rows.Take(learnt).Select(r => r[channel])]);
        Matrix<double> normal = z.TransposeThisAndMultiply(z) + regularisation * Matrix<double>.Build.DenseIdentity(z.ColumnCount);
        return rows[at][channel] - normal.Solve(z.TransposeThisAndMultiply(u)).DotProduct(Vector<double>.Build.Dense(Others(at)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Residuals_are_those_of_a_batch_ridge_of_each_channel_on_the_others(int lag)
    {
        // τ = 1: the mean is the residual, as long as it is not limited. Nothing is forgotten in as many steps, to rounding.
        var spec = new RelationSpec { Window = 1, Wait = 7, Memory = 1e8, Foretold = 0, Lag = lag };
        Score score = Create(spec, Channels);
        double[][] rows = Plant(400, 1);
        int compared = 0;
        for (int t = 0; t < 180; t++)
        {
            Step(score, rows[t]);
            // P is made at 100 frames that were learnt, seven steps after each came, and at 150.
            if (t < 107) continue;
            int learnt = t <= 156 ? 100 : 150;
            for (int c = 0; c < Channels && t < 137; c++, compared++)
                Assert.Equal(Math.Abs(Residual(rows, learnt, t, c, lag, spec.Regularisation)), score.Deviation(c), 1e-6);
        }
        Assert.True(compared > 100);
    }

    // A probe far down a pipe says at t what one at its beginning said three steps before, and nothing of what that says now.
    [Theory]
    [InlineData(0, false)]
    [InlineData(3, true)]
    public void What_comes_to_a_sensor_later_is_foretold_of_it_and_that_it_is_off_stands_out(int lag, bool told)
    {
        const int steps = 3000;
        Score score = Create(new RelationSpec { Lag = lag }, 2);
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        double[] inlet = new double[steps];
        double usual = 0, off = 0;
        for (int t = 0; t < steps; t++)
        {
            inlet[t] = (t > 0 ? .5 * inlet[t - 1] : 0) + Normal.Sample(random, 0, .87);
            Step(score, [inlet[t], (t < 3 ? 0 : inlet[t - 3]) + Normal.Sample(random, 0, .2) + (t >= 2950 ? .9 : 0)]);
            double square = score.Squares[1];
            if (t is >= 1000 and < 2950) usual = Math.Max(usual, double.IsNaN(square) ? 0 : square);
            if (t >= 2950) off = Math.Max(off, double.IsNaN(square) ? 0 : square);
        }
        Assert.Equal(told, off > 2 * usual && usual > 0);
    }

    [Fact]
    public void Of_a_feed_of_many_channels_the_others_are_looked_at_now_alone_and_a_step_costs_no_more()
    {
        var (with, without) = (new RelationSpec(), new RelationSpec { Lag = 0 });
        Assert.Equal(without.EstimatedBytes(129), with.EstimatedBytes(129));
        Assert.InRange(with.EstimatedBytes(128), 2 * without.EstimatedBytes(128), 4 * without.EstimatedBytes(128));
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

    // Of two channels of one load, each is foretold from the other: which of them is off is said by what it does itself, if that alarms.
    [Fact]
    public void Of_two_channels_that_foretell_each_other_the_one_that_is_off_is_named()
    {
        (int told, int named) = (0, 0);
        for (int seed = 1; seed <= 8; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double load = 0;
            const int Fault = 2500;
            double[] feed = new double[3 * 2700];
            for (int t = 0; t < 2700; t++)
            {
                load = .99 * load + Normal.Sample(random, 0, .1);
                feed[3 * t] = 2 + .1 * load + Normal.Sample(random, 0, .01);
                feed[3 * t + 1] = 20 + load + Normal.Sample(random, 0, .1) + (t >= Fault ? 8 : 0);
                feed[3 * t + 2] = 60 + Normal.Sample(random, 0, .2);
            }
            List<AlarmEvent> of = [.. Feeds.Run(Presets.Sensors(), feed, 3).Events()
                .Where(e => e.Position >= Fault && e.Change is AlarmChange.Opened or AlarmChange.Escalated)];
            if (of.Count == 0) continue;
            told++;
            if (of.TrueForAll(e => e.Contributions[0].Channel == 1)) named++;
        }
        Assert.True(told >= 7 && named >= 6, $"{told} told, {named} named in each event");
    }
}
