using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Esn.Broker.Tests;

/// <summary>The command `esn` as a process of its own, as an operator runs it.</summary>
public sealed partial class EsnProcess : IDisposable
{
    readonly Process _process;
    bool _disposed;
    readonly StringBuilder _said = new();
    readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EsnProcess(params string[] arguments) : this([], arguments) { }

    public EsnProcess(Dictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "esn.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // The program compiles all as it is to stay, as a detector runs for weeks. The other commands live for seconds, and start with half
        // of the CPU without: 1.1 s, not 2.
        if (arguments is not ["run", ..]) (start.Environment["DOTNET_TC_QuickJit"], start.Environment["DOTNET_TieredPGO"]) = ("1", "0");
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _process.StandardInput.Close();
    }

    /// <summary>All it said so far.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Where its metrics are.</summary>
    public Task<Uri> Address => _address.Task.IsCompleted ? _address.Task : Listens();

    async Task<Uri> Listens()
    {
        Task ended = _process.WaitForExitAsync();
        await Task.WhenAny(_address.Task, ended).WaitAsync(EndToEnd.Patience);
        return _address.Task.IsCompleted ? await _address.Task
            : throw new InvalidOperationException($"esn ended with code {_process.ExitCode} before it listened:\n{Said}");
    }

    /// <summary>Waits for its end.</summary>
    public async Task<int> Exit(TimeSpan within)
    {
        await _process.WaitForExitAsync().WaitAsync(within);
        return _process.ExitCode;
    }

    /// <summary>As a container runtime ends it.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>Sends a signal, by its name.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    void Hear(string? line)
    {
        if (line is null) return;
        lock (_said) _said.AppendLine(line);
        if (MetricsAddress().Match(line) is { Success: true } match) _address.TrySetResult(new Uri(match.Value));
    }

    [GeneratedRegex(@"http://\S+/metrics")]
    private static partial Regex MetricsAddress();
}
