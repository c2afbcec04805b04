using System.Text;
using Esn.Streaming.Kafka;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class SharedKeysTests
{
    readonly SharedKeys _keys = new();

    byte[]? Of(string? key) => _keys.Of(key is null ? default : Encoding.UTF8.GetBytes(key), key is null);

    [Fact]
    public void The_same_key_is_the_same_array()
    {
        byte[] first = Of("pump-1")!;
        Assert.Equal("pump-1"u8.ToArray(), first);
        Assert.NotSame(first, Of("pump-2"));
        Assert.Same(first, Of("pump-1"));
    }

    [Fact]
    public void Whatever_came_before_a_key_is_itself()
    {
        for (int round = 0; round < 2; round++)
            for (int i = 0; i < 200_000; i++)  // more than are kept
                Assert.Equal($"{i}", Encoding.UTF8.GetString(Of($"{i}")!));
    }

    [Fact]
    public void No_key_an_empty_one_and_a_long_one_are_what_they_are()
    {
        Assert.Null(Of(null));
        Assert.Empty(Of("")!);
        Assert.Empty(Of("")!);
        string longer = new('x', 600);
        Assert.Equal(longer, Encoding.UTF8.GetString(Of(longer)!));
        Assert.Equal(longer + "y", Encoding.UTF8.GetString(Of(longer + "y")!));
    }
}
