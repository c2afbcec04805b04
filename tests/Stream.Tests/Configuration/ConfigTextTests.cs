using System.Collections;
using System.Reflection;
using Esn.Streaming.Configuration;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Whatever a specification holds can be said in a file: found by reflection, so that a new constant is held to it too.</summary>
public sealed class ConfigTextTests
{
    static readonly ReadoutSpec Horizons = new() { Horizons = [1, 2, 60, 61] };  // a score's must be among them

    public static TheoryData<string> Models =>
    [
        .. Presets.Names,
        .. typeof(ScoreSpec).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ScoreSpec))).Select(type => type.Name),
    ];

    static (string Preset, ModelSpec Model) Model(string name) => Presets.Names.Contains(name)
        ? (name, Presets.Of(name))
        : ("signal", Presets.Signal() with
        {
            Readout = Horizons, Scores = [(ScoreSpec)Activator.CreateInstance(typeof(ScoreSpec).Assembly.GetType($"Esn.{name}")!)!],
        });

    static string ReadBack(string preset, ModelSpec model) =>
        ConfigFileTests.Shown(ConfigFile.Parse(ConfigText.Of(preset, model), "esn.yaml", _ => null).Detector);

    [Theory]
    [MemberData(nameof(Models))]
    public void What_is_written_reads_the_same(string name)
    {
        (string preset, ModelSpec model) = Model(name);
        Assert.Equal(ConfigFileTests.Shown(model), ReadBack(preset, model));
    }

    [Fact]
    public void A_field_that_is_not_cut_into_tiles_is_written_and_read()
    {
        FieldModelSpec whole = Presets.Field() with { Tiles = null };
        Assert.Contains("\n  tiles: null\n", ConfigText.Of("field", whole), StringComparison.Ordinal);
        Assert.Equal(ConfigFileTests.Shown(whole), ReadBack("field", whole));
        Assert.Null(Tiles("null"));
        Assert.Null(Tiles("~"));
        Assert.NotNull(Tiles(""));

        static TileSpec? Tiles(string said) => ((FieldModelSpec)ConfigFile.Parse($"preset: field\ndetector:\n  tiles: {said}\n", "esn.yaml",
            _ => null).Detector).Tiles;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_constant_can_be_set(string name)
    {
        (string preset, ModelSpec model) = Model(name);
        if (model is ErrorModelSpec detector) model = detector with { Readout = Horizons };
        string unchanged = ConfigFileTests.Shown(model);
        int set = 0;
        // As many of them as go together in one text, each with a value of its own: one that is not written, not read, or read for another
        // keeps the value that was not said.
        ModelSpec together = model;
        foreach ((string path, IEnumerable<object> candidates) in Changes(model, ""))
        {
            if (preset is "metric" or "field" && path == ".Readout.Horizons") continue;  // a metric has horizons of its own, a field one
            ModelSpec? changed = candidates.Cast<ModelSpec>().FirstOrDefault(IsValid);
            Assert.True(changed is not null, $"no other value of {path} is valid");
            Assert.NotEqual(unchanged, ConfigFileTests.Shown(changed));
            set++;
            if (Changes(together, "").Single(change => change.Path == path).Changed.Cast<ModelSpec>().FirstOrDefault(IsValid) is { } too)
            {
                together = too;
                continue;
            }
            AssertReads(together);
            together = changed;
        }
        AssertReads(together);
        Assert.True(set > 30, $"{set} constants");

        void AssertReads(ModelSpec changed) => Assert.Equal(ConfigFileTests.Shown(changed), ReadBack(preset, changed));
    }

    [Fact]
    public void Every_constant_is_explained()
    {
        string[] lines = ConfigText.Of("metric", Presets.Metric()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 2; i < lines.Length; i++)
            if (lines[i].TrimStart()[0] is not ('#' or '-') && !IsMember(lines[i - 1], lines[i])) Assert.StartsWith("#",
                lines[i - 1].TrimStart(), StringComparison.Ordinal);
        Assert.DoesNotContain(lines, line => line.Length > 120);
    }

    // The word that names a member of a family stands alone below the family's key, which was explained.
    static bool IsMember(string above, string line) =>
        above.EndsWith(':') && line.EndsWith(':') && line.Length - line.TrimStart().Length > above.Length - above.TrimStart().Length;

    static bool IsValid(ModelSpec model)
    {
        try
        {
            model.Validate();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // For every constant below a record: its path, and the record with other values of it.
    static IEnumerable<(string Path, IEnumerable<object> Changed)> Changes(object record, string path)
    {
        foreach (PropertyInfo property in ConfigText.Keys(record.GetType()))
        {
            object value = property.GetValue(record)!;
            foreach ((string below, IEnumerable<object> others) in ChangesOf(value, $"{path}.{property.Name}"))
                yield return (below, others.Select(other => With(record, property, other)));
        }
    }

    static IEnumerable<(string Path, IEnumerable<object> Changed)> ChangesOf(object value, string path) => value switch
    {
        int number => [(path, [number + 1, number - 1, 2 * number])],
        double number => [(path, number == 0 ? [.01, 1.0] : [number * 1.01, number * .99, number + .01])],
        bool flag => [(path, [!flag])],
        Enum word => [(path, Enum.GetValues(word.GetType()).Cast<object>().Where(other => !other.Equals(word)))],
        IReadOnlyList<double> numbers => [(path, [new[] { .45 }, numbers.Select((number, i) => i == 0 ? number * .9 : number).ToArray()])],
        IReadOnlyList<int> numbers => [(path, [numbers.Append(numbers[^1] + 1).ToArray()])],
        IEnumerable items => items.Cast<object>()
            .SelectMany((item, i) => ChangesOf(item, $"{path}[{i}]")
            .Select(change => (change.Path, change.Changed.Select(other => (object)Replaced(items, i, other))))),
        _ => Changes(value, path),
    };

    static object With(object record, PropertyInfo property, object value)
    {
        object copy = record.GetType().IsValueType ? System.Runtime.CompilerServices.RuntimeHelpers.GetObjectValue(record)
            : record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;
        property.SetValue(copy, value);
        return copy;
    }

    static Array Replaced(IEnumerable items, int index, object other)
    {
        object[] all = [.. items.Cast<object>()];
        all[index] = other;
        var list = Array.CreateInstance(items is IEnumerable<ScoreSpec> ? typeof(ScoreSpec) : all[0].GetType(), all.Length);
        ((ICollection)all).CopyTo(list, 0);
        return list;
    }
}
