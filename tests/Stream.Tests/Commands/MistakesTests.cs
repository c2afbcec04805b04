using System.CommandLine;
using Esn.Streaming.Commands;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What a mistyped command line is answered with.</summary>
public class MistakesTests
{
    static string[] Said(params string[] typed)
    {
        var preset = new Option<string?>("--preset");
        preset.AcceptOnlyFromAmong("signal", "sensors", "metric");
        var kind = new Argument<string>("KIND") { Description = "What it is\nof. All of it." };
        kind.AcceptOnlyFromAmong("first", "second");
        var replay = new Command("replay")
        {
            new Option<double?>("--rate") { Description = "Records a second." }, new Option<int>("--channels"), new Option<bool>("--now"),
            preset,
        };
        return [.. Mistakes.Of(new RootCommand { replay, new Command("run"), new Command("show") { kind } }.Parse(typed))];
    }

    [Theory]
    [InlineData("--rate must be a number, was \"abc\"", "replay", "--rate", "abc")]
    [InlineData("--channels must be a whole number, was \"1.5\"", "replay", "--channels", "1.5")]
    [InlineData("there is no option --raet, did you mean --rate?", "replay", "--raet")]
    [InlineData("there is no option --quiet", "replay", "--quiet")]
    [InlineData("unexpected: feed.csv", "replay", "feed.csv")]
    [InlineData("--preset must be one of signal, sensors, metric, was \"metrik\": did you mean metric?", "replay", "--preset", "metrik")]
    [InlineData("--preset must be one of signal, sensors, metric, was \"best\"", "replay", "--preset", "best")]
    [InlineData("--rate must have a value: Records a second", "replay", "--rate")]
    [InlineData("KIND is missing: What it is of", "show")]
    [InlineData("KIND must be one of first, second, was \"frst\": did you mean first?", "show", "frst")]
    [InlineData("there is no command replya, did you mean replay?", "replya")]
    [InlineData("there is no command replya, did you mean replay?", "replya", "--help")]
    [InlineData("there is no command nothing", "nothing", "--help")]
    [InlineData("say which command: replay, run, show")]
    public void A_mistake_is_told_in_the_words_of_who_made_it(string said, params string[] typed) => Assert.Equal([said], Said(typed));

    [Theory]
    [InlineData("--help")]
    [InlineData("show", "--help")]
    [InlineData("replay", "--rate", "2", "--preset", "metric")]
    [InlineData("show", "second")]
    public void What_can_be_done_is_no_mistake(params string[] typed) => Assert.Empty(Said(typed));
}
