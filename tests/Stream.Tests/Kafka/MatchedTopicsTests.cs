using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class MatchedTopicsTests
{
    readonly FakeTimeProvider _time = new();

    [Fact]
    public void All_topics_are_asked_for_now_and_then_and_when_one_is_read_that_is_not_known()
    {
        var matched = new MatchedTopics(new SourceConfig { Topics = ["pumps", "^line-.*"] }, _time);
        Assert.True(matched.MustAsk([]));
        matched.Take(["pumps", "other"]);
        Assert.True(matched.MustAsk(["pumps"]));  // none is known yet
        matched.Take(["pumps", "line-1", "other", "line-2"]);
        Assert.Equal(["line-1", "line-2"], matched.Known.Order());

        _time.Advance(MatchedTopics.Every - TimeSpan.FromSeconds(1));
        Assert.False(matched.MustAsk(["pumps", "line-1", "line-2"]));
        Assert.True(matched.MustAsk(["line-1", "line-3"]));
        matched.Take(["pumps", "line-2", "line-3"]);
        Assert.Equal(["line-2", "line-3"], matched.Known.Order());

        _time.Advance(MatchedTopics.Every);
        Assert.True(matched.MustAsk(["line-3"]));
    }

    [Fact]
    public void Without_a_pattern_nobody_asks_for_all() =>
        Assert.False(new MatchedTopics(new SourceConfig { Topics = ["pumps"] }, _time).MustAsk(["pumps", "line-1"]));
}
