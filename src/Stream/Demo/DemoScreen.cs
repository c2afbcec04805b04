using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Esn.Streaming.Demo;

/// <summary>The demo in a terminal: charts that move where somebody looks, plain lines where not, a summary at the end.</summary>
public static class DemoScreen
{
    const int MostAlarms = 8;
    const double TopScore = 2;  // the chart's upper end

    /// <summary>Runs the demo and shows it.</summary>
    /// <returns>Whether it went well.</returns>
    public static async Task<bool> Show(DemoRun demo, CancellationToken stop)
    {
        AnsiConsole.MarkupLine("[bold]esn demo[/]: Mackey–Glass, γ .10 → .13 for 50 steps at random places. The broker is librdkafka's "
            + "mock cluster, inside this process.");
        bool good = AnsiConsole.Profile.Capabilities.Interactive && AnsiConsole.Profile.Capabilities.Ansi && !Console.IsOutputRedirected
            ? await Live(demo, stop).ConfigureAwait(false)
            : await Plain(demo, stop).ConfigureAwait(false);
        Summary(demo, good, stop.IsCancellationRequested);
        return good;
    }

    static async Task<bool> Plain(DemoRun demo, CancellationToken stop)
    {
        demo.Alarmed += (position, delay, score) => AnsiConsole.MarkupLine(Line(position, delay, score));
        return await demo.RunPlainly(stop).ConfigureAwait(false);
    }

    static async Task<bool> Live(DemoRun demo, CancellationToken stop)
    {
        var alarms = new Queue<string>();
        demo.Alarmed += (position, delay, score) =>
        {
            lock (alarms)
            {
                alarms.Enqueue(Line(position, delay, score));
                if (alarms.Count > MostAlarms) alarms.Dequeue();
            }
        };
        Task<bool> run = demo.Run(stop);
        await AnsiConsole.Live(Screen(demo, alarms)).AutoClear(true).StartAsync(async context =>
        {
            while (!run.IsCompleted)
            {
                context.UpdateTarget(Screen(demo, alarms));
                await Task.WhenAny(run, Task.Delay(100, CancellationToken.None)).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        lock (alarms)
            foreach (string alarm in alarms) AnsiConsole.MarkupLine(alarm);
        return await run.ConfigureAwait(false);
    }

    static string Line(long position, long? delay, double score) => delay is { } steps
        ? string.Create(CultureInfo.InvariantCulture,
            $"  [green]alarm[/] at step {position,7}: caught after {steps} steps, score {score:F2}")
        : string.Create(CultureInfo.InvariantCulture, $"  [red]alarm[/] at step {position,7}: false, score {score:F2}");

    static Rows Screen(DemoRun demo, Queue<string> alarms)
    {
        int width = Math.Clamp(AnsiConsole.Profile.Width - 6, 20, 160);
        (double[] values, double[] scores) = demo.Progress.Recent();
        string state = demo.Progress.Steps == 0 ? "waiting for the first records" : demo.Progress.WarmingUp ? "[yellow]warming up[/]"
            : demo.Progress.AlarmOpen ? "[red]ALARM[/]" : "[green]normal[/]";
        var parts = new List<IRenderable>
        {
            Chart("feed", values, width, 7, .2, 1.5, Color.Aqua),
            Chart($"anomaly score (1 = alarm, top = {TopScore:F0})", [.. scores.Select(score => Math.Min(score, TopScore))], width, 5, 0,
                TopScore, demo.Progress.AlarmOpen ? Color.Red : Color.Yellow),
            new Markup(string.Create(CultureInfo.InvariantCulture,
                $" step {demo.Progress.Steps}   {state}   {demo.Progress.StepsPerSecond:F0} steps/s   "
                    + $"{Markup.Escape($"{demo.Host.Address}metrics")}   Ctrl-C ends")),
        };
        lock (alarms) parts.AddRange(alarms.Select(alarm => new Markup(alarm)));
        return new Rows(parts);
    }

    static Panel Chart(string title, IReadOnlyList<double> values, int width, int height, double low, double high, Color colour) =>
        new(new Text(string.Join('\n', BrailleChart.Draw(values, width, height, low, high)), new Style(colour)))
            { Header = new PanelHeader(title), Border = BoxBorder.Rounded };

    static void Summary(DemoRun demo, bool good, bool stopped)
    {
        DemoReport report = demo.Report;
        string verdict = Verdict(good, report.Anomalies, stopped);
        AnsiConsole.MarkupLine(string.Create(CultureInfo.InvariantCulture,
            $"caught {report.Caught} of {report.Anomalies} anomalies, {report.FalseAlarms} false alarms in {demo.Progress.Steps} steps; "
                + $"{demo.Progress.StepsPerSecond:F0} steps/s, latency p50 {Milliseconds(demo.Progress.Latency(.5))}, p99 "
                + $"{Milliseconds(demo.Progress.Latency(.99))}: {verdict}"));
    }

    /// <summary>How it went; who ends it early has no verdict to hear but a good one.</summary>
    /// <param name="good">It went well.</param>
    /// <param name="anomalies">Those that began.</param>
    /// <param name="stopped">A person ended it.</param>
    internal static string Verdict(bool good, int anomalies, bool stopped) => good ? "[green]good[/]"
        : anomalies == 0 ? "[yellow]ended before the first anomaly[/]" : stopped ? "[yellow]stopped[/]" : "[red]not good[/]";

    static string Milliseconds(double seconds) => double.IsNaN(seconds) ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{1000 * seconds:F1} ms");
}
