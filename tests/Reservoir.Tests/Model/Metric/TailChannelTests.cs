using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

public sealed class TailChannelTests
{
    static readonly TailChannelSpec Short = new() { Reference = 300, LeastReference = 50 };

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Equals_a_slow_twin_that_sums_its_reference_anew_at_every_step(int length)
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        var channel = new TailChannel(Short, length);
        var kept = new List<double>();
        double moment = 1;
        for (int t = 0; t < 2000; t++)
        {
            double a = t % 97 == 0 ? 30 * random.NextDouble() : random.NextDouble();
            double[] reference = [.. kept.Take(Math.Max(0, t - (length + 5) + 1)).TakeLast(300)];
            double mean = reference.Length > 0 ? reference.Average() : 0;
            double unit = reference.Length > 0 ? Math.Sqrt(reference.Average(v => (v - mean) * (v - mean))) + .05 : 0;
            bool told = reference.Length >= 50;
            double z = told ? Math.Max(0, (a - mean) / unit) : 0, bar = 1 + Math.Pow(moment, .2);

            Assert.Equal(z / bar, channel.Step(a, learn: true), 4);  // the ring holds single precision
            kept.Add(told ? Math.Min(a, mean + 8 * unit) : a);
            moment += (Math.Pow(Math.Min(z, 3 * bar), 5) - moment) / (t + 200);
        }
    }

    [Fact]
    public void A_jump_does_not_excuse_itself_within_its_own_length()
    {
        var channel = new TailChannel(Short, 20);
        for (int t = 0; t < 400; t++) channel.Step(t % 2, learn: true);
        double first = channel.Step(6, learn: true), before = channel.Tail;
        for (int t = 1; t < 25; t++)
        {
            double q = channel.Step(6, learn: true);
            Assert.Equal(first * (1 + before) / (1 + channel.Tail), q, first / 5);
        }
    }

    [Fact]
    public void What_is_not_to_be_learnt_leaves_no_trace()
    {
        var one = new TailChannel(Short, 1);
        var other = new TailChannel(Short, 1);
        var random = new Xoshiro256StarStar(4, threadSafe: false);
        for (int t = 0; t < 1000; t++)
        {
            double a = random.NextDouble();
            if (t % 3 == 0) other.Step(100, learn: false);
            Assert.Equal(one.Step(a, learn: true), other.Step(a, learn: true));
        }
    }

    [Fact]
    public void A_heavy_tail_raises_its_own_bar()
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        TailChannel light = new(Short, 1), heavy = new(Short, 1);
        for (int t = 0; t < 3000; t++)
        {
            double u = random.NextDouble();
            light.Step(u, learn: true);
            heavy.Step(Math.Pow(1 - u, -.7), learn: true);
        }
        Assert.True(heavy.Tail > 1.5 * light.Tail, $"{heavy.Tail} and {light.Tail}");
    }
}
