using System.Globalization;
using Esn.Streaming.Configuration;
using k8s;
using k8s.Models;
using Xunit;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Esn.Stream.Tests;

/// <summary>Kubernetes' own client takes every key and value of the manifests; what they name is there.</summary>
public sealed class ManifestTests
{
    // KEDA's ScaledObject, as far as it is used: https://keda.sh/docs/latest/reference/scaledobject-spec/
    sealed class ScaledObject
    {
        public string ApiVersion { get; set; } = "";
        public string Kind { get; set; } = "";
        public Dictionary<string, string> Metadata { get; set; } = [];
        public ScaledObjectSpec Spec { get; set; } = new();
    }

    sealed class ScaledObjectSpec
    {
        public Dictionary<string, string> ScaleTargetRef { get; set; } = [];
        public int MinReplicaCount { get; set; }
        public int MaxReplicaCount { get; set; }
        public int CooldownPeriod { get; set; }
        public Dictionary<string, object> Advanced { get; set; } = [];
        public List<Trigger> Triggers { get; set; } = [];
    }

    sealed class Trigger
    {
        public string Type { get; set; } = "";
        public Dictionary<string, string> Metadata { get; set; } = [];  // all of them text, numbers too
    }

    static string Text(string file) => File.ReadAllText(Path.Combine(SharedData.Root, "config", "kubernetes", file));

    static List<object> Loaded() => KubernetesYaml.LoadAllFromString(Text("esn.yaml"), strict: true);

    static T One<T>() => Assert.Single(Loaded().OfType<T>());

    [Fact]
    public void Every_manifest_is_one_of_these() =>
        Assert.Equal(["autoscaling.yaml", "esn.yaml"],
            Directory.GetFiles(Path.Combine(SharedData.Root, "config", "kubernetes")).Select(file => Path.GetFileName(file)).Order());

    [Fact]
    public void They_are_what_Kubernetes_takes_and_a_slip_is_not()
    {
        Assert.Equal(4, Loaded().Count);
        string slip = Text("esn.yaml").Replace("maxUnavailable: 1", "maxUnavailabel: 1", StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString(slip, strict: true));
    }

    [Fact]
    public void What_selects_the_pods_are_their_labels_and_what_is_mounted_is_there()
    {
        V1Deployment deployment = One<V1Deployment>();
        V1PodSpec pod = deployment.Spec.Template.Spec;
        IDictionary<string, string> labels = deployment.Spec.Template.Metadata.Labels;
        Assert.Equal(labels, deployment.Spec.Selector.MatchLabels);
        Assert.Equal(labels, One<V1Service>().Spec.Selector);
        Assert.Equal(labels, One<V1PodDisruptionBudget>().Spec.Selector.MatchLabels);
        V1Container container = Assert.Single(pod.Containers);
        Assert.All(container.VolumeMounts, mount => Assert.Contains(pod.Volumes, volume => volume.Name == mount.Name));
        Assert.Equal(One<V1ConfigMap>().Metadata.Name, Assert.Single(pod.Volumes, volume => volume.ConfigMap is not null).ConfigMap.Name);
        Assert.Contains(container.Ports, port => port.Name == One<V1Service>().Spec.Ports[0].TargetPort.Value);
        // With one replica none could ever be moved away.
        Assert.True(deployment.Spec.Replicas > 1);
    }

    [Fact]
    public void Replicas_follow_the_lag_of_the_group_and_the_topic_that_the_manifest_reads()
    {
        var scaled = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance)
            .WithDuplicateKeyChecking().Build().Deserialize<ScaledObject>(Text("autoscaling.yaml"));
        V1Deployment deployment = One<V1Deployment>();
        EsnConfig config = ConfigFile.Parse(One<V1ConfigMap>().Data["esn.yaml"], "esn.yaml", _ => "kafka:9092");
        Assert.Equal(("keda.sh/v1alpha1", "ScaledObject"), (scaled.ApiVersion, scaled.Kind));
        Assert.Equal(deployment.Metadata.Name, scaled.Spec.ScaleTargetRef["name"]);
        Assert.InRange(deployment.Spec.Replicas!.Value, scaled.Spec.MinReplicaCount, scaled.Spec.MaxReplicaCount);
        Trigger trigger = Assert.Single(scaled.Spec.Triggers);
        Assert.Equal("kafka", trigger.Type);
        Assert.Equal(["bootstrapServers", "consumerGroup", "lagThreshold", "topic"], trigger.Metadata.Keys.Order());
        Assert.Equal(config.Source.Group, trigger.Metadata["consumerGroup"]);
        Assert.Equal(config.Source.Topics, [trigger.Metadata["topic"]]);
        Assert.Equal(Assert.Single(deployment.Spec.Template.Spec.Containers).Env.Single(one => one.Name == "ESN_KAFKA_SERVERS").Value,
            trigger.Metadata["bootstrapServers"]);
        Assert.True(int.Parse(trigger.Metadata["lagThreshold"], CultureInfo.InvariantCulture) > 0);
        // As KEDA hands it on to the autoscaler of Kubernetes.
        var autoscaler = (Dictionary<object, object>)scaled.Spec.Advanced["horizontalPodAutoscalerConfig"];
        object behaviour = autoscaler["behavior"];
        KubernetesYaml.Deserialize<V2HorizontalPodAutoscalerBehavior>(new SerializerBuilder().Build().Serialize(behaviour), strict: true);
    }
}
