using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Esn.Streaming.Wire;
using YamlDotNet.RepresentationModel;

namespace Esn.Streaming.Configuration;

/// <summary>From the nodes of a file to records: found by reflection, so that what a record can hold can be said.</summary>
/// <param name="scalars">Reads single values.</param>
/// <param name="places">Told where the keys stand.</param>
sealed class ConfigReader(ConfigScalars scalars, ConfigPlaces places)
{
    const string Kind = "kind", Models = "models";
    const int MostDepth = 3, MostMeant = 4;

    readonly ConfigScalars _scalars = scalars;
    readonly ConfigPlaces _places = places;
    EsnConfig _own = new();  // the file's own model, once it is read

    /// <summary>The configuration.</summary>
    /// <exception cref="ConfigException">Something in it is wrong.</exception>
    public EsnConfig Read(YamlNode root) =>
        (EsnConfig)Record(root, PresetOf(root, "preset") is { } preset ? EsnConfig.Of(preset) : new EsnConfig(), "");

    // What `detector` overrides depends on the `preset` beside it, wherever that stands.
    string? PresetOf(YamlNode node, string path)
    {
        if (node is not YamlMappingNode mapping) return null;
        YamlNode? said = mapping.Children.FirstOrDefault(child => child.Key is YamlScalarNode { Value: "preset" }).Value;
        if (said is null || ConfigScalars.IsNull(said)) return null;
        string preset = (string)_scalars.Read(said, typeof(string), path)!;
        return Presets.Names.Contains(preset) ? preset
            : throw _scalars.Wrong(said, $"{path} must be one of {string.Join(", ", Presets.Names)}, was {preset}");
    }

    ModelConfig ModelBasis(YamlNode node, string path)
    {
        EsnConfig basis = PresetOf(node, $"{path}.preset") is { } preset ? EsnConfig.Of(preset) : _own;
        return new ModelConfig { Preset = basis.Preset, Detector = basis.Detector };
    }

    // A record of the file is the given one with what the file says: what it does not say stays as it was.
    object Record(YamlNode node, object basis, string path)
    {
        if (node is not YamlMappingNode mapping)
            throw _scalars.Wrong(node, $"{(path.Length == 0 ? "the file" : path)} must be a mapping of keys to values, was "
                + $"{ConfigScalars.Show(node)}");

