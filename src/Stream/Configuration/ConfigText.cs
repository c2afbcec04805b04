using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Xml.Linq;

namespace Esn.Streaming.Configuration;

/// <summary>Writes a configuration so that <see cref="ConfigFile"/> reads the same: every key with its value, and what it means.</summary>
public sealed class ConfigText
{
    const int Width = 118;

    readonly StringBuilder _text = new();
    readonly IReadOnlyDictionary<string, string> _meanings;

    ConfigText(IReadOnlyDictionary<string, string> meanings) => _meanings = meanings;

    /// <summary>Every constant of a model, under the key <c>detector</c>.</summary>
    /// <param name="preset">One of its kind.</param>
    /// <param name="model">Valid.</param>
    /// <param name="comments">With what each means.</param>
    public static string Of(string preset, ModelSpec model, bool comments = true)
    {
        var writer = new ConfigText(comments ? Meanings(Path.ChangeExtension(typeof(ModelSpec).Assembly.Location, "xml"))
            : new Dictionary<string, string>());
        writer._text.Append(CultureInfo.InvariantCulture, $"preset: {preset}\ndetector:\n");
        writer.Record(model, "  ");
        return writer._text.ToString();
    }

    void Record(object record, string indent)
    {
        foreach (PropertyInfo property in Keys(record.GetType()))
        {
            if (_meanings.TryGetValue($"{property.DeclaringType!.FullName}.{property.Name}", out string? meaning)) Comment(meaning, indent);
            object? value = property.GetValue(record);
            _text.Append(CultureInfo.InvariantCulture, $"{indent}{ConfigFile.Key(property.Name)}:");
            if (value is null) _text.Append(" null\n");
            else if (Scalar(value) is { } scalar) _text.Append(CultureInfo.InvariantCulture, $" {scalar}\n");
            else if (value is IEnumerable list && list.Cast<object>().All(item => Scalar(item) is not null)) _text
                .Append(CultureInfo.InvariantCulture, $" {Flow(value)}\n");
            else if (value is IEnumerable records)
            {
                _text.Append('\n');
                foreach (object item in records) _text.Append(CultureInfo.InvariantCulture, $"{indent}  - {Flow(item)}\n");
            }
            else if (property.PropertyType.IsAbstract)
            {
                _text.Append(CultureInfo.InvariantCulture, $"\n{indent}  {Family.Word(value.GetType())}:\n");
                Record(value, indent + "    ");
            }
            else
            {
                _text.Append('\n');
                Record(value, indent + "  ");
            }
        }
    }

    // On one line; a member of a family after its name.
    static string Flow(object value)
    {
        if (Scalar(value) is { } scalar) return scalar;
        if (value is IEnumerable list) return $"[{string.Join(", ", list.Cast<object>().Select(Flow))}]";
        string keys = string.Join(", ", Keys(value.GetType())
            .Select(property => $"{ConfigFile.Key(property.Name)}: {Flow(property.GetValue(value)!)}"));
        return value is ScoreSpec ? $"{{ {Family.Word(value.GetType())}: {{ {keys} }} }}" : $"{{ {keys} }}";
    }

    static string? Scalar(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        Enum word => ConfigFile.Key(word.ToString()),
        int or double => string.Create(CultureInfo.InvariantCulture, $"{value:R}"),
        _ => null,
    };

    /// <summary>What can be set of a record.</summary>
    internal static IEnumerable<PropertyInfo> Keys(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is { IsPublic: true });

    void Comment(string meaning, string indent)
    {
        string line = $"{indent}#";
        foreach (string word in meaning.Split(' '))
        {
            if (line.Length + 1 + word.Length > Width)
            {
                _text.Append(line).Append('\n');
                line = $"{indent}#";
            }
            line += $" {word}";
        }
        _text.Append(line).Append('\n');
    }

    // The docstrings that the compiler wrote beside the assembly; without that file there are no comments.
    static Dictionary<string, string> Meanings(string file)
    {
        if (!File.Exists(file)) return [];
        return XDocument.Load(file).Descendants("member")
            .Where(member => member.Attribute("name")?.Value.StartsWith("P:", StringComparison.Ordinal) == true
                && member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value[2..], member => Plain(member.Element("summary")!));
    }

    static string Plain(XElement summary) => string.Join(' ', string.Concat(summary.Nodes().Select(node => node switch
    {
        XElement { Name.LocalName: "see" } see => ConfigFile.Key((see.Attribute("cref")?.Value ?? "").Split('.')[^1]),
        XElement element => element.Value,
        XText text => text.Value,
        _ => "",
    })).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
