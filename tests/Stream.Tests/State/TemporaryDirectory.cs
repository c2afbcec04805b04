using Microsoft.Extensions.Logging;

namespace Esn.Stream.Tests;

/// <summary>A directory that is gone afterwards.</summary>
sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("esn-state-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Keeps what is said.</summary>
sealed class RecordingLog : ILogger
{
    public List<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?,
        string> formatter)
    {
        lock (Lines) Lines.Add(formatter(state, exception));
    }
}
