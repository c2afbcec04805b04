using System.Text.RegularExpressions;
using Xunit;
using YamlDotNet.Serialization;

namespace Esn.Stream.Tests;

/// <summary>The alert rules ask for what is emitted, and say what a person can act on.</summary>
public sealed partial class RulesTests
{
    const string File = "config/prometheus/esn.rules.yml";

    static Dictionary<object, object> Yaml(string file) => new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(
        new YamlDotNet.Core.MergingParser(new YamlDotNet.Core.Parser(
            new StringReader(System.IO.File.ReadAllText(Path.Combine(SharedData.Root, file))))))!;

    static IEnumerable<(string Name, string Expression, Dictionary<object, object> Labels, Dictionary<object,
        object> Annotations)> Alerts() =>
        from Dictionary<object, object> @group in (List<object>)Yaml(File)["groups"]
        from Dictionary<object, object> rule in (List<object>)@group["rules"]
        select ((string)rule["alert"], (string)rule["expr"], (Dictionary<object, object>)rule["labels"],
            (Dictionary<object, object>)rule["annotations"]);

    [Fact]
    public async Task Every_metric_of_a_rule_is_emitted_with_the_labels_that_it_asks_for()
    {
        Assert.True(Alerts().Count() > 10);
        foreach ((string name, string expression, _, _) in Alerts())
            Assert.True(await Exposition.Missing(expression) is [], $"{name}: {string.Join(", ", await Exposition.Missing(expression))}");
    }

    [Fact]
    public async Task A_metric_that_is_not_emitted_and_a_label_that_it_has_not_are_found()
    {
        Assert.Equal(["esn_nothing"], await Exposition.Missing("rate(esn_nothing[5m])"));
        Assert.Equal(["esn_steps_total{stream}"], await Exposition.Missing("esn_steps_total{stream=\"a\"}"));
        Assert.Equal(["by (channel)"], await Exposition.Missing("max by (job, channel) (esn_anomaly_score)"));
    }

    [Fact]
    public async Task What_an_alert_says_names_only_labels_that_it_has()
    {
        Dictionary<string, HashSet<string>> series = await Exposition.Series();
        foreach ((string name, string expression, _, Dictionary<object, object> annotations) in Alerts())
        {
            // The outermost aggregation keeps its labels alone, or all but those; without one, those of the first metric.
            Match aggregated = Aggregated().Match(expression), metric = Metric().Match(expression);
            string[] grouping = aggregated.Groups[2].Value.Split(',', StringSplitOptions.TrimEntries);
            string[] labels = aggregated.Groups[1].Value == "by" ? grouping
                : [.. series.GetValueOrDefault(metric.Value, []).Union(["job", "instance"]).Except(grouping)];
            Assert.Empty(annotations.Values.SelectMany(text => Said().Matches((string)text)).Select(match => match.Groups[1].Value)
                .Except(labels).Select(label => $"{name}: {label}"));
        }
    }

    [Fact]
    public void Every_alert_has_a_summary_a_severity_and_a_runbook_and_every_runbook_an_alert()
    {
        string[] headings = [.. Markdown.Read("docs/runbooks.md").Split('\n')
            .Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..])];
        var linked = new HashSet<string>();
        foreach ((string name, _, Dictionary<object, object> labels, Dictionary<object, object> annotations) in Alerts())
        {
            Assert.Matches("^(critical|warning|info)$", (string)labels["severity"]);
            Assert.True(((string)annotations["summary"]).Length is > 20 and < 120, $"{name}: a summary is one line");
            string[] parts = ((string)annotations["runbook_url"]).Split('#');
            Assert.Equal("{{ $externalLabels.runbooks }}", parts[0]);
            string heading = Assert.Single(headings, heading => heading.Equals(parts[1], StringComparison.OrdinalIgnoreCase));
            Assert.True(name == heading || Markdown.Code("docs/runbooks.md").Contains(name), $"{name} is not named in its runbook");
            linked.Add(heading);
        }
        Assert.Equal(headings.Order(), linked.Order());
    }

    [Theory]
    [InlineData("check", "rules", File)]
    [InlineData("check", "config", "config/prometheus/prometheus.yml")]
    [InlineData("test", "rules", "config/prometheus/esn.rules.test.yml", "config/prometheus/esn.rules.days.test.yml")]
    public async Task Promtool_finds_nothing_wrong(params string[] arguments)
    {
        (int code, string said) = await Tool.Run("promtool", arguments);
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_what_metrics_emits()
    {
        // The names and help texts of prometheus-net's own process and runtime metrics are not ours.
        string text = string.Join('\n', (await Exposition.Text.Value).Split('\n').Where(line => !Foreign().IsMatch(line)));
        (int code, string said) = await Tool.Run("promtool", ["check", "metrics"], text);
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task Amtool_finds_nothing_wrong_with_the_routes()
    {
        (int code, string said) = await Tool.Run("amtool", ["check-config", "config/alertmanager/alertmanager.yml"]);
        Assert.True(code == 0, said);
    }

    [GeneratedRegex(@"^\W*(?:sum|max|min|count) (by|without) \(([^)]*)\)")]
    private static partial Regex Aggregated();

    [GeneratedRegex(@"\b(?:esn_\w+|up)\b")]
    private static partial Regex Metric();

    [GeneratedRegex(@"\$labels\.(\w+)")]
    private static partial Regex Said();

    [GeneratedRegex("^(# (HELP|TYPE) )?(process|dotnet)_")]
    private static partial Regex Foreign();
}
