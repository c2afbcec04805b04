using System.Diagnostics;
using System.Text.Json;
using Esn.Streaming.Demo;
using Xunit;

namespace Esn.Broker.Tests;

/// <summary>The way of an alarm to a person: esn, Prometheus and Alertmanager with the very files that compose mounts.</summary>
public sealed class AlertingTests : IDisposable
{
    static readonly TimeSpan Within = EndToEnd.Patience;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("esn-alerting-");
    readonly List<Process> _servers = [];

    [Fact]
    public async Task An_anomaly_reaches_on_call_by_Prometheus_and_Alertmanager_and_resolves()
    {
        (string prometheus, string alertmanager) = (Tool.Path("prometheus"), Tool.Path("prometheus-alertmanager"));
        await using WebhookReceiver onCall = await WebhookReceiver.Start();
        var time = new ClockAhead();
        await using var demo = new DemoRun(new DemoOptions(Steps: 5200, Exit: false, Rate: 0, Seed: 1, Noise: .01), time);
        using var ending = new CancellationTokenSource();
        Task<bool> run = demo.Run(ending.Token);
        await Until(() => demo.Host.Address is not null, run, "listened");

        // The seconds of a test in place of the minutes of a night.
        int prometheusPort = AlertmanagerProcess.FreePort(), alertmanagerPort = AlertmanagerProcess.FreePort();
        Copy("config/prometheus/esn.rules.yml", [("keep_firing_for: 10m", "keep_firing_for: 1s")]);
        Copy("config/prometheus/prometheus.yml", [("15s", "1s"), ("alertmanager:9093", $"127.0.0.1:{alertmanagerPort}"),
            ("\"esn-1:9464\", \"esn-2:9464\"", $"\"{demo.Host.Address!.Authority}\"")]);
        Copy("config/alertmanager/alertmanager.yml", [("group_wait: 10s", "group_wait: 1s"), ("group_interval: 1m", "group_interval: 1s"),
            ("""['severity="info"']""", """['severity="nothing"']"""), ("http://receiver:8080/alerts", $"{onCall.Address}alerts")]);
        Start(alertmanager, $"--config.file={File("alertmanager.yml")}", $"--storage.path={File("alertmanager")}",
            $"--web.listen-address=127.0.0.1:{alertmanagerPort}", "--cluster.listen-address=");
        Start(prometheus, $"--config.file={File("prometheus.yml")}", $"--storage.tsdb.path={File("prometheus")}",
            $"--web.listen-address=127.0.0.1:{prometheusPort}");

        string firing = await onCall.Wait(body => Alerts(body, "firing").Any(), Within);
        JsonElement alert = Alerts(firing, "firing").First();
        Assert.Equal("mackey-glass", alert.GetProperty("labels").GetProperty("stream").GetString());
        Assert.Equal("mackey-glass (timesteps) does not behave as it used to",
            alert.GetProperty("annotations").GetProperty("summary").GetString());
        Assert.StartsWith("docs/runbooks.md#", alert.GetProperty("annotations").GetProperty("runbook_url").GetString(),
            StringComparison.Ordinal);
        Assert.False(alert.GetProperty("labels").TryGetProperty("runbooks", out _));

        await Until(() => demo.Progress is { Steps: >= 5200, AlarmOpen: false }, run, "was through and had closed its last alarm");
        time.Ahead = TimeSpan.FromSeconds(66);  // an alarm that is over is shown for a minute
        await onCall.Wait(body => Alerts(body, "resolved").Any(), Within);

        await ending.CancelAsync();
        await run;
    }

    static async Task Until(Func<bool> condition, Task run, string what)
    {
        for (DateTime end = DateTime.UtcNow + Within; !condition(); await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            if (run.IsCompleted) await run;  // says why, where it threw
            Assert.False(run.IsCompleted, $"the demo ended before it {what}");
            Assert.True(DateTime.UtcNow < end, $"{Within} went by before the demo {what}");
        }
    }

    static IEnumerable<JsonElement> Alerts(string body, string status) =>
        JsonDocument.Parse(body).RootElement.GetProperty("alerts").EnumerateArray().Where(alert =>
            alert.GetProperty("status").GetString() == status
            && alert.GetProperty("labels").GetProperty("alertname").GetString()!.StartsWith("EsnAnomaly", StringComparison.Ordinal));

    string File(string name) => Path.Combine(_folder.FullName, name);

    void Copy(string file, (string From, string To)[] changes)
    {
        string text = System.IO.File.ReadAllText(Path.Combine(SharedData.Root, file));
        foreach ((string from, string to) in changes)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }
        System.IO.File.WriteAllText(File(Path.GetFileName(file)), text);
    }

    void Start(string program, params string[] arguments)
    {
        Process server = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true,
            RedirectStandardOutput = true })!;
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        _servers.Add(server);
    }

    public void Dispose()
    {
        foreach (Process server in _servers)
        {
            server.Kill();
            server.WaitForExit();
            server.Dispose();
        }
        _folder.Delete(recursive: true);
    }

    sealed class ClockAhead : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
