using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Esn.Streaming.Configuration;

/// <summary>A configuration that can't be used: what is wrong, what would be right, and where it stands.</summary>
public sealed class ConfigException(string message) : Exception(message);

/// <summary>
/// Reads a YAML file strictly into <see cref="EsnConfig"/>: an unknown key, a wrong type or a value out of range stops
/// the start. <c>${NAME}</c> and <c>${NAME:-default}</c> in a value are taken from the environment after parsing, so a
/// secret needs no quoting.
/// </summary>
public sealed partial class ConfigFile
{
    const string Kind = "kind";

    readonly string _file;
    readonly Func<string, string?> _environment;

    ConfigFile(string file, Func<string, string?> environment) => (_file, _environment) = (file, environment);

    /// <summary>The configuration in a file.</summary>
    /// <exception cref="ConfigException">Unreadable or wrong; the message ends with file and line.</exception>
    public static EsnConfig Load(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"can't read the configuration: {e.Message}");
        }
        return Parse(text, file, Environment.GetEnvironmentVariable);
    }

    /// <summary>The configuration in a text.</summary>
    /// <param name="text">YAML; empty: all defaults.</param>
    /// <param name="file">Named in errors.</param>
    /// <param name="environment">Value of an environment variable, or null.</param>
    /// <exception cref="ConfigException">Wrong; the message ends with file and line.</exception>
    public static EsnConfig Parse(string text, string file, Func<string, string?> environment)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new ConfigException($"{e.Message.TrimEnd('.')} ({file}:{e.Start.Line})");
        }
        var reader = new ConfigFile(file, environment);
        if (yaml.Documents.Count > 1) throw new ConfigException($"one document is expected, found {yaml.Documents.Count} ({file})");
        YamlNode? root = yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
        return root is null || IsNull(root) ? new EsnConfig() : (EsnConfig)reader.Record(root, reader.Basis(root), "");
    }

    // What the file's `detector` overrides depends on its `preset`, wherever in the file it stands.
    EsnConfig Basis(YamlNode root) =>
        root is YamlMappingNode mapping && mapping.Children.FirstOrDefault(child => child.Key is YamlScalarNode { Value: "preset" }).Value is { } preset && !IsNull(preset)
            ? EsnConfig.Of((Preset)Value(preset, typeof(Preset), "preset", null))
            : new EsnConfig();

    // A record of the file is the given one with what the file says: what it does not say stays as it was.
    object Record(YamlNode node, object basis, string path)
    {
        if (node is not YamlMappingNode mapping)
            throw Wrong(node, $"{(path.Length == 0 ? "the file" : path)} must be a mapping of keys to values, was {Show(node)}");

        Type type = basis.GetType();
        object record = type.IsValueType ? RuntimeHelpers.GetObjectValue(basis) : type.GetMethod("<Clone>$")!.Invoke(basis, null)!;  // what `with` calls
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true })
            .ToDictionary(property => Key(property.Name));
        foreach ((YamlNode keyNode, YamlNode valueNode) in mapping.Children)
        {
            string key = keyNode is YamlScalarNode scalar ? scalar.Value ?? "" : throw Wrong(keyNode, "a key must be a word");
            string full = path.Length == 0 ? key : $"{path}.{key}";
            if (!properties.TryGetValue(key, out PropertyInfo? property))
            {
                if (key == Kind && type.BaseType!.IsAbstract) continue;
                string? near = Nearest(key, properties.Keys);
                throw Wrong(keyNode, $"unknown key {full}{(near is null ? "" : $": did you mean {near}?")} Known here: {string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}");
            }
            if (!IsNull(valueNode)) property.SetValue(record, Value(valueNode, property.PropertyType, full, property.GetValue(record)));
        }

        try
        {
            type.GetMethod("Validate", Type.EmptyTypes)?.Invoke(record, null);
        }
        catch (TargetInvocationException e) when (e.InnerException is ArgumentException wrong)
        {
            string key = Key((wrong.ParamName ?? "").Split('.')[^1]);
            YamlNode at = mapping.Children.FirstOrDefault(child => key.Length > 0 && ((YamlScalarNode)child.Key).Value!.StartsWith(key, StringComparison.Ordinal)).Key ?? mapping;  // leakRate: an element of leakRates
            string message = wrong.Message.Split(" (Parameter '")[0].Split('\n')[0];
            throw Wrong(at, path.Length == 0 ? message : $"{path}: {message}");
        }
        return record;
    }

    object Value(YamlNode node, Type type, string path, object? basis)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return Text(node, path);
        if (type == typeof(AlarmBudget)) return AlarmBudget.Parse(Text(node, path)) ?? throw Wrong(node, $"{path} must be such as '1 per 100000 steps' or '2 per day', was '{Text(node, path)}'");
        if (type == typeof(bool)) return Scalar<bool>(node, path, bool.TryParse, "true or false");
        if (type == typeof(int)) return Scalar<int>(node, path, WholeNumber, "a whole number");
        if (type == typeof(double)) return Scalar<double>(node, path, Number, "a number");
        if (type.IsEnum)
        {
            string[] names = [.. Enum.GetNames(type).Select(Key)];
            string word = Text(node, path);
            int index = Array.IndexOf(names, word);
            return index >= 0 ? Enum.Parse(type, Enum.GetNames(type)[index]) : throw Wrong(node, $"{path} must be one of {string.Join(", ", names)}, was {word}");
        }
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return List(node, type.GetGenericArguments()[0], path);
        if (type == typeof(IReadOnlyDictionary<string, string>)) return Words(node, path);
        if (!type.IsAbstract) return Record(node, basis ?? Activator.CreateInstance(type)!, path);
        // A member of a family: `level: { window: 20 }`, or `{ kind: level, window: 20 }`, or, with all its defaults, `level`.
        if (node is YamlMappingNode { Children: [(YamlScalarNode { Value: { } name }, { } constants)] } && Members(type).GetValueOrDefault(name) is { } member)
            return IsNull(constants) ? Made(member, basis) : Record(constants, Made(member, basis), $"{path}.{name}");
        return node is YamlScalarNode ? Made(Member(node, type, path, Text(node, path)), basis) : Record(node, OfKind(node, type, path, basis), path);
    }

    static object Made(Type member, object? basis) => basis?.GetType() == member ? basis : Activator.CreateInstance(member)!;

    // A member of a family: named by the key `kind`, else the one that is there already.
    object OfKind(YamlNode node, Type family, string path, object? basis)
    {
        string? kind = (node as YamlMappingNode)?.Children.FirstOrDefault(child => child.Key is YamlScalarNode { Value: Kind }).Value is { } name ? Text(name, $"{path}.{Kind}") : null;
        return kind is null && basis is not null ? basis : Made(Member(node, family, path, kind), basis);
    }

    Type Member(YamlNode node, Type family, string path, string? name)
    {
        SortedDictionary<string, Type> members = Members(family);
        if (name is not null && members.TryGetValue(name, out Type? member)) return member;
        string? written = name ?? ((node as YamlMappingNode)?.Children is [(YamlScalarNode only, _)] ? only.Value : null);
        string? near = written is null ? null : Nearest(written, members.Keys);
        throw Wrong(node, $"{path} must be one of {string.Join(", ", members.Keys)}, was {(written is null ? Show(node) : $"'{written}'")}{(near is null ? "" : $": did you mean {near}?")}");
    }

    /// <summary>The members of a family by their names in a file: those of their types, without Spec.</summary>
    internal static SortedDictionary<string, Type> Members(Type family) => new(
        family.Assembly.GetTypes().Where(member => member.IsSubclassOf(family) && !member.IsAbstract).ToDictionary(Word), StringComparer.Ordinal);

    /// <summary>A member's name in a file.</summary>
    internal static string Word(Type member) => Key(member.Name.EndsWith("Spec", StringComparison.Ordinal) ? member.Name[..^4] : member.Name);

    Array List(YamlNode node, Type element, string path)
    {
        // One element may stand without brackets.
        IEnumerable<YamlNode> nodes = node is YamlSequenceNode sequence ? sequence.Children : [node];
        object[] items = [.. nodes.Select((item, i) => Value(item, element, $"{path}[{i}]", null))];
        var list = Array.CreateInstance(element, items.Length);
        ((ICollection)items).CopyTo(list, 0);
        return list;
    }

    Dictionary<string, string> Words(YamlNode node, string path)
    {
        if (node is not YamlMappingNode mapping) throw Wrong(node, $"{path} must be a mapping of settings to values, was {Show(node)}");
        return mapping.Children.ToDictionary(child => Text(child.Key, path), child => Text(child.Value, $"{path}.{child.Key}"));
    }

    delegate bool Parser<T>(string text, out T value);

    T Scalar<T>(YamlNode node, string path, Parser<T> parse, string what)
    {
        string text = Text(node, path);
        return parse(text, out T value) ? value : throw Wrong(node, $"{path} must be {what}, was '{text}'");
    }

    string Text(YamlNode node, string path)
    {
        if (node is not YamlScalarNode scalar) throw Wrong(node, $"{path} must be a single value, was {Show(node)}");
        return Variable().Replace(scalar.Value ?? "", match =>
            _environment(match.Groups["name"].Value) is { Length: > 0 } value ? value
            : match.Groups["default"].Success ? match.Groups["default"].Value
            : throw Wrong(node, $"{path} needs the environment variable {match.Groups["name"].Value}, which is not set"));
    }

    ConfigException Wrong(YamlNode node, string message) => new($"{message} ({_file}:{node.Start.Line})");

    static bool WholeNumber(string text, out int value) =>
        int.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    static bool Number(string text, out double value) =>
        double.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    /// <summary>A property's name in a file.</summary>
    internal static string Key(string name) => name.Length == 0 ? name : char.ToLowerInvariant(name[0]) + name[1..];

    static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    static string Show(YamlNode node) => node switch
    {
        YamlScalarNode scalar => $"'{scalar.Value}'",
        YamlSequenceNode => "a list",
        _ => "a mapping",
    };

    // A slip of the finger: at most two edits away.
    static string? Nearest(string word, IEnumerable<string> known) =>
        known.Select(key => (key, distance: Distance(word.ToLowerInvariant(), key.ToLowerInvariant())))
            .Where(candidate => candidate.distance <= 2).OrderBy(candidate => candidate.distance).Select(candidate => candidate.key).FirstOrDefault();

    static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[b.Length];
    }

    [GeneratedRegex(@"\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>[^}]*))?\}")]
    private static partial Regex Variable();
}
