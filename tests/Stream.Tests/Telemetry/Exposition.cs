using System.Text;
using System.Text.RegularExpressions;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;

namespace Esn.Stream.Tests;

/// <summary>What /metrics emits once everything has happened at least once, and whether a query asks for it.</summary>
static partial class Exposition
{
    // What Prometheus adds by itself, and where pods are found, by its configuration.
    static readonly string[] Added = ["job", "instance", "pod", "alertname", "alertstate", "severity"];

    /// <summary>The text.</summary>
    public static Lazy<Task<string>> Text { get; } = new(async () =>
    {
        EsnConfig config = Pipelines.Config();
        var metrics = new EsnMetrics(config.Http, []);
        var table = new StreamTable(config, TimeProvider.System);
        metrics.Observe(table.Take(Pipelines.Batch([.. Enumerable.Range(0, 700)
            .Select(t => Pipelines.Record(t, "b", Pipelines.Value(t)))])));
        metrics.Observe(table.Take(Pipelines.Batch(Pipelines.Record(1, "b", 1))));
        metrics.Observe(EsnMetricsTests.Scored(1.5, EsnMetricsTests.OfThree(AlarmChange.Opened), open: true, at: DateTime.UtcNow, 1, 2, 3));
        metrics.KeepEvery(60);
        metrics.Observe(table.Take(new PartitionsAssigned([new PartitionId("steps", 0)])));
        var readiness = new Readiness(TimeProvider.System, TimeSpan.FromSeconds(30));
        readiness.Joined();
        readiness.Heard("""{"brokers":{},"topics":{"steps":{"partitions":{"0":{"fetch_state":"active","ls_offset":9,"""
            + "\"next_offset\":1,\"stored_offset\":1,\"fetchq_cnt\":0}}}}}");
        readiness.Told([new GroupPartition(new PartitionId("steps", 0), Next: 1, End: 9, Held: true)], gone: null);
        metrics.ShowBeforeCollecting(readiness);
        using var text = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray());
    });

    /// <summary>The labels of each name that is emitted.</summary>
    public static async Task<Dictionary<string, HashSet<string>>> Series() =>
        (await Text.Value).Split('\n').Select(line => Sample().Match(line)).Where(match => match.Success)
            .GroupBy(match => match.Groups["name"].Value)
            .ToDictionary(all => all.Key, all => all.SelectMany(match => Label().Matches(match.Groups["labels"].Value))
                .Select(label => label.Groups[1].Value).ToHashSet());

    /// <summary>What a query asks for that is not emitted.</summary>
    public static async Task<string[]> Missing(string query)
    {
        Dictionary<string, HashSet<string>> series = await Series();
        var wrong = new List<string>();
        var known = new HashSet<string>(Added);
        Match[] selectors = Selector().Matches(query).ToArray();
        if (selectors.Length == 0) wrong.Add("no metric at all");
        foreach (Match selector in selectors)
        {
            string name = selector.Groups["name"].Value;
            if (name is "up" or "ALERTS") known.UnionWith(["topic", "partition", "stream"]);
            else if (!series.TryGetValue(name, out HashSet<string>? labels)) wrong.Add(name);
            else
            {
                known.UnionWith(labels);
                wrong.AddRange(Label().Matches(selector.Groups["labels"].Value).Select(label => label.Groups[1].Value)
                    .Where(label => !labels.Contains(label) && !Added.Contains(label)).Select(label => $"{name}{{{label}}}"));
            }
        }
        wrong.AddRange(Grouping().Matches(query).SelectMany(match => match.Groups[1]
            .Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(label => !known.Contains(label)).Select(label => $"by ({label})"));
        return [.. wrong];
    }

    [GeneratedRegex(@"^(?<name>[a-z_]+)(\{(?<labels>.*)\})? \S+$")]
    private static partial Regex Sample();

    [GeneratedRegex(@"(\w+)\s*(?:=~|!~|!=|=)\s*""")]
    private static partial Regex Label();

    [GeneratedRegex(@"\b(?<name>(?:esn|process|dotnet)_\w+|up|ALERTS)\b(?:\{(?<labels>[^}]*)\})?")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")]
    private static partial Regex Grouping();
}
