using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class GateTests
{
    static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Frames_pass_in_order_and_only_once()
    {
        var gate = new Gate(0);
        Assert.Null(gate.Check(Start, [1, 2], out _));
        Assert.Equal(2, gate.Channels);
        Assert.Equal(Rejection.Duplicate, gate.Check(Start, [1, 2], out _));
        Assert.Null(gate.Check(Start, [1, 3], out _));  // a coarse clock
        Assert.Equal(Rejection.WrongDimension, gate.Check(Start.AddSeconds(1), [1], out _));
        Assert.Null(gate.Check(Start.AddSeconds(1), [1, 3], out _));
        Assert.Equal(Rejection.Late, gate.Check(Start, [1, 4], out string detail));
        Assert.Contains("2026-01-01T00:00:01Z", detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_dimension_can_be_given_beforehand() =>
        Assert.Equal(Rejection.WrongDimension, new Gate(3).Check(Start, [1, 2], out _));
}
