using Esn.Streaming.Configuration;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class ConfigFileTests
{
    static EsnConfig Parse(string text, params (string Name, string Value)[] environment) =>
        ConfigFile.Parse(text, "esn.yaml", name => environment.FirstOrDefault(variable => variable.Name == name).Value);

    static string Error(string text) => Assert.Throws<ConfigException>(() => Parse(text)).Message;

    [Fact]
    public void An_empty_file_is_all_defaults()
    {
        // Lists compare by reference, so the texts.
        Assert.Equal(Shown(new EsnConfig()), Shown(Parse("")));
        Assert.Equal(Shown(new EsnConfig()), Shown(Parse("# nothing\n")));
        Assert.Equal(Shown(new EsnConfig()), Shown(Parse("kafka:\nsource: {}\n")));
    }

    [Fact]
    public void The_annotated_example_says_the_defaults()
    {
        Assert.Equal(Shown(new EsnConfig()), Shown(ConfigFile.Load(Path.Combine(SharedData.Root, "config", "esn.yaml"))));
    }

    public static TheoryData<string> Examples => [.. Directory.GetFiles(Path.Combine(SharedData.Root, "config"), "*.yaml").Select(file => Path.GetFileName(file)!)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_good(string file)
    {
        string path = Path.Combine(SharedData.Root, "config", file);
        EsnConfig config = ConfigFile.Parse(File.ReadAllText(path), path, name => name == "ESN_KAFKA_PASSWORD" ? "secret" : null);
        config.Model.Validate();
    }

    [Theory]
    [InlineData("sorce: {}", "unknown key sorce: did you mean source?", ":1)")]
    [InlineData("detector:\n  reservoir:\n    unitz: 5", "unknown key detector.reservoir.unitz: did you mean units?", ":3)")]
    [InlineData("detector:\n  reservoir:\n    units: many", "detector.reservoir.units must be a whole number, was 'many'", ":3)")]
    [InlineData("detector:\n  reservoir:\n    degree: 3\n    units: 1", "units must be in [2, 20000], was 1", ":4)")]
    [InlineData("detector:\n  readout:\n    forgettingFactor: 1.2", "forgettingFactor must be in (0, 1], was 1.2", ":3)")]
    [InlineData("detector:\n  readout:\n    forgettingFactor: .nan", "forgettingFactor must be", ":3)")]
    [InlineData("detector:\n  reservoir:\n    leakRates: [0.5, 2]", "must be in (0, 1], was 2", ":3)")]
    [InlineData("source: [a, b]", "source must be a mapping of keys to values, was a list", ":1)")]
    [InlineData("source:\n  topics: []", "topics must name at least one topic", ":2)")]
    [InlineData("source:\n  from: middle", "source.from must be one of earliest, latest, was middle", ":2)")]
    [InlineData("http:\n  listen: here", "listen must be an address and a port such as 0.0.0.0:9464, was here", ":2)")]
    [InlineData("sink:\n  createTopics: maybe", "sink.createTopics must be true or false, was 'maybe'", ":2)")]
    [InlineData("alarms:\n  budget: few", "alarms.budget must be such as '1 per 100000 steps' or '2 per day', was 'few'", ":2)")]
    [InlineData("alarms:\n  budget: 1 per 2 steps", "alarms.budget must be", ":2)")]
    [InlineData("preset: magic", "preset must be one of signal", ":1)")]
    [InlineData("sink:\n  events: a\n  deadLetters: a", "deadLetters must be another topic than events", ":3)")]
    [InlineData("kafka:\n  bootstrapServers: ${NOWHERE}", "kafka.bootstrapServers needs the environment variable NOWHERE, which is not set", ":2)")]
    [InlineData("kafka: {\n", "", "esn.yaml:")]
    [InlineData("source:\n  group: a\n  group: b", "group", ":3)")]
    public void An_error_names_the_key_the_value_what_would_be_right_and_the_line(string text, string says, string where)
    {
        string message = Error(text);
        Assert.Contains(says, message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(where, message, StringComparison.Ordinal);
        Assert.Contains("esn.yaml:", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_comes_from_the_environment_as_it_is()
    {
        EsnConfig config = Parse("kafka:\n  settings:\n    sasl.password: ${SECRET}\n    sasl.username: ${USER_NAME:-esn}\n", ("SECRET", "a: b # 'c' ${X}"));
        Assert.Equal("a: b # 'c' ${X}", config.Kafka.Settings["sasl.password"]);
        Assert.Equal("esn", config.Kafka.Settings["sasl.username"]);
    }

    [Fact]
    public void What_the_file_does_not_say_stays_as_the_preset_has_it()
    {
        EsnConfig config = Parse("detector:\n  reservoir:\n    units: 77\nalarms:\n  budget: 3 per 100_000 steps\n");
        Assert.Equal(new ReservoirSpec().Seed, Assert.IsType<DetectorSpec>(config.Detector).Reservoir.Seed);
        Assert.Equal(77, Assert.IsType<DetectorSpec>(config.Detector).Reservoir.Units);
        Assert.Equal(3e-5, Assert.IsType<BudgetSpec>(Assert.IsType<DetectorSpec>(config.Model).Calibrator).AlarmsPerStep, 1e-12);
    }

    [Fact]
    public void A_member_of_a_family_is_named_by_its_kind()
    {
        EsnConfig config = Parse("detector:\n  scores:\n    - { kind: meanError, average: 4, window: 20 }\n  calibrator: { floor: 1e-6 }\n");
        Assert.Equal(4, Assert.IsType<MeanError>(Assert.Single(Assert.IsType<DetectorSpec>(config.Detector).Scores)).Average);
        Assert.Equal(1e-6, Assert.IsType<BudgetSpec>(Assert.IsType<DetectorSpec>(config.Detector).Calibrator).Floor);
        Assert.Contains("one of", Error("detector:\n  scores:\n    - { kind: vibes }\n"), StringComparison.Ordinal);
        Assert.Contains("needs the key kind", Error("detector:\n  scores:\n    - { average: 4 }\n"), StringComparison.Ordinal);
    }

    static string Shown(object? value) => value switch
    {
        null => "null",
        string or double or int or bool or Enum => FormattableString.Invariant($"{value}"),
        System.Collections.IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Shown))}]",
        _ => $"{value.GetType().Name} {{ {string.Join(", ", value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0 && p.CanWrite).Select(p => $"{p.Name} = {Shown(p.GetValue(value))}"))} }}",
    };
}
