using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Esn.Streaming.Tuning;

/// <summary>A configuration with the parameters that were found.</summary>
public static class TunedConfig
{
    /// <summary>Takes a configuration and sets preset, budget and the tuned parameters in it.</summary>
    /// <param name="text">YAML, valid; empty: none. Its other keys stay as they are, its comments do not.</param>
    /// <param name="preset">As in a configuration; where it is another than that of the text, the text's detector is left out.</param>
    /// <param name="budget">As in a configuration; null: as the text has it, else the preset's.</param>
    /// <param name="candidate">The parameters.</param>
    /// <param name="degree">Inputs of a unit from others, which fewer units may have lowered.</param>
    /// <param name="comment">Lines that go before it.</param>
    public static string Write(string text, string preset, string? budget, Candidate candidate, int degree, IEnumerable<string> comment)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        YamlMappingNode root = stream.Documents.Count > 0 && stream.Documents[0].RootNode is YamlMappingNode mapping ? mapping : [];
        string before = root.Children.TryGetValue("preset", out YamlNode? named)
            && named is YamlScalarNode { Value: { } word } ? word : preset;
        if (!string.Equals(before, preset, StringComparison.OrdinalIgnoreCase)) root.Children.Remove("detector");
        root.Children["preset"] = preset;
        if (budget is not null) Section(root, "alarms").Children["budget"] = budget;
        YamlMappingNode detector = Section(root, "detector"), reservoir = Section(detector, "reservoir"),
            readout = Section(detector, "readout");
        reservoir.Children["units"] = Number(candidate.Units);
        reservoir.Children["degree"] = Number(degree);
        reservoir.Children["spectralRadius"] = Number(candidate.SpectralRadius);
        reservoir.Children["inputScale"] = Number(candidate.InputScale);
        IEnumerable<YamlNode> rates = candidate.LeakRates.Select(rate => new YamlScalarNode(Number(rate)));
        reservoir.Children["leakRates"] = new YamlSequenceNode(rates) { Style = YamlDotNet.Core.Events.SequenceStyle.Flow };
        readout.Children["regularisation"] = Number(candidate.Regularisation);
        readout.Children["forgettingFactor"] = Number(candidate.ForgettingFactor);

        using var writer = new StringWriter(CultureInfo.InvariantCulture);
        foreach (string line in comment) writer.Write($"# {line}".TrimEnd() + "\n");
        new YamlStream(new YamlDocument(root)).Save(writer, assignAnchors: false);
        string all = writer.ToString().ReplaceLineEndings("\n");
        return all.EndsWith("...\n", StringComparison.Ordinal) ? all[..^4] : all;
    }

    static YamlMappingNode Section(YamlMappingNode parent, string key)
    {
        if (parent.Children.TryGetValue(key, out YamlNode? there) && there is YamlMappingNode section) return section;
        var made = new YamlMappingNode();
        parent.Children[key] = made;
        return made;
    }

    static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
