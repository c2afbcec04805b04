using System.CommandLine;
using Esn.Streaming.Configuration;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Esn.Stream.Tests;

/// <summary>What compose and Kubernetes start is there, and is what the program takes.</summary>
public sealed class ContainerTests
{
    static Dictionary<object, object>[] Documents(string file)
    {
        var parser = new MergingParser(new Parser(new StringReader(File.ReadAllText(Path.Combine(SharedData.Root, file)))));
        IDeserializer deserializer = new DeserializerBuilder().Build();
        var documents = new List<Dictionary<object, object>>();
        parser.Consume<YamlDotNet.Core.Events.StreamStart>();
        while (parser.Accept<YamlDotNet.Core.Events.DocumentStart>(out _)) documents.Add(deserializer.Deserialize<Dictionary<object,
            object>>(parser));
        return [.. documents];
    }

    static object At(object node, params string[] path) => path.Aggregate(node, (at, key) => ((Dictionary<object, object>)at)[key]);

    static string? Wrong(object command) => ReadmeTests.Wrong("esn " + string.Join(' ', (List<object>)command));

    [Fact]
    public void Compose_mounts_what_is_there_and_starts_what_the_program_takes()
    {
        var services = (Dictionary<object, object>)Documents("compose/compose.yaml")[0]["services"];
        foreach (Dictionary<object, object> service in services.Values)
        {
            foreach (string volume in service.TryGetValue("volumes", out object? volumes) ? ((List<object>)volumes).Cast<string>() : [])
                if (volume.StartsWith('.')) Assert.True(Path.Exists(Path.Combine(SharedData.Root, "compose", volume.Split(':')[0])),
                    volume);
            if ((string)service["image"] == "esn") Assert.Null(Wrong(service["command"]));
        }
        EsnConfig config = ConfigFile.Load(Path.Combine(SharedData.Root, "config", "compose.yaml"));
        Assert.Equal(["timesteps"], config.Source.Topics);
        string scraped = File.ReadAllText(Path.Combine(SharedData.Root, "config", "prometheus", "prometheus.yml"));
        foreach (string replica in services.Keys.Cast<string>().Where(name => name.StartsWith("esn-", StringComparison.Ordinal)))
            Assert.Contains($"\"{replica}:9464\"", scraped, StringComparison.Ordinal);
        Assert.Contains("alertmanager", services.Keys);
    }

    [Fact]
    public void The_feed_of_compose_is_long_enough_to_be_learnt_and_has_an_anomaly_after()
    {
        Assert.Equal(6001, File.ReadLines(Path.Combine(SharedData.Root, "compose", "feed", "mackey-glass.csv")).Count());
        var detector = new Detector(new EsnConfig().Model, 1);
        double[] values = [.. File.ReadLines(Path.Combine(SharedData.Root, "compose", "feed", "mackey-glass.csv")).Skip(1)
            .Select(line => double.Parse(line, System.Globalization.CultureInfo.InvariantCulture))];
        long[] opened = [.. values.Select((value, t) => detector.Step(DateTime.UnixEpoch.AddSeconds(t), [value], new double[1]))
            .Where(step => step.Alarm is { Change: AlarmChange.Opened }).Select(step => step.Position)];
        Assert.Contains(opened, step => step is >= 2600 and < 2700);
        Assert.DoesNotContain(opened, step => step < 2600);
    }

    [Fact]
    public void The_manifests_start_what_the_program_takes_and_probe_what_it_answers()
    {
        Dictionary<object, object>[] documents = Documents("config/kubernetes/esn.yaml");
        object mounted = At(documents.Single(document => (string)document["kind"] == "ConfigMap"), "data", "esn.yaml");
        EsnConfig config = ConfigFile.Parse((string)mounted, "esn.yaml", _ => "kafka:9092");
        object pod = At(documents.Single(document => (string)document["kind"] == "Deployment"), "spec", "template", "spec");
        object container = ((List<object>)At(pod, "containers"))[0];
        Assert.Null(Wrong(At(container, "args")));
        // It may write nowhere, so what was learnt is with the brokers.
        Assert.Equal("true", At(container, "securityContext", "readOnlyRootFilesystem"));
        Assert.Equal(StateStore.Topic, config.State.Store);
        Assert.Equal(["config"], ((List<object>)At(pod, "volumes")).Select(volume => At(volume, "name")));
        foreach ((string probe, string path) in new[] { ("startupProbe", "/health/live"), ("livenessProbe", "/health/live"),
            ("readinessProbe", "/health/ready") })
            Assert.Equal(path, At(container, probe, "httpGet", "path"));
    }
}
