using Esn.Streaming.Commands;
using Esn.Streaming.Configuration;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class WarmUpNoteTests
{
    // What only preset metric does is told where a stream has it, and else not.
    [Theory]
    [InlineData("signal", false)]
    [InlineData("sensors", false)]
    [InlineData("field", false)]
    [InlineData("metric", true)]
    public void A_feed_that_ended_in_its_warm_up_is_told_what_holds_for_its_preset(string preset, bool early)
    {
        Assert.Equal(early, BacktestCommand.NothingAlarmed(EsnConfig.Of(preset)).Contains("metric", StringComparison.Ordinal));
        EsnConfig mixed = EsnConfig.Of(preset) with { Models = [new ModelConfig { Preset = "metric" }] };
        Assert.Contains("metric", BacktestCommand.NothingAlarmed(mixed), StringComparison.Ordinal);
    }
}
