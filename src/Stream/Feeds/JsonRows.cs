using System.Text;
using System.Text.Json;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>Rows of a file with one JSON object a line, a key and a tab before it or not, as records are written to a topic.</summary>
sealed class JsonRows : ITextRows
{
    const int Looked = 200;    // lines that the columns are recognised by
    const int MostDepth = 3;
    const string Key = "key";

    readonly LineReader _lines;
    readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);
    readonly string[] _names;

    public JsonRows(LineReader lines, string name)
    {
        _lines = lines;
        var names = new List<string>();
        for (int i = 0; i < Looked && lines.Peek(i) is { } line; i++)
            _ = Fields(line, (field, _) =>
            {
                if (_columns.TryAdd(field, names.Count)) names.Add(field);
            });
        _names = names.Count > 0 ? [.. names] : throw new FeedException($"{name}: none of its first lines is a JSON object with fields");
    }

    public IReadOnlyList<string> Names => _names;

    public char Separator => '\0';

    public bool HasTypes => true;

    public IReadOnlyList<string> Extra => [];

    public IReadOnlyList<string> Notes => _lines.Notes;

    /// <summary>Whether a line is of this kind.</summary>
    public static bool Is(string line) => line.AsSpan().TrimStart() is ['{', ..] || line.Contains("\t{", StringComparison.Ordinal);

    public TextRow? Read()
    {
        while (_lines.Take() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (_lines.Problem is { } tooLong) return new TextRow([], tooLong);
            var fields = new string[_names.Length];
            Array.Fill(fields, "");
            string? problem = Fields(line, (field, text) =>
            {
                if (_columns.TryGetValue(field, out int column)) fields[column] = text;
            });
            return new TextRow(fields, problem);
        }
        return null;
    }

    public void Dispose() => _lines.Dispose();

    static string? Fields(string line, Action<string, string> take)
    {
        int tab = line.IndexOf("\t{", StringComparison.Ordinal);
        if (tab >= 0 && line.AsSpan().TrimStart() is not ['{', ..]) take(Key, line[..tab]);
        else tab = -1;
        return Fields(Encoding.UTF8.GetBytes(line[(tab + 1)..]), take);
    }

    static string? Fields(byte[] json, Action<string, string> take)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return "the line is no JSON object";
            Flatten("", document.RootElement, 0, take);
            return null;
        }
        catch (JsonException) when (BareNumbers.TryReplace(json) is { } plain)
        {
            return Fields(plain, take);
        }
        catch (JsonException e)
        {
            return $"the line is no JSON object: {e.Message.Split(". ")[0]}";
        }
    }

    // {"a": {"b": 1}, "c": [2, 3]} has the columns a.b, c.0 and c.1.
    static void Flatten(string path, JsonElement element, int depth, Action<string, string> take)
    {
        string Below(string name) => path.Length == 0 ? name : $"{path}.{name}";
        if (element.ValueKind == JsonValueKind.Object && depth < MostDepth)
            foreach (JsonProperty property in element.EnumerateObject()) Flatten(Below(property.Name), property.Value, depth + 1, take);
        else if (element.ValueKind == JsonValueKind.Array && depth < MostDepth)
            foreach ((int i, JsonElement item) in element.EnumerateArray().Index())
                Flatten(Below(i.ToString(System.Globalization.CultureInfo.InvariantCulture)), item, depth + 1, take);
        else
            take(path, element.ValueKind switch
            {
                JsonValueKind.String => element.GetString()!,
                JsonValueKind.Null => "",
                _ => element.GetRawText(),
            });
    }
}
