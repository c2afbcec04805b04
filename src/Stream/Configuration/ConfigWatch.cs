using System.Security.Cryptography;
using System.Text;

namespace Esn.Streaming.Configuration;

/// <summary>
/// Looks at a configuration file again and again, by what is in it: a mounted ConfigMap is a link that is put elsewhere, and its
/// times say nothing.
/// </summary>
/// <param name="file">Its name.</param>
/// <param name="running">That which holds.</param>
sealed class ConfigWatch(string file, EsnConfig running)
{
    string _seen = Hash(File.ReadAllText(file));

    /// <summary>That which holds now.</summary>
    public EsnConfig Running { get; private set; } = running;

    /// <summary>Reads the file where it is not as it was seen last.</summary>
    /// <param name="asked">Somebody asks for it: whatever it holds.</param>
    /// <returns>Null: it holds what it held. What can't be used leaves what holds as it is.</returns>
    public Reload? Look(bool asked)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // While a link is put elsewhere there may be nothing for a moment; it is told once.
            return Changed("", asked) ? new Reload(null, [], [], $"can't read the configuration: {e.Message}") : null;
        }
        if (!Changed(text, asked)) return null;
        // A running process is not to take defaults from a file that is just being written.
        if (string.IsNullOrWhiteSpace(text)) return new Reload(null, [], [], $"the configuration is empty ({file})");
        try
        {
            EsnConfig wanted = ConfigFile.Parse(text, file, Environment.GetEnvironmentVariable);
            (EsnConfig taken, IReadOnlyList<string> restart) = ConfigChanges.Taken(Running, wanted);
            IReadOnlyList<string> changed = ConfigChanges.Of(Running, taken);
            Running = taken;
            return new Reload(taken, changed, restart, null);
        }
        catch (ConfigException e)
        {
            return new Reload(null, [], [], e.Message);
        }
    }

    bool Changed(string text, bool asked)
    {
        string hash = Hash(text);
        bool changed = asked || hash != _seen;
        _seen = hash;
        return changed;
    }

    static string Hash(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>What became of a configuration that was read again.</summary>
/// <param name="Config">What holds now; null: what held before, as the file can't be used.</param>
/// <param name="Changed">Keys that were taken.</param>
/// <param name="Restart">Keys that take a restart: they are as they were.</param>
/// <param name="Fault">Why the file can't be used; null: it can.</param>
sealed record Reload(EsnConfig? Config, IReadOnlyList<string> Changed, IReadOnlyList<string> Restart, string? Fault);
