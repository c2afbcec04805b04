using Microsoft.CodeAnalysis;
using Xunit;

namespace Esn.Tests;

/// <summary>The plan of docs/architecture.md is what the sources are.</summary>
public sealed class ArchitectureTests
{
    // From top to bottom: a file uses its own folder and those below.
    static readonly FolderOrder Order = new(
        ["."],
        ["Model/Error", "Model/Metric", "Model/Field"],
        ["Model"],
        ["Alarm"],
        ["Calibration"],
        ["Scores"],
        ["Scores/Statistics"],
        ["Forecast"],
        ["Readout"],
        ["Network+Network/InputMaps+Network/InputMaps/Fields"],
        ["Scaling"],
        ["Kernel"]);

    static readonly SourceCode Code = SourceCode.Of("src/Reservoir", "Esn.Reservoir");

    [Fact]
    public void A_folder_of_the_library_uses_none_above_it() => Empty(Order.Violations(Code));

    [Fact]
    public void The_order_names_no_folder_that_is_gone() => Empty(Order.Absent(Code));

    [Fact]
    public void The_page_names_every_folder_of_the_order() => Empty(Order.Unnamed("docs/architecture.md"));

    [Fact]
    public void A_folder_of_tests_is_named_after_what_it_tests() => Empty(Code.FoldersWithoutSource("tests/Reservoir.Tests"));

    [Fact]
    public void A_use_upwards_is_named_and_a_comment_is_none()
    {
        string root = Path.GetFullPath("/toy");
        (string, string)[] files =
        [
            (Path.Combine(root, "Top", "Door.cs"), "class Door { public static int[] Keys() => Cellar.Keys; }"),
            (Path.Combine(root, "Low", "Cellar.cs"),
                "/// <summary>Below the <see cref=\"Door\"/>.</summary>\nclass Cellar { public static int[] Keys = new int[3]; }"),
            (Path.Combine(root, "Low", "Stairs.cs"),
                "class Stairs { public static object? Up = null; int Count() { var keys = Door.Keys(); return keys.Length; } }"),
        ];
        var toy = new SourceCode(SourceCode.Compile("toy", OutputKind.DynamicallyLinkedLibrary, files), root);
        Assert.Equal(["Low/Stairs.cs uses Top/Door.cs (Door)"], new FolderOrder(["Top"], ["Low"]).Violations(toy));
        Assert.Equal(
            [
                "Low/Cellar.cs lies in no folder of the order: give it a place",
                "Low/Stairs.cs lies in no folder of the order: give it a place",
            ],
            new FolderOrder(["Top"]).Violations(toy));
    }

    [Fact]
    public void No_line_ends_where_nobody_sees_it() => Empty(LongLines.OfRepository());

    static void Empty(IReadOnlyList<string> wrong) => Assert.True(wrong.Count == 0, string.Join('\n', wrong));
}
