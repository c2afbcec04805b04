using System.Text.RegularExpressions;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Which folder of src/Stream may know which other, so that there are no circles.</summary>
public sealed partial class FoldersTests
{
    static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["Wire"] = [],
        ["Simulation"] = [],
        ["Configuration"] = ["Wire"],
        ["Feeds"] = ["Wire"],
        ["State"] = ["Wire"],
        ["Streams"] = ["State", "Wire", "Configuration"],
        ["Pipeline"] = ["Streams", "State", "Wire", "Configuration"],
        ["Control"] = ["Pipeline", "Streams", "Wire", "Configuration"],
        ["Board"] = ["Pipeline", "Streams", "Wire", "Configuration"],
        ["Kafka"] = ["Board", "Control", "Pipeline", "Streams", "State", "Wire", "Configuration"],
        ["Http"] = ["Board", "Control", "Pipeline", "Streams", "Wire", "Configuration"],
        ["Telemetry"] = ["Board", "Control", "Pipeline", "Streams", "Wire", "Configuration"],
        ["Hosting"] = ["Kafka", "Http", "Telemetry", "Board", "Control", "Pipeline", "Streams", "State", "Wire", "Configuration"],
        ["Backtest"] = ["Streams", "Wire", "Configuration", "Feeds"],
        ["Tuning"] = ["Backtest", "Streams", "Wire", "Configuration", "Feeds"],
        ["Demo"] = ["Simulation", "Hosting", "Kafka", "Streams", "Wire", "Configuration"],
    };

    public static TheoryData<string> Folders => [.. MayKnow.Keys];

    static string Root => Path.Combine(SharedData.Root, "src", "Stream");

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_knows_only_those_below_it(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
        {
            string text = File.ReadAllText(file);
            Assert.Contains($"namespace Esn.Streaming.{folder};", text, StringComparison.Ordinal);
            string[] known = [.. Named().Matches(text).Select(match => match.Groups["folder"].Value).Where(name => name != folder)];
            Assert.All(known, other => Assert.True(MayKnow[folder].Contains(other), $"{file} knows {other}"));
        }
    }

    [Fact]
    public void The_order_has_no_circle_and_leaves_no_folder_out()
    {
        string[] folders = [.. Directory.EnumerateDirectories(Root).Select(path => Path.GetFileName(path)).Where(name => name is not ("bin" or "obj" or "Commands"))];
        Assert.Equal(folders.Order(), MayKnow.Keys.Order());
        var done = new HashSet<string>();
        while (done.Count < MayKnow.Count)
        {
            string[] next = [.. MayKnow.Where(pair => !done.Contains(pair.Key) && pair.Value.All(done.Contains)).Select(pair => pair.Key)];
            Assert.NotEmpty(next);  // else those that are left go round
            done.UnionWith(next);
        }
    }

    // A using, a qualified name of the root, or Folder.Type without it (but Streams, as much has a property of that name).
    [GeneratedRegex(@"(?:Esn\.Streaming\.|(?<![\w.])Streaming\.)(?<folder>[A-Z]\w+)|(?<![\w.""/<])(?<folder>Wire|Feeds|Control|Board|Http|Telemetry|Hosting|Simulation)\.[A-Z]\w+")]
    private static partial Regex Named();
}
