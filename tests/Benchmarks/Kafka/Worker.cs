using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Benchmarks.Kafka;

/// <summary>One `esn run`.</summary>
sealed partial class Worker : IDisposable
{
    readonly Process _process;
    readonly TaskCompletionSource<Uri> _address = new();
    readonly HttpClient _http = new();
    readonly List<string> _said = [];

    public Worker(string config, string program)
    {
        _process = Process.Start(new ProcessStartInfo("dotnet", [program, "run", "--config", config]) { RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
    }

    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    public long Steps()
    {
        if (!_address.Task.IsCompleted) return 0;
        string row = _http.GetStringAsync(_address.Task.Result).GetAwaiter().GetResult().Split('\n')
            .Single(row => row.StartsWith("esn_steps_total ", StringComparison.Ordinal));
        return (long)double.Parse(row.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Memory, MB, and what else the process holds.</summary>
    public (double Megabytes, int Handles, int Threads) Takes()
    {
        _process.Refresh();
        return (_process.WorkingSet64 / 1e6, Directory.GetFiles($"/proc/{_process.Id}/fd").Length, _process.Threads.Count);
    }

    /// <summary>Throws where it ended.</summary>
    public void Check()
    {
        if (!_process.HasExited) return;
        string[] last;
        lock (_said) last = [.. _said.TakeLast(20)];
        throw new InvalidOperationException($"esn run ended with {_process.ExitCode}:\n{string.Join('\n', last)}");
    }

    public void Terminate()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
    }

    void Hear(string? line)
    {
        if (line is null) return;
        lock (_said) _said.Add(line);
        if (Metrics().Match(line) is { Success: true } match) _address.TrySetResult(new Uri(match.Value));
    }

    [GeneratedRegex(@"http://\S+/metrics")]
    private static partial Regex Metrics();
}
