namespace Esn.Streaming.State;

/// <summary>A snapshot that can't be read, written or used: which, why, and what to do.</summary>
public sealed class SnapshotException(string message, Exception? cause = null) : Exception(message, cause);
