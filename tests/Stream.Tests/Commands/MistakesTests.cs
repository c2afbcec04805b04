using System.CommandLine;
using Esn.Streaming.Commands;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What a mistyped command line is answered with.</summary>
public class MistakesTests
{
    static string[] Said(params string[] typed)
    {
        var replay = new Command("replay") { new Option<double?>("--rate"), new Option<int>("--channels"), new Option<bool>("--now") };
        return [.. Mistakes.Of(new RootCommand { replay, new Command("run") }.Parse(typed))];
    }

    [Theory]
    [InlineData("--rate must be a number, was \"abc\"", "replay", "--rate", "abc")]
    [InlineData("--channels must be a whole number, was \"1.5\"", "replay", "--channels", "1.5")]
    [InlineData("there is no option --raet, did you mean --rate?", "replay", "--raet")]
    [InlineData("there is no option --quiet", "replay", "--quiet")]
    [InlineData("unexpected: feed.csv", "replay", "feed.csv")]
    public void A_mistake_is_told_in_the_words_of_who_made_it(string said, params string[] typed) => Assert.Equal([said], Said(typed));

    [Fact]
    public void A_command_that_is_none_is_told_with_the_nearest() =>
        Assert.Contains("there is no command replya, did you mean replay?", Said("replya"));
}
