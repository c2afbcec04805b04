using System.CommandLine;
using System.Text.RegularExpressions;
using Esn.Streaming.Configuration;
using Esn.Streaming.Demo;
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
    public void What_the_image_listens_on_is_reached_from_outside_whichever_configuration_it_is_given()
    {
        string file = File.ReadAllText(Path.Combine(SharedData.Root, "compose", "Dockerfile"));
        string listens = Assert.Single(Regex.Matches(file, @"\bESN_LISTEN=(\S+)")).Groups[1].Value, exposed =
            Assert.Single(Regex.Matches(file, @"^EXPOSE (\d+)$", RegexOptions.Multiline)).Groups[1].Value;
        Assert.Equal($"0.0.0.0:{exposed}", listens);
        // None of those that are copied into it says otherwise.
        Assert.Matches("(?m)^COPY config /etc/esn$", file);
        string[] configurations = [.. Directory.GetFiles(Path.Combine(SharedData.Root, "config"), "*.yaml")];
        Assert.NotEmpty(configurations);
        Assert.All(configurations, one => Assert.Equal("", ConfigFile.Parse(File.ReadAllText(one), one, _ => "x:1").Http.Listen));
    }

    [Fact]
    public void The_feed_of_compose_goes_on_and_so_do_its_alarms()
    {
        // Twenty minutes at its rate, from its quiet beginning, at the budget that compose's replicas have.
        const int Steps = 60_000;
        EsnConfig config = ConfigFile.Load(Path.Combine(SharedData.Root, "config", "compose.yaml"));
        var feed = new DemoFeed(seed: 1, DemoRun.Quiet, noise: .01);
        var detector = new Detector(config.Model, 1);
        long[] opened = [.. Enumerable.Range(0, Steps)
            .Select(t => detector.Step(DateTime.UnixEpoch.AddSeconds(t), [feed.Next()], new double[1]))
            .Where(step => step.Alarm is { Change: AlarmChange.Opened }).Select(step => step.Position)];
        long[] anomalies = [.. feed.Anomalies.Where(at => at < Steps - 100)];
        bool Told(long at) => opened.Any(step => step >= at && step < at + 100);
        Assert.DoesNotContain(opened, step => step < DemoRun.Quiet);
        Assert.InRange(anomalies.Length, Steps / 5000 - 1, Steps / 3000);
        Assert.InRange(anomalies.Count(Told), .8 * anomalies.Length, anomalies.Length);
        // Most of the last ones too, which a newcomer finds who comes late.
        Assert.InRange(anomalies[^5..].Count(Told), 3, 5);
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
        // Probes come to the pod's address, as Prometheus does.
        Assert.Equal("0.0.0.0:9464", config.Http.Listen);
        Assert.Equal("9464", At(((List<object>)At(container, "ports"))[0], "containerPort"));
        foreach ((string probe, string path) in new[] { ("startupProbe", "/health/live"), ("livenessProbe", "/health/live"),
            ("readinessProbe", "/health/ready") })
            Assert.Equal(path, At(container, probe, "httpGet", "path"));
    }
}
