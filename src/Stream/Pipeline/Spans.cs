using System.Diagnostics;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Pipeline;

/// <summary>The spans of a batch on its way: consume → step → publish.</summary>
public static class Spans
{
    /// <summary>The source of all spans.</summary>
    public static ActivitySource Source { get; } = new("Esn.Streaming", Build.Version);
}
