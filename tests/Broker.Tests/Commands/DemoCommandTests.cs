using Xunit;

namespace Esn.Broker.Tests;

public sealed class DemoCommandTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_demo_catches_nine_of_ten_with_at_most_one_false_alarm(int seed)
    {
        using var demo = new EsnProcess("demo", "--steps", "20000", "--exit", "--rate", "0", "--seed", $"{seed}");
        int code = await demo.Exit(TimeSpan.FromMinutes(3));
        Assert.True(code == 0, demo.Said);
        Assert.Contains(": good", demo.Said, StringComparison.Ordinal);
    }
}
