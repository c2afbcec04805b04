using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>The dashboards, and the pages, ask for what is emitted.</summary>
public sealed partial class DashboardTests
{
    public static TheoryData<string> Dashboards =>
        [.. Directory.GetFiles(Path.Combine(SharedData.Root, "config", "grafana", "dashboards"), "*.json")
        .Select(file => Path.GetFileName(file))];

    static JsonElement Read(string dashboard) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedData.Root, "config", "grafana", "dashboards", dashboard))).RootElement;

    static IEnumerable<(string Title, string Query, string Legend)> Queries(JsonElement dashboard) =>
        from panel in dashboard.GetProperty("panels").EnumerateArray()
        from target in panel.GetProperty("targets").EnumerateArray()
        select (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!,
            target.GetProperty("legendFormat").GetString()!);

    [Theory]
    [MemberData(nameof(Dashboards))]
    public async Task Every_query_asks_for_what_is_emitted_and_for_labels_that_are_there(string name)
    {
        JsonElement dashboard = Read(name);
        (string, string, string)[] queries = [.. Queries(dashboard)];
        Assert.True(queries.Length > 5);
        foreach ((string title, string query, string legend) in queries)
        {
            string labels = string.Join(", ", Legend().Matches(legend).Select(match => match.Groups[1].Value));
            string[] missing = await Exposition.Missing($"sum by ({labels}) ({query})");
            Assert.True(missing is [], $"{title}: {string.Join(", ", missing)}");
        }
        foreach (JsonElement variable in dashboard.GetProperty("templating").GetProperty("list").EnumerateArray())
        {
            Match asked = Values().Match(variable.GetProperty("definition").GetString()!);
            Assert.True(await Exposition.Missing($"sum by ({asked.Groups["label"].Value}) ({asked.Groups["metric"].Value})") is [],
                asked.Value);
        }
    }

    [Theory]
    [MemberData(nameof(Dashboards))]
    public async Task Prometheus_understands_every_query(string name)
    {
        string rules = Path.GetTempFileName();
        await File.WriteAllTextAsync(rules, JsonSerializer.Serialize(new
        {
            groups = new[]
            {
                new
                {
                    name,
                    rules = Queries(Read(name)).Select((query, i) =>
                        new { record = $"panel:query_{i}", expr =
                        query.Query.Replace("$__rate_interval", "5m", StringComparison.Ordinal) }),
                },
            },
        }));  // JSON is YAML
        (int code, string said) = await Tool.Run("promtool", ["check", "rules", rules]);
        File.Delete(rules);
        Assert.True(code == 0, said);
    }

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void Every_panel_and_variable_reads_the_data_source_that_is_provisioned_and_no_two_panels_overlap(string name)
    {
        string text = Read(name).GetRawText(), provisioned =
            File.ReadAllText(Path.Combine(SharedData.Root, "config", "grafana", "provisioning", "datasources", "prometheus.yaml"));
        string[] uids = [.. Source().Matches(text).Select(match => match.Groups[1].Value).Distinct()];
        Assert.Equal(["esn-prometheus"], uids);
        Assert.Contains("uid: esn-prometheus\n", provisioned, StringComparison.Ordinal);
        var taken = new HashSet<(int, int)>();
        foreach (JsonElement panel in Read(name).GetProperty("panels").EnumerateArray())
        {
            JsonElement place = panel.GetProperty("gridPos");
            for (int x = 0; x < place.GetProperty("w").GetInt32(); x++)
                for (int y = 0; y < place.GetProperty("h").GetInt32(); y++)
                    Assert.True(taken.Add((place.GetProperty("x").GetInt32() + x, place.GetProperty("y").GetInt32() + y)),
                        panel.GetProperty("title").GetString());
        }
        Assert.All(taken, cell => Assert.InRange(cell.Item1, 0, 23));
    }

    [Fact]
    public async Task Every_metric_that_a_page_names_is_emitted()
    {
        string[] headers = ["esn_reason", "esn_detail", "esn_topic", "esn_partition", "esn_offset", "esn_timestamp", "esn_part",
            "esn_key_bytes", "esn_headers_left_out", "esn_webhook"];
        Dictionary<string, HashSet<string>> series = await Exposition.Series();
        Assert.Empty(from page in Markdown.Pages
                     from Match name in Metric().Matches(Markdown.Read(page))
                     where !headers.Contains(name.Value) && !series.Keys.Any(one => one == name.Value
                         || Regex.Replace(one, "_(bucket|sum|count)$", "") == name.Value)
                     select $"{page}: {name.Value}");
    }

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Legend();

    [GeneratedRegex(@"^label_values\((?<metric>.*), (?<label>\w+)\)$")]
    private static partial Regex Values();

    [GeneratedRegex("\"type\": \"prometheus\",\\s*\"uid\": \"([^\"]*)\"")]
    private static partial Regex Source();

    [GeneratedRegex(@"\b(?:esn|process|dotnet)_[a-z_]+[a-z]\b")]
    private static partial Regex Metric();
}
