using Xunit;

namespace Esn.Tests;

public class FreeRunTests
{
    [Theory]
    [InlineData(1, 5, 1, new[] { 10, 25 })]
    [InlineData(3, 3, 40, new[] { 25 })]   // more runs than a vector has lanes
    [InlineData(2, 40, 7, new[] { 4, 13 })]  // some steps without a run
    [InlineData(33, 6, 1, new[] { 12 })]   // so many channels that runs are made at their launch
    public void A_finished_run_is_the_error_of_a_forecast_with_the_readout_of_its_launch(int channels, int every,
        int washout, int[] lengths)
    {
        const int Units = 30, Steps = 300;
        const double Limit = 1.5;
        var network = new EchoStateNetwork(new ReservoirSpec { Units = Units, Degree = 4, LeakRates = [.4, .8] },
            new RandomWeightsSpec(), channels);
        int regressors = network.Regressors;
        var readout =
            new Readout(regressors, channels, new ReadoutSpec { Regularisation = 1e-2, ForgettingFactor = .99, Horizons = [1, 3] });
        var predictor = new NetworkPredictor(network, readout);
        var runs = new FreeRuns(new FreeRunSpec { Every = every, Limit = Limit }, predictor, lengths);
        double[][] inputs =
            [.. Enumerable.Range(0, Steps).Select(t => Enumerable.Range(0, channels).Select(c => 2 * Math.Sin(.3 * t + c)).ToArray())];
        double[] errors = new double[2 * channels], squares = new double[channels];
        var twins = new List<(int Launch, double[][] Forecast)>();
        int compared = 0;
        for (int t = 0; t < Steps; t++)
        {
            predictor.Begin([DateTime.UnixEpoch.AddSeconds(t)], inputs[t]);
            predictor.Settle(inputs[t], errors);
            runs.Settle(t, inputs[t]);
            for (int length = 0; length < lengths.Length; length++)
            {
                int launch = t - lengths[length];
                while (launch >= washout && launch % every != 0) launch--;
                bool any = launch >= washout;
                Assert.Equal(any, runs.Finished(length, squares));
                if (!any) continue;
                double[][] forecast = twins.Find(twin => twin.Launch == launch).Forecast;
                for (int c = 0; c < channels; c++)
                {
                    double expected = Enumerable.Range(1, lengths[length])
                        .Average(i => Math.Pow(inputs[launch + i][c] - forecast[i - 1][c], 2));
                    Assert.Equal(expected, squares[c], 1e-9 * (1 + expected));
                    compared++;
                }
            }
            predictor.Learn();
            predictor.Predict();
            if (t < washout) continue;
            runs.Launch(t, DateTime.UnixEpoch.AddSeconds(t), learnt: false);  // no range is known
            if (t % every == 0) twins.Add((t, Twin(predictor.State.ToArray(), readout.Weights.ToArray())));
        }
        Assert.True(compared > 100);

        double[][] Twin(double[] z, double[] weights)
        {
            var forecast = new double[lengths[^1]][];
            var then = new double[regressors];
            for (int i = 0; i < forecast.Length; i++)
            {
                forecast[i] = [.. Enumerable.Range(0, channels)
                    .Select(c => Math.Clamp(z.Select((value, j) => value * weights[c * regressors + j]).Sum(), -Limit, Limit))];
                network.Step(default, forecast[i], z, then);
                (z, then) = (then, z);
            }
            return forecast;
        }
    }

    [Fact]
    public void A_run_that_leaves_the_range_of_the_feed_tells_nothing_unless_the_feed_had_left_it_too()
    {
        const int Length = 10, Every = 5, Jump = 200;
        var network = new EchoStateNetwork(new ReservoirSpec { Units = 20, Degree = 4 }, new RandomWeightsSpec(), 1);
        var predictor = new NetworkPredictor(network, new Readout(network.Regressors, 1, new ReadoutSpec()));
        var runs = new FreeRuns(new FreeRunSpec { Every = Every }, predictor, [Length]);
        double[] errors = new double[1], squares = new double[1];
        for (int t = 0; t < 400; t++)
        {
            // A readout that has learnt nothing foretells 0, where the feed never was.
            double[] frame = [t == Jump ? 4 : 2 + .1 * Math.Sin(t)];
            predictor.Begin([DateTime.UnixEpoch.AddSeconds(t)], frame);
            predictor.Settle(frame, errors);
            runs.Settle(t, frame);
            if (runs.Finished(0, squares) && t > 50 && t % Every == 0)
            {
                bool led = t >= Jump && Jump >= t - 2 * Length;
                Assert.Equal(led, !double.IsNaN(squares[0]));
                if (led) Assert.InRange(squares[0], 3, 6);
            }
            predictor.Skip();
            predictor.Predict();
            runs.Launch(t, DateTime.UnixEpoch.AddSeconds(t), learnt: t != Jump);
        }
    }
}
