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
        // Some brackets that are never closed confuse the library.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new ConfigException($"this is no YAML: is a bracket or a quote left open? ({file}:{OpenLine(text)})");
        }
        if (yaml.Documents.Count > 1) throw new ConfigException($"one document is expected, found {yaml.Documents.Count} ({file})");
        YamlNode? root = yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
        var places = new ConfigPlaces(file);
        EsnConfig config = root is null || ConfigScalars.IsNull(root) ? new EsnConfig()
            : new ConfigReader(new ConfigScalars(file, environment), places).Read(root);
        return config with { Places = places };
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
