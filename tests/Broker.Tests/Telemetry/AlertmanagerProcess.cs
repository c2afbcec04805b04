using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Esn.Broker.Tests;

/// <summary>The real Alertmanager on loopback; a test is skipped where it is not installed.</summary>
sealed class AlertmanagerProcess : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("esn-alertmanager-");
    readonly Process _process;
    readonly int _port = FreePort();

    /// <param name="config">Its configuration; null: that of config/.</param>
    public AlertmanagerProcess(string? config = null)
    {
        _process = Process.Start(new ProcessStartInfo(Tool.Path("prometheus-alertmanager"),
        [
            $"--config.file={config ?? Path.Combine(SharedData.Root, "config", "alertmanager", "alertmanager.yml")}",
            $"--storage.path={_folder.FullName}", $"--web.listen-address=127.0.0.1:{_port}", "--cluster.listen-address=",
        ]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>Where it is, once it answers.</summary>
    public async Task<Uri> Address()
    {
        var address = new Uri($"http://127.0.0.1:{_port}/");
        using var client = new HttpClient();
        using var limit = new CancellationTokenSource(EndToEnd.Patience);
        while (true)
        {
            try
            {
                (await client.GetAsync(new Uri(address, "-/ready"), limit.Token)).EnsureSuccessStatusCode();
                return address;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }

    /// <summary>A port of loopback that was free just now.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}
