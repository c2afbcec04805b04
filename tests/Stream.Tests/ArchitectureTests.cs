using Xunit;

namespace Esn.Stream.Tests;

/// <summary>The plan of docs/architecture.md is what the sources are.</summary>
public sealed class ArchitectureTests
{
    // From top to bottom: a file uses its own folder and those below.
    static readonly FolderOrder Order = new(
        ["."],
        ["Commands"],
        ["Demo", "Tuning"],
        ["Hosting", "Backtest", "Joining"],
        ["Kafka", "Http", "Telemetry"],
        ["Board", "Control"],
        ["Pipeline"],
        ["Streams"],
        ["Configuration", "Feeds", "State"],
        ["Wire", "Simulation"]);

    static readonly SourceCode Code = SourceCode.Of("src/Stream", "esn");

    [Fact]
    public void A_folder_of_the_program_uses_none_above_it() => Empty(Order.Violations(Code));

    [Fact]
    public void The_order_names_no_folder_that_is_gone() => Empty(Order.Absent(Code));

    [Fact]
    public void The_page_names_every_folder_of_the_order() => Empty(Order.Unnamed("docs/architecture.md"));

    [Theory]
    [InlineData("tests/Stream.Tests")]
    [InlineData("tests/Broker.Tests")]
    [InlineData("tests/Browser.Tests")]
    public void A_folder_of_tests_is_named_after_what_it_tests(string tests) => Empty(Code.FoldersWithoutSource(tests));

    [Fact]
    public void No_line_ends_where_nobody_sees_it() => Empty(LongLines.OfRepository());

    static void Empty(IReadOnlyList<string> wrong) => Assert.True(wrong.Count == 0, string.Join('\n', wrong));
}
