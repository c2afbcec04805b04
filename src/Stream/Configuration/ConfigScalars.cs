using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Esn.Streaming.Configuration;

/// <summary>
/// Single values of a file: texts with what the environment says in them, numbers, words, and texts of a form of their own.
/// </summary>
/// <param name="file">Named in errors.</param>
/// <param name="environment">Value of an environment variable, or null.</param>
sealed partial class ConfigScalars(string file, Func<string, string?> environment)
{
    delegate bool Parser<T>(string text, out T value);

    /// <summary>The value of a node; null: this type is none of a single value.</summary>
    /// <exception cref="ConfigException">It can't be read.</exception>
    public object? Read(YamlNode node, Type type, string path)
    {
        if (type == typeof(string)) return Text(node, path);
        if (type == typeof(AlarmBudget)) return AlarmBudget.Parse(Text(node, path))
            ?? throw Wrong(node, $"{path} must be such as '1 per 100000 steps' or '2 per day', was '{Text(node, path)}'; "
                + "of a step, 1e-9 … .05");
        if (type == typeof(MemorySize)) return MemorySize.Parse(Text(node, path))
            ?? throw Wrong(node, $"{path} must be such as '800 MB' or '8 GB', was '{Text(node, path)}'");
        if (type == typeof(Duration)) return Duration.Parse(Text(node, path))
            ?? throw Wrong(node, $"{path} must be such as '90 s', '2 hours' or '7 days', was '{Text(node, path)}'");
        if (type == typeof(bool)) return Scalar<bool>(node, path, bool.TryParse, "true or false");
        if (type == typeof(int)) return Scalar<int>(node, path, WholeNumber, "a whole number");
        if (type == typeof(double)) return Scalar<double>(node, path, Number, "a number");
        return type.IsEnum ? Word(node, type, path) : null;
    }

    /// <summary>The text of a node.</summary>
    public string Text(YamlNode node, string path)
    {
        if (node is not YamlScalarNode scalar) throw Wrong(node, $"{path} must be a single value, was {Show(node)}");
        if (Variable().Replace(scalar.Value ?? "", "").Contains("${", StringComparison.Ordinal))
            throw Wrong(node, $"{path} has a ${{ that names no environment variable: ${{NAME}} or ${{NAME:-default}} is expected, was "
                + $"'{scalar.Value}'");
        if (Bare().IsMatch(scalar.Value ?? ""))
            throw Wrong(node, $"{path} must be ${{{scalar.Value![1..]}}} if the environment has it, was '{scalar.Value}'");
        return Variable().Replace(scalar.Value ?? "", match =>
            environment(match.Groups["name"].Value) is { Length: > 0 } value ? value
            : match.Groups["default"].Success ? match.Groups["default"].Value
            : throw Wrong(node, $"{path} needs the environment variable {match.Groups["name"].Value}, which is not set"));
    }

    /// <summary>An error that ends with the place of a node.</summary>
    public ConfigException Wrong(YamlNode node, string message) => new($"{message} ({file}:{node.Start.Line})");

    /// <summary>Whether a key has no value.</summary>
    public static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    /// <summary>What a node is, for an error.</summary>
    public static string Show(YamlNode node) => node switch
    {
        YamlScalarNode scalar => $"'{scalar.Value}'",
        YamlSequenceNode => "a list",
        _ => "a mapping",
    };

    object Word(YamlNode node, Type type, string path)
    {
        string[] names = [.. Enum.GetNames(type).Select(ConfigFile.Key)];
        string word = Text(node, path);
        int index = Array.IndexOf(names, word);
        return index >= 0 ? Enum.Parse(type, Enum.GetNames(type)[index]) :
            throw Wrong(node, $"{path} must be one of {string.Join(", ", names)}, was {word}");
    }

    object Scalar<T>(YamlNode node, string path, Parser<T> parse, string what)
    {
        string text = Text(node, path);
        if (parse(text, out T value)) return value!;
        bool time = path.EndsWith("Seconds", StringComparison.Ordinal);
        throw Wrong(node, $"{path} must be {what}{(time ? " of seconds" : "")}, was '{text}'"
            + (time && Duration.Parse(text) is { } said ? string.Create(CultureInfo.InvariantCulture, $": {said.Time.TotalSeconds}") : ""));
    }

    static bool WholeNumber(string text, out int value) =>
        int.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out value);

    static bool Number(string text, out double value) =>
        double.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    [GeneratedRegex("^\\$[A-Z_][A-Z0-9_]*$")]
    private static partial Regex Bare();

    [GeneratedRegex(@"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\}")]
    private static partial Regex Variable();
}
