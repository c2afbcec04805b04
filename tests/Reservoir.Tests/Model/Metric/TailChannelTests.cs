using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests.Metric;

public sealed class TailChannelTests
{
    static readonly TailChannelSpec Short = new() { Reference = 300, LeastReference = 50 };
    const int Lasting = 188;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Equals_a_slow_twin_that_sums_its_reference_anew_at_every_step(int length)
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        var channel = new TailChannel(Short, length, Lasting);
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
        var channel = new TailChannel(Short, 20, Lasting);
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
        var one = new TailChannel(Short, 1, Lasting);
        var other = new TailChannel(Short, 1, Lasting);
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
        TailChannel light = new(Short, 1, Lasting), heavy = new(Short, 1, Lasting);
        for (int t = 0; t < 3000; t++)
        {
            double u = random.NextDouble();
            light.Step(u, learn: true);
            heavy.Step(Math.Pow(1 - u, -.7), learn: true);
        }
        Assert.True(heavy.Tail > 1.5 * light.Tail, $"{heavy.Tail} and {light.Tail}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public void An_incident_is_no_excuse_for_the_next_one_however_many_values_it_has(int length)
    {
        var random = new Xoshiro256StarStar(6, threadSafe: false);
        var channel = new TailChannel(Short with { Reference = 4000 }, length, Lasting);
        double[] first = new double[3];
        for (int incident = 0; incident < 3; incident++)
        {
            for (int t = 0; t < 1000; t++) channel.Step(random.NextDouble(), learn: true);
            for (int t = 0; t < 120; t++)
            {
                double q = channel.Step(6, learn: true);
                if (t == 0) first[incident] = q;
            }
        }
        Assert.True(first[2] > .4 * first[0], $"{first[0]}, {first[2]}");
    }

    [Fact]
    public void What_lasts_is_what_the_feed_does_now()
    {
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        var channel = new TailChannel(Short, 1, Lasting);
        for (int t = 0; t < 1000; t++) channel.Step(random.NextDouble(), learn: true);
        double q = 0;
        for (int t = 0; t < 2 * Lasting + 300; t++)
        {
            q = channel.Step(6 + random.NextDouble(), learn: true);
            if (t == Lasting - 1) Assert.True(q > 1.5, $"{q} before it has lasted");
        }
        Assert.True(q < .5, $"{q}");
    }
}
