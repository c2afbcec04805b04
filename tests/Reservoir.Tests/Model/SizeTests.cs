using Xunit;

namespace Esn.Tests;

/// <summary>What a stream will take is known, and refused if need be, before anything is made.</summary>
public sealed class SizeTests
{
    [Fact]
    public void A_frame_with_too_many_values_is_refused_before_any_memory_is_taken()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Detector(Presets.Signal(), 490_001));
        Assert.Contains("490001 channels make 490302 regressors, at most 40000 are possible", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData("signal", 1)]
    [InlineData("signal", 8)]
    [InlineData("signal", 60)]
    [InlineData("sensors", 1)]
    [InlineData("sensors", 40)]
    [InlineData("metric", 1)]
    [InlineData("metric", 20)]
    public void The_estimate_of_a_streams_memory_is_right_within_a_half(string preset, int channels)
    {
        ModelSpec spec = Presets.Of(preset);
        long estimated = spec.EstimatedBytes(channels);
        int steps = spec.WarmUp + 200;
        var detector = new Detector(spec, channels);
        detector.StepMany(Feeds.Times(steps), Feeds.Sines(steps, channels, noise: .1), new StepResult[steps], new double[steps * channels]);
        long bytes = MemoryTests.BytesOf(detector);
        Assert.InRange((double)estimated / bytes, .66, 1.5);
    }

    [Fact]
    public void A_network_that_no_stream_uses_is_let_go_and_one_that_is_used_is_shared()
    {
        var spec = new ReservoirSpec { Units = 40, Seed = 12345 };
        EchoStateNetwork network = EchoStateNetwork.Of(spec, new RandomWeightsSpec(), 2);
        Assert.Same(network, EchoStateNetwork.Of(spec with { LeakRates = [.5] }, new RandomWeightsSpec(), 2));
        Assert.NotSame(network, EchoStateNetwork.Of(spec, new RandomWeightsSpec(), 3));
        WeakReference unused = Make();
        for (int i = 0; i < 5 && unused.IsAlive; i++) GC.Collect();
        Assert.False(unused.IsAlive);
        GC.KeepAlive(network);

        static WeakReference Make() => new(EchoStateNetwork.Of(new ReservoirSpec { Units = 41, Seed = 12345 }, new RandomWeightsSpec(), 2));
    }
}
