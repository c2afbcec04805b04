using System.Globalization;
using Esn.Streaming.Wire;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Esn.Streaming.Demo;

/// <summary>The demo of fields in a terminal: maps that move where somebody looks, plain lines where not, a summary at the end.</summary>
public static class FieldDemoScreen
{
    const int MostAlarms = 8;
    static readonly double[] Usual = new double[2];  // least and largest of the field, slowly followed

    /// <summary>Runs the demo and shows it.</summary>
    /// <returns>Whether it went well.</returns>
    public static async Task<bool> Show(FieldDemoRun demo, FieldDemoKind kind, CancellationToken stop)
    {
        AnsiConsole.MarkupLine(kind switch
        {
            FieldDemoKind.Ocean => "[bold]esn demo --field ocean[/]: a wind-driven ocean basin. In a patch, friction, wind, viscosity or "
                + "the bottom changes for 40 frames.",
            FieldDemoKind.Chaotic => "[bold]esn demo --field chaotic[/]: a blob on a chaotic path, whose γ changes from .10 to .13 for 50 "
                + "frames: no eye sees it.",
            _ => "[bold]esn demo --field lissajous[/]: a blob on a closed path. For 40 frames a faint second one stands somewhere.",
        });
        AnsiConsole.MarkupLine($"Frames go as binary records through librdkafka's mock cluster, inside this process; {FieldDemoRun.Quiet} "
            + $"of them come first, to learn from.");
        bool good = AnsiConsole.Profile.Capabilities.Interactive && AnsiConsole.Profile.Capabilities.Ansi && !Console.IsOutputRedirected
            ? await Live(demo, stop).ConfigureAwait(false)
            : await Plain(demo, stop).ConfigureAwait(false);
        Summary(demo, good, stop.IsCancellationRequested);
        return good;
    }

    static async Task<bool> Plain(FieldDemoRun demo, CancellationToken stop)
    {
        demo.Alarmed += alarm => AnsiConsole.MarkupLine(Line(alarm));
        return await demo.RunPlainly(stop).ConfigureAwait(false);
    }

    static async Task<bool> Live(FieldDemoRun demo, CancellationToken stop)
    {
        Task<bool> run = demo.Run(stop);
        await AnsiConsole.Live(Screen(demo)).AutoClear(true).StartAsync(async context =>
        {
            while (!run.IsCompleted)
            {
                context.UpdateTarget(Screen(demo));
                await Task.WhenAny(run, Task.Delay(100, CancellationToken.None)).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        if (demo.View is { } last && Maps(demo, last) is { } maps) AnsiConsole.Write(maps);
        foreach (FieldDemoAlarm alarm in demo.Report.Alarms.TakeLast(MostAlarms)) AnsiConsole.MarkupLine(Line(alarm));
        return await run.ConfigureAwait(false);
    }

    /// <summary>What happened, and where.</summary>
    internal static string Line(FieldDemoAlarm alarm)
    {
        string where = string.Create(CultureInfo.InvariantCulture, $"row {alarm.Row:F1}, column {alarm.Column:F1}");
        if (alarm.Anomaly is not { } anomaly) return string.Create(CultureInfo.InvariantCulture,
            $"  [red]alarm[/] at frame {alarm.Position}, {where}: false, score {alarm.Score:F1}");
        string off = alarm.Off is { } cells ? string.Create(CultureInfo.InvariantCulture, $", {cells:F1} cells from where it is") : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"  [green]alarm[/] at frame {alarm.Position}, {where}: {Markup.Escape(anomaly.What)}{off}; after "
                + $"{alarm.Position - anomaly.Start} frames, score {alarm.Score:F1}");
    }

    static Rows Screen(FieldDemoRun demo)
    {
        if (demo.View is not { } view)
            return new Rows(new Text("the simulation spins up …"));
        string state = view.WarmingUp ? "[yellow]warming up[/]" : view.AlarmOpen ? "[red]ALARM[/]" : "[green]normal[/]";
        var parts = new List<IRenderable>
        {
            Maps(demo, view),
            new Markup(string.Create(CultureInfo.InvariantCulture,
                $" frame {view.Position}   score {view.Score:F2} (1 = alarm)   {state}   {demo.FramesPerSecond:F0} frames/s   Ctrl-C "
                    + $"ends")),
        };
        FieldDemoAnomaly? now = demo.Feed.Anomalies.LastOrDefault(one => one.Start <= view.Position && view.Position < one.Start
            + FieldDemoFeed.Length);
        parts.Add(new Markup(now is null ? " [grey]nothing happens[/]" : string.Create(CultureInfo.InvariantCulture,
            $" [yellow]now: {Markup.Escape(now.What)}{(now.Row is { } row
                ? FormattableString.Invariant($" at row {row:F0}, column {now.Column:F0}") : "")}[/]")));
        parts.AddRange(demo.Report.Alarms.TakeLast(MostAlarms).Select(alarm => new Markup(Line(alarm))));
        return new Rows(parts);
    }

    // As many as the terminal is wide enough for: the field, where its alarm lies, the error.
    static Grid Maps(FieldDemoRun demo, FieldDemoView view)
    {
        int columns = demo.Feed.Columns, count = Math.Clamp((AnsiConsole.Profile.Width - 1) / (columns + 2), 1, 3);
        double[] errors = [.. view.Observed.Select((value, i) => Math.Abs(value - view.Expected.Span[i]))];
        double[] heat = view.Heat is null ? new double[errors.Length] : [.. view.Heat.Select(one => Math.Sqrt(one))];
        double spread = (Usual[1] = Math.Max(.995 * Usual[1], view.Observed.Max())) - (Usual[0] = Math.Min(.995 * Usual[0],
            view.Observed.Min()));
        (string Title, FieldCanvas Map)[] maps =
        [
            ("field", new FieldCanvas(view.Observed, columns, ColourScale.Viridis, Usual[0], Usual[1])),
            ("heat of the last alarm", new FieldCanvas(heat, columns, ColourScale.Inferno, 0, Math.Max(2, heat.Max()))),
            ("|error|, of 2 % of the field", new FieldCanvas(errors, columns, ColourScale.Inferno, 0, .02 * spread)),
        ];
        var grid = new Grid();
        for (int i = 0; i < count; i++) grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        grid.AddRow([.. maps.Take(count).Select(map => new Text(map.Title))]);
        grid.AddRow([.. maps.Take(count).Select(map => map.Map)]);
        return grid;
    }

    static void Summary(FieldDemoRun demo, bool good, bool stopped)
    {
        FieldDemoReport report = demo.Report;
        string places = report.Places.All == 0 ? "" : $", {report.Places.Right} of {report.Places.All} alarms where it happened";
        AnsiConsole.MarkupLine(string.Create(CultureInfo.InvariantCulture,
            $"caught {report.Caught} of {report.Anomalies} anomalies{places}, {report.FalseAlarms} false alarms in "
                + $"{(demo.View?.Position ?? -1) + 1} frames; {demo.FramesPerSecond:F0} frames/s: "
                + $"{DemoScreen.Verdict(good, report.Anomalies, stopped)}"));
    }
}