        Type type = basis.GetType();
        // what `with` calls
        object record = type.IsValueType ? RuntimeHelpers.GetObjectValue(basis) : type.GetMethod("<Clone>$")!.Invoke(basis, null)!;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true })
            .ToDictionary(property => ConfigFile.Key(property.Name));
        // What an entry of `models` differs from is the file's own model, wherever in the file it stands.
        foreach ((YamlNode keyNode, YamlNode valueNode) in mapping.Children.OrderBy(child => child.Key is YamlScalarNode { Value: Models }))
        {
            string key = keyNode is YamlScalarNode scalar ? scalar.Value ?? "" : throw _scalars.Wrong(keyNode, "a key must be a word");
            string full = path.Length == 0 ? key : $"{path}.{key}";
            if (!properties.TryGetValue(key, out PropertyInfo? property))
            {
                if (key == Kind && type.BaseType!.IsAbstract) continue;
                string? near = Spelling.Nearest(key, properties.Keys);
                throw _scalars.Wrong(keyNode, $"unknown key {full}{Meant(key, full, near)} Known here: "
                    + $"{string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}");
            }
            _places.Add(full, keyNode.Start.Line);
            if (record is EsnConfig file && key == Models) _own = file;
            if (!ConfigScalars.IsNull(valueNode)) property.SetValue(record,
                Value(valueNode, property.PropertyType, full, property.GetValue(record)));
            else if (((YamlScalarNode)valueNode).Value is "null" or "~") property.SetValue(record, Null(valueNode, property, full));
        }

        try
        {
            type.GetMethod("Validate", Type.EmptyTypes)?.Invoke(record, null);
        }
        catch (TargetInvocationException e) when (e.InnerException is ArgumentException wrong)
        {
            string key = ConfigFile.Key((wrong.ParamName ?? "").Split('.')[^1]);
            // leakRate: an element of leakRates
            YamlNode at = mapping.Children.FirstOrDefault(child => key.Length > 0
                && ((YamlScalarNode)child.Key).Value!.StartsWith(key, StringComparison.Ordinal)).Key ?? mapping;
            string message = wrong.Message.Split(" (Parameter '")[0].Split('\n')[0];
            throw _scalars.Wrong(at, path.Length == 0 ? message : $"{path}: {message}");
        }
        return record;
    }

    /// <summary>
    /// Keys that people look for by the words of other programs, and what each may be; that of the same section goes first.
    /// </summary>
    internal static IReadOnlyDictionary<string, string[]> Elsewhere { get; } =
        new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase)
        {
            ["servers"] = ["kafka.bootstrapServers"], ["brokers"] = ["kafka.bootstrapServers"], ["bootstrap"] = ["kafka.bootstrapServers"],
            ["port"] = ["http.listen", "kafka.bootstrapServers"], ["host"] = ["http.listen", "kafka.bootstrapServers"],
            ["address"] = ["http.listen", "kafka.bootstrapServers"], ["threshold"] = ["alarms.budget"], ["sensitivity"] = ["alarms.budget"],
            ["time"] = ["source.fields.timestamp"], ["groupId"] = ["source.group"],
            ["topic"] = ["source.topics", "sink.events"], ["output"] = ["sink.events"],
        };

    // A word that is spelt nearly so here, else what other programs call so, else where the word itself stands.
    static string Meant(string key, string full, string? near)
    {
        string section = $"{full.Split('.')[0]}.";
        bool IsHere(string path) => path.StartsWith(section, StringComparison.Ordinal);
        if (near is null && Elsewhere.TryGetValue(key, out string[]? targets)) near = Array.Find(targets, IsHere) ?? targets[0];
        if (near is not null) return $": did you mean {near}?";
        string[] same = [.. Paths().Where(path => path != full
            && path.Split('.')[^1].Equals(key, StringComparison.OrdinalIgnoreCase)).OrderByDescending(IsHere).Take(MostMeant)];
        return same.Length == 0 ? "." : $": did you mean {string.Join(" or ", same)}?";
    }

    /// <summary>All keys from the root, but for the constants of the models, which are many.</summary>
    internal static IEnumerable<string> Paths() => Paths(typeof(EsnConfig), "", 0);

    static IEnumerable<string> Paths(Type type, string path, int depth)
    {
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true }))
        {
            string full = path.Length == 0 ? ConfigFile.Key(property.Name) : $"{path}.{ConfigFile.Key(property.Name)}";
            yield return full;
            Type of = property.PropertyType;
            if (depth < MostDepth && (of.Name.EndsWith("Config", StringComparison.Ordinal) || of == typeof(FrameFields)))
                foreach (string below in Paths(of, full, depth + 1)) yield return below;
        }
    }

    // What is left empty stays as it was; null is said where it means something.
    object? Null(YamlNode node, PropertyInfo property, string path) =>
        new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable ? null
            : throw _scalars.Wrong(node, $"{path} can't be null: leave it out, and it is what it is without being said");

    object Value(YamlNode node, Type type, string path, object? basis)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (_scalars.Read(node, type, path) is { } single) return single;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return List(node,
            type.GetGenericArguments()[0], path);
        if (type == typeof(IReadOnlyDictionary<string, string>)) return Words(node, path);
        if (type == typeof(ModelConfig)) return Record(node, ModelBasis(node, path), path);
        if (!type.IsAbstract) return Record(node, basis ?? Activator.CreateInstance(type)!, path);
        // A member of a family: `level: { window: 20 }`, or `{ kind: level, window: 20 }`, or, with all its defaults, `level`.
        if (node is YamlMappingNode { Children: [(YamlScalarNode { Value: { } name }, { } constants)] }
            && Family.Members(type).GetValueOrDefault(name) is { } member)
            return ConfigScalars.IsNull(constants) ? Made(member, basis) : Record(constants, Made(member, basis), $"{path}.{name}");
        return node is YamlScalarNode ? Made(Member(node, type, path, _scalars.Text(node, path)), basis)
            : Record(node, OfKind(node, type, path, basis), path);
    }

    static object Made(Type member, object? basis) => basis?.GetType() == member ? basis : Activator.CreateInstance(member)!;

    // A member of a family: named by the key `kind`, else the one that is there already.
    object OfKind(YamlNode node, Type family, string path, object? basis)
    {
        string? kind = (node as YamlMappingNode)?.Children
            .FirstOrDefault(child => child.Key is YamlScalarNode { Value: Kind }).Value is { } name
            ? _scalars.Text(name, $"{path}.{Kind}") : null;
        return kind is null && basis is not null ? basis : Made(Member(node, family, path, kind), basis);
    }

    Type Member(YamlNode node, Type family, string path, string? name)
    {
        SortedDictionary<string, Type> members = Family.Members(family);
        if (name is not null && members.TryGetValue(name, out Type? member)) return member;
        string? written = name ?? ((node as YamlMappingNode)?.Children is [(YamlScalarNode only, _)] ? only.Value : null);
        string? near = written is null ? null : Spelling.Nearest(written, members.Keys);
        throw _scalars.Wrong(node, $"{path} must be one of {string.Join(", ", members.Keys)}, was "
            + $"{(written is null ? ConfigScalars.Show(node) : $"'{written}'")}{(near is null ? "" : $": did you mean {near}?")}");
    }

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
        if (node is not YamlMappingNode mapping)
            throw _scalars.Wrong(node, $"{path} must be a mapping of settings to values, was {ConfigScalars.Show(node)}");
        foreach ((YamlNode key, _) in mapping.Children) _places.Add($"{path}.{_scalars.Text(key, path)}", key.Start.Line);
        return mapping.Children.ToDictionary(child => _scalars.Text(child.Key, path), child =>
            _scalars.Text(child.Value, $"{path}.{child.Key}"));
    }
}
