using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>The median of the last squared errors.</summary>
public class MedianErrorTests
{
    static Score Create(int window, int channels = 1) =>
        new MedianErrorSpec { Window = window }.Create(new ScoreContext(channels, [1], null));

    static void Step(Score score, params double[] errors) =>
        score.Step(new ScoreInput { Input = errors, Errors = errors, Frozen = false, Held = new HeldChannels(new bool[1]),
            Missing = errors.Contains(double.NaN) ? [.. errors.Select(double.IsNaN)] : default });

    // Errors that come again are among them, and values that are missing.
    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    [InlineData(41)]
    public void It_is_what_sorting_the_last_ones_gives(int window)
    {
        const int channels = 2, steps = 500;
        Score score = Create(window, channels);
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        List<double>[] past = [[], []];
        for (int t = 0; t < steps; t++)
        {
            double[] errors = [.. Enumerable.Range(0, channels).Select(_ => Normal.Sample(random, 0, 1))];
            if (t % 3 == 0) errors[0] = double.NaN;
            if (t % 5 == 0) errors[1] = Math.Round(errors[1]);
            for (int c = 0; c < channels; c++)
                if (!double.IsNaN(errors[c])) past[c].Add(errors[c] * errors[c]);
            Step(score, errors);
            Assert.Equal(t + 1 >= window, score.Ready);
            for (int c = 0; c < channels; c++)
                if (past[c].Count >= window)
                    Assert.Equal(past[c].TakeLast(window).Order().ElementAt((window - 1) / 2), score.Squares[c]);
        }
    }

    [Fact]
    public void What_is_shorter_than_half_of_its_window_does_not_move_it_however_large()
    {
        Score score = Create(40);
        for (int t = 0; t < 100; t++) Step(score, 1);
        for (int t = 0; t < 20; t++)
        {
            Assert.Equal(1, score.Squares[0]);
            Step(score, 1e6);
        }
        Step(score, 1e6);
        Assert.Equal(1e12, score.Squares[0]);
    }
}
