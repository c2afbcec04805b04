using System.Text;
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

    public static TheoryData<string> Examples =>
        [.. Directory.GetFiles(Path.Combine(SharedData.Root, "config"), "*.yaml").Select(file => Path.GetFileName(file)!)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Every_example_is_good(string file)
    {
        string path = Path.Combine(SharedData.Root, "config", file);
        EsnConfig config = ConfigFile.Parse(File.ReadAllText(path), path, name => name == "ESN_KAFKA_PASSWORD" ? "secret" : null);
        config.Model.Validate();
    }

    [Theory]
    [InlineData("pump-9", "sensors", 1 / 30.0, null)]
    [InlineData("pump-7", "sensors", 0, 2e-5)]
    [InlineData("requests-eu", "metric", 2 / 7.0, null)]
    [InlineData("a-pump-7", "signal", 0, 2e-5)]
    public void The_first_entry_of_models_that_names_a_stream_holds(string stream, string preset, double perDay, double? perStep)
    {
        EsnConfig config = ConfigFile.Load(Path.Combine(SharedData.Root, "config", "mixed.yaml"));
        ModelConfig? entry = config.Entry(stream);
        Assert.Equal(preset, entry?.Preset ?? config.Preset);
        ModelSpec model = entry is null ? config.Model : config.ModelOf(entry);
        model.Validate();
        Assert.Equal(preset == "metric", model is MetricModelSpec);
        if (model is not ErrorModelSpec { Calibrator: BudgetSpec budget } errors) return;
        Assert.Equal(perDay, budget.AlarmsPerDay, 1e-12);
        if (perStep is { } rate) Assert.Equal(rate, budget.AlarmsPerStep, 1e-12);
        Assert.Equal(stream == "pump-7" ? [.2] : [], errors.Alarm.MinimumDeviation);
    }

    [Fact]
    public void An_entry_without_a_preset_differs_from_the_files_own_detector_wherever_that_stands()
    {
        EsnConfig config = Parse("models:\n  - streams: [a]\n    detector: { warmUp: 900 }\ndetector:\n  washout: 33\npreset: sensors\n");
        ErrorModelSpec model = Assert.IsType<ErrorModelSpec>(config.Models[0].Detector);
        Assert.Equal((900, 33, 50), (model.WarmUp, model.Washout, model.Reservoir.Units));
    }

    [Theory]
    [InlineData("models:\n  - preset: metric", "models[0]: streams must name at least one stream", ":2)")]
    [InlineData("models:\n  - streams: [a]\n    preset: magic",
        "models[0].preset must be one of signal, sensors, metric, field, was magic", ":3)")]
    [InlineData("models:\n  - streams: [a]\n    preset: metric\n    detector:\n      scores: []", "unknown key models[0].detector.scores",
        ":5)")]
    [InlineData("models:\n  - streams: [a]\n  - streams: [b]\n    budget: few", "models[1].budget must be such as", ":4)")]
    [InlineData("models:\n  - streams: [a]\n    detector: { warmUp: 1 }", "models[0].detector: warmUp must be in [20, 10000000], was 1",
        ":3)")]
    [InlineData("source: { channels: 3 }\nmodels:\n  - streams: [a]\n    detector: { alarm: { minimumDeviation: [1, 2] } }",
        "models[0].detector.alarm.minimumDeviation must have 1 value, or 3", ":2)")]
    [InlineData("source:\n  maxMemory: much", "source.maxMemory must be such as '800 MB' or '8 GB', was 'much'", ":2)")]
    [InlineData("source:\n  channels: 30\n  maxChannels: 20", "maxChannels must be at least 30, as many as a frame is to have, was 20",
        ":3)")]
    public void Models_and_limits_are_read_as_strictly(string text, string says, string where)
    {
        string message = Error(text);
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.EndsWith(where, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_key_that_is_proposed_for_the_word_of_another_program_exists()
    {
        string[] known = [.. ConfigReader.Paths()];
        Assert.All(ConfigReader.Elsewhere.Values.SelectMany(targets => targets), target => Assert.Contains(target, known));
    }

    [Theory]
    [InlineData("sorce: {}", "unknown key sorce: did you mean source?", ":1)")]
    [InlineData("detector:\n  reservoir:\n    unitz: 5", "unknown key detector.reservoir.unitz: did you mean units?", ":3)")]
    [InlineData("budget: 2 per day", "unknown key budget: did you mean alarms.budget? Known here: alarms, control", ":1)")]
    [InlineData("source: { servers: kafka }", "unknown key source.servers: did you mean kafka.bootstrapServers? Known here", ":1)")]
    [InlineData("kafka: { host: k }", "unknown key kafka.host: did you mean kafka.bootstrapServers? Known here", ":1)")]
    [InlineData("sink: { topic: e }", "unknown key sink.topic: did you mean sink.events? Known here", ":1)")]
    [InlineData("http: { port: 80 }", "unknown key http.port: did you mean http.listen? Known here", ":1)")]
    [InlineData("source: { fields: { time: t } }", "did you mean source.fields.timestamp? Known here", ":1)")]
    [InlineData("quux: 1", "unknown key quux. Known here: alarms", ":1)")]
    [InlineData("alarms:\n  budget: 1 per 2 steps", "was '1 per 2 steps'; of a step, 1e-9 … .05", ":2)")]
    [InlineData("alarms: { budget: 1 per 1000 steps\nsink: { events: ev }\n", "is a bracket or a quote left open?", ":1)")]
    [InlineData("source: { topics: [a, b\nsink: {events: x}", "", "esn.yaml")]
    [InlineData("preset: field\ndetector:\n  tiles:\n    coarse: null", "detector.tiles.coarse can't be null: leave it out", ":4)")]
    [InlineData("source:\n  topics: ~", "source.topics can't be null: leave it out", ":2)")]
    [InlineData("detector:\n  scalingSteps: 2000", "scalingSteps must be at most warmUp, 1800, was 2000", ":2)")]
    [InlineData("detector:\n  reservoir:\n    units: many", "detector.reservoir.units must be a whole number, was 'many'", ":3)")]
    [InlineData("detector:\n  reservoir:\n    degree: 3\n    units: 1", "units must be in [2, 20000], was 1", ":4)")]
    [InlineData("detector:\n  readout:\n    forgettingFactor: 1.2", "forgettingFactor must be in (0, 1], was 1.2", ":3)")]
    [InlineData("detector:\n  readout:\n    forgettingFactor: .nan", "forgettingFactor must be", ":3)")]
    [InlineData("detector:\n  reservoir:\n    leakRates: [0.5, 2]", "must be in (0, 1], was 2", ":3)")]
    [InlineData("source: [a, b]", "source must be a mapping of keys to values, was a list", ":1)")]
    [InlineData("source:\n  topics: []", "topics must name at least one topic", ":2)")]
    [InlineData("source:\n  from: middle", "source.from must be one of earliest, latest, was middle", ":2)")]
    [InlineData("http:\n  tokens: { bob: short }", "tokens.bob must have at least 16 letters, had 5", ":2)")]
    [InlineData("http:\n  tokens: { bob: schlüssel-für-die-wache }", "tokens.bob must be letters, digits and signs of ASCII", ":2)")]
    [InlineData("http:\n  certificateKey: key.pem", "certificateKey needs certificate", ":2)")]
    [InlineData("http:\n  listen: here", "listen must be an address and a port such as 127.0.0.1:9464, was here", ":2)")]
    [InlineData("sink:\n  createTopics: maybe", "sink.createTopics must be true or false, was 'maybe'", ":2)")]
    [InlineData("alarms:\n  budget: few", "alarms.budget must be such as '1 per 100000 steps' or '2 per day', was 'few'", ":2)")]
    [InlineData("alarms:\n  budget: 1 per 2 steps", "alarms.budget must be", ":2)")]
    [InlineData("preset: magic", "preset must be one of signal", ":1)")]
    [InlineData("sink:\n  events: a\n  deadLetters: a", "deadLetters must be another topic than events", ":3)")]
    [InlineData("kafka:\n  bootstrapServers: ${NOWHERE}",
        "kafka.bootstrapServers needs the environment variable NOWHERE, which is not set", ":2)")]
    [InlineData("kafka:\n  bootstrapServers: \"${BROKER:9092\"",
        "kafka.bootstrapServers has a ${ that names no environment variable: ${NAME} or ${NAME:-default} is expected, was '${BROKER:9092'",
        ":2)")]
    [InlineData("http:\n  listen: 9464", "listen must be an address and a port such as 127.0.0.1:9464, was 9464", ":2)")]
    [InlineData("http:\n  listen: \":9464\"", "listen must be an address and a port such as 127.0.0.1:9464, was :9464", ":2)")]
    [InlineData("http:\n  listen: 127.0.0.1", "listen must be an address and a port", ":2)")]
    [InlineData("http:\n  listen: \"::1\"", "listen must be an address and a port", ":2)")]
    [InlineData("maintenance: [{}]", "an entry needs streams, from, to or weekly: without them it mutes every stream for ever", ":1)")]
    [InlineData("maintenance:\n  - streams: [\"*\"]", "it mutes every stream for ever", ":2)")]
    [InlineData("maintenance:\n  - from: 2026-01-02\n    to: 2026-01-01", "to must be after from (2026-01-02), was 2026-01-01", ":3)")]
    [InlineData("source:\n  topics: [a, b, a]", "topics must be named once each, 'a' stands twice", ":2)")]
    [InlineData("source:\n  topics: [\"my topic\"]",
        "topics must be names of topics, 1 … 249 of the letters a-z, A-Z, 0-9, '.', '_' and '-', was 'my topic'", ":2)")]
    [InlineData("source:\n  topics: [\"^a(\"]", "topics that begin with ^ are regular expressions, '^a(' is a broken one: ", ":2)")]
    [InlineData("sink:\n  events: a/b", "events must be the name of a topic, 1 … 249 of the letters", ":2)")]
    [InlineData("source:\n  topics: [esn.dead-letters]",
        "sink.deadLetters must be none of source.topics (esn.dead-letters), as what is written would be read again", ":1)")]
    [InlineData("source:\n  topics: [\"^esn.*\"]\nsink:\n  deadLetters: bad",
        "sink.events must be none of source.topics (^esn.*), as what is written would be read again, was esn.anomalies", ":3)")]
    [InlineData("sink:\n  joined: timesteps",
        "sink.joined must be none of source.topics (timesteps), as what is written would be read", ":1)")]
    [InlineData("preset: field\nsink:\n  maps: timesteps", "sink.maps must be none of source.topics (timesteps)", ":2)")]
    [InlineData("control:\n  topic: esn.joined-anomalies", "control.topic must be none of source.topics and none of the sink's", ":1)")]
    [InlineData("maintenance:\n  - weekly: sun 02:00-02:00",
        "weekly must end at another time than it begins, and a whole day is 00:00-24:00, was sun 02:00-02:00", ":2)")]
    [InlineData("state:\n  store: topic\n  topic: timesteps", "state.topic must be none of source.topics, none of the sink's", ":1)")]
    [InlineData("state:\n  store: topic\n  topic: esn.anomalies", "and not control.topic, was esn.anomalies", ":1)")]
    [InlineData("state:\n  store: topic\n  topic: esn.commands", "and not control.topic, was esn.commands", ":1)")]
    [InlineData("state:\n  topic: a/b", "topic must be the name of a topic", ":2)")]
    [InlineData("state:\n  store: topic\n  directory: /var/lib/esn", "directory is of store: directory, and store is topic", ":3)")]
    [InlineData("kafka: {\n", "", "esn.yaml:")]
    [InlineData("source:\n  group: a\n  group: b", "key group stands twice: leave one out", ":3)")]
    [InlineData("source:\n  topics: [a]\n   group: b", "is the line indented as those beside it", ":3)")]
    [InlineData("preset: metric\nsource:\n\ttopics: [a]", "a tab stands before what is said: lines are indented by spaces", ":3)")]
    [InlineData("source:\n  group: \"abc", "is a bracket or a quote left open?", ":2)")]
    [InlineData("preset: metric\n---\npreset: signal", "one document is expected, found 2: leave out what --- begins", ":3)")]
    [InlineData("kafka:\n  bootstrapServers: $BROKERS", "must be ${BROKERS} if the environment has it, was '$BROKERS'", ":2)")]
    [InlineData("kafka:\n  bootstrapServers: http://kafka:9092", "must be host:port, several separated by commas, without http://", ":2)")]
    [InlineData("state:\n  intervalSeconds: 5m", "state.intervalSeconds must be a whole number of seconds, was '5m': 300", ":2)")]
    [InlineData("source:\n  times: { silentSeconds: soon }", "silentSeconds must be a number of seconds, was 'soon' (", ":2)")]
    public void An_error_names_the_key_the_value_what_would_be_right_and_the_line(string text, string says, string where)
    {
        string message = Error(text);
        Assert.Contains(says, message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(where, message, StringComparison.Ordinal);
        Assert.Contains("esn.yaml:", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_encoding_and_a_directory_are_told_as_what_they_are()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, Encoding.Latin1.GetBytes("source:\n  group: k\u00f6ln\n"));
            string said = Assert.Throws<ConfigException>(() => ConfigFile.Load(file)).Message;
            Assert.Equal($"the file must be UTF-8, and has letters of another encoding ({file}:2)", said);
            foreach (Encoding encoding in (Encoding[])[new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode])
            {
                File.WriteAllText(file, "source:\r\n  group: k\u00f6ln\r\n", encoding);
                Assert.Equal("k\u00f6ln", ConfigFile.Load(file).Source.Group);
            }
            Assert.Contains("is a directory", Assert.Throws<ConfigException>(() => ConfigFile.Load(Path.GetTempPath())).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_secret_comes_from_the_environment_as_it_is()
    {
        EsnConfig config = Parse("kafka:\n  settings:\n    sasl.password: ${SECRET}\n    sasl.username: ${USER_NAME:-esn}\n",
            ("SECRET", "a: b # 'c' ${X}"));
        Assert.Equal("a: b # 'c' ${X}", config.Kafka.Settings["sasl.password"]);
        Assert.Equal("esn", config.Kafka.Settings["sasl.username"]);
    }

    [Theory]
    [InlineData("0.0.0.0:9464")]
    [InlineData("[::1]:9464")]
    [InlineData("127.0.0.1:0")]
    public void An_address_has_its_port(string listen) => Assert.Equal(listen, Parse($"http:\n  listen: \"{listen}\"\n").Http.Address);

    [Fact]
    public void It_listens_on_loopback_unless_told_otherwise() => Assert.Equal("127.0.0.1:9464", Parse("").Http.Address);

    [Fact]
    public void Topics_may_be_named_by_a_pattern_and_a_stream_muted_for_ever()
    {
        Assert.Equal(["^plant-.*"], Parse("source:\n  topics: [\"^plant-.*\"]\n").Source.Topics);
        Assert.Equal(["pump-7"], Parse("maintenance:\n  - streams: [pump-7]\n").Maintenance[0].Streams);
    }

    [Fact]
    public void What_the_file_does_not_say_stays_as_the_preset_has_it()
    {
        EsnConfig config = Parse("detector:\n  reservoir:\n    units: 77\nalarms:\n  budget: 3 per 100_000 steps\n");
        Assert.Equal(new ReservoirSpec().Seed, Assert.IsType<ErrorModelSpec>(config.Detector).Reservoir.Seed);
        Assert.Equal(77, Assert.IsType<ErrorModelSpec>(config.Detector).Reservoir.Units);
        Assert.Equal(3e-5, Assert.IsType<BudgetSpec>(Assert.IsType<ErrorModelSpec>(config.Model).Calibrator).AlarmsPerStep, 1e-12);
    }

    [Fact]
    public void A_member_of_a_family_is_named_by_its_kind()
    {
        EsnConfig config = Parse("""
            detector:
              scores:
                - meanError: { average: 4, window: 20 }
                - { kind: meanError, average: 5 }
                - outOfRange
                - level:
                - slowRise: { of: { meanError: { window: 3 } }, window: 64 }
                - slowRise: { of: { length: 10 } }
              calibrator: { floor: 1e-6 }
            """);
        ErrorModelSpec detector = Assert.IsType<ErrorModelSpec>(config.Detector);
        Assert.Equal(
            [new MeanErrorSpec { Average = 4, Window = 20 }, new MeanErrorSpec { Average = 5 }, new OutOfRangeSpec(), new LevelSpec(),
                new SlowRiseSpec { Of = new MeanErrorSpec { Window = 3 }, Window = 64 },
                new SlowRiseSpec { Of = new FreeRunErrorSpec { Length = 10 } }],
            detector.Scores);
        Assert.Equal(1e-6, Assert.IsType<BudgetSpec>(detector.Calibrator).Floor);
        Assert.Equal(1e-6, Assert.IsType<BudgetSpec>(Assert.IsType<ErrorModelSpec>(Parse("detector: { calibrator: { budget: { floor: "
            + "1e-6 } } }").Detector).Calibrator).Floor);
    }

    [Theory]
    [InlineData("detector:\n  scores:\n    - { kind: vibes }", "detector.scores[0] must be one of freeRunError, level,", ":3)")]
    [InlineData("detector:\n  scores:\n    - outOfRange\n    - vibes: { average: 4 }",
        "detector.scores[1] must be one of freeRunError, level,", ":4)")]
    [InlineData("detector:\n  scores: [meanEror]", "was 'meanEror': did you mean meanError?", ":2)")]
    [InlineData("detector:\n  scores:\n    - { average: 4, window: 3 }", "detector.scores[0] must be one of", ":3)")]
    [InlineData("detector:\n  scores:\n    - meanError:\n        windw: 3",
        "unknown key detector.scores[0].meanError.windw: did you mean window?", ":4)")]
    [InlineData("detector:\n  scores:\n    - meanError: { average: 4 }\n    - meanError:\n        window: 0",
        "detector.scores[1].meanError: window must be in [1, 100000], was 0", ":5)")]
    [InlineData("detector:\n  washout: 60\n  scores:\n    - limitedError: { horizon: 7 }",
        "one looks 7 steps ahead, which readout.horizons must hold, was 1", ":3)")]
    [InlineData("detector:\n  readout: { horizons: [2, 5] }", "readout.horizons must begin with 1", ":2)")]
    [InlineData("detector:\n  calibrator:\n    margin: { raw: [1, 2] }", "the number of values of raw must be in [10, 10], was 2", ":3)")]
    [InlineData("preset: metric\ndetector:\n  horizons:\n    - { ahead: 0, weight: 1 }\n    - { ahead: 2, weight: 1 }",
        "detector.horizons[1]: ahead must be in [0, 1], was 2", ":5)")]
    [InlineData("preset: metric\ndetector:\n  readout: { horizons: [1, 60] }", "readout.horizons must be left out", ":3)")]
    [InlineData("preset: metric\ndetector:\n  scores: []", "unknown key detector.scores", ":3)")]
    [InlineData("source: { channels: 3 }\ndetector:\n  alarm: { minimumDeviation: [1, 2] }",
        "minimumDeviation must have 1 value, or 3 for as many channels, had 2", ":2)")]
    public void An_error_in_a_list_names_the_member_and_its_line(string text, string says, string where)
    {
        string message = Error(text);
        Assert.Contains(says, message, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith(where, message, StringComparison.Ordinal);
    }

    internal static string Shown(object? value) => value switch
    {
        null => "null",
        string or double or int or bool or Enum => FormattableString.Invariant($"{value}"),
        System.Collections.IEnumerable list => $"[{string.Join(", ", list.Cast<object>().Select(Shown))}]",
        _ => $"{value.GetType().Name} {{ {string.Join(", ", Written(value).Select(p => $"{p.Name} = {Shown(p.GetValue(value))}"))} }}",
    };

    static IEnumerable<System.Reflection.PropertyInfo> Written(object value) =>
        value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0 && p.CanWrite);
}
