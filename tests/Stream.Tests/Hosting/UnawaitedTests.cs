using Esn.Streaming.Hosting;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class UnawaitedTests
{
    [Fact]
    public async Task What_nobody_waits_for_is_told_of_when_it_fails_and_not_when_the_process_ends()
    {
        var told = new List<Exception>();
        await Unawaited.Told(() => throw new FormatException("odd"), told.Add);
        Assert.Equal("odd", Assert.IsType<FormatException>(Assert.Single(told)).Message);
        await Unawaited.Told(() => throw new OperationCanceledException(), told.Add);
        await Unawaited.Told(() => { }, told.Add);
        Assert.Single(told);
    }
}
