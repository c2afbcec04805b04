using System.Reflection;

namespace Esn.Streaming.Wire;

/// <summary>Which build this is, as it says to others.</summary>
public static class Build
{
    /// <summary>Version of this build.</summary>
    public static string Version { get; } =
        typeof(Build).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
