using System.Text;
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
public static class ConfigFile
{
    /// <summary>The configuration in a file.</summary>
    /// <exception cref="ConfigException">Unreadable or wrong; the message ends with file and line.</exception>
    public static EsnConfig Load(string file)
    {
        string text;
        try
        {
            text = Text(File.ReadAllBytes(file), file);
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(file))
        {
            throw new ConfigException($"{file} is a directory: the configuration is one file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"can't read the configuration: {e.Message}");
        }
        return Parse(text, file, Environment.GetEnvironmentVariable);
    }

    // As its mark says, else UTF-8: of another encoding a name would not be the one that was written.
    static string Text(byte[] bytes, string file)
    {
        using var reader = new StreamReader(new MemoryStream(bytes), new UTF8Encoding(), detectEncodingFromByteOrderMarks: true);
        string text = reader.ReadToEnd();
        int broken = text.IndexOf('\uFFFD', StringComparison.Ordinal);
        return broken < 0 ? text : throw new ConfigException("the file must be UTF-8, and has letters of another encoding "
            + $"({file}:{LineAt(text, broken)})");
    }

    static int LineAt(string text, int at) => 1 + text.AsSpan(0, at).Count('\n');

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
            throw new ConfigException(Said(e, text, file));
        }
        // Some brackets that are never closed confuse the library.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new ConfigException($"this is no YAML: is a bracket or a quote left open? ({file}:{OpenLine(text)})");
        }
        if (yaml.Documents.Count > 1)
            throw new ConfigException($"one document is expected, found {yaml.Documents.Count}: leave out what --- begins "
                + $"({file}:{yaml.Documents[1].RootNode.Start.Line})");
        YamlNode? root = yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
        var places = new ConfigPlaces(file);
        EsnConfig config = root is null || ConfigScalars.IsNull(root) ? new EsnConfig()
            : new ConfigReader(new ConfigScalars(file, environment), places).Read(root);
        return config with { Places = places };
    }

    // The library's words, and what is to be done.
    static string Said(YamlException e, string text, string file)
    {
        const string Twice = "Duplicate key ";
        string said = e.Message.TrimEnd('.');
        if (said.StartsWith(Twice, StringComparison.Ordinal))
            return $"key {said[Twice.Length..]} stands twice: leave one out ({file}:{e.Start.Line})";
        string[] lines = text.Split('\n');
        int tab = Array.FindIndex(lines, line => line.TrimStart(' ').StartsWith('\t') && !string.IsNullOrWhiteSpace(line));
        if (tab >= 0) return $"a tab stands before what is said: lines are indented by spaces ({file}:{tab + 1})";
        string perhaps = said.Contains("unexpected end of stream", StringComparison.Ordinal) ? "is a bracket or a quote left open?"
            : "is the line indented as those beside it, and a text quoted that has a colon or a bracket?";
        return $"{said}: {perhaps} ({file}:{e.Start.Line})";
    }

    // Of the innermost bracket that is not closed; where there is none, the first.
    static int OpenLine(string text)
    {
        var open = new Stack<int>();
        int line = 1;
        foreach (char c in text)
        {
            if (c == '\n') line++;
            else if (c is '[' or '{') open.Push(line);
            else if (c is ']' or '}') open.TryPop(out _);
        }
        return open.TryPeek(out int last) ? last : 1;
    }

    /// <summary>A property's name in a file.</summary>
    internal static string Key(string name) => name.Length == 0 ? name : char.ToLowerInvariant(name[0]) + name[1..];
}
