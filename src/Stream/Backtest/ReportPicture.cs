using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace Esn.Streaming.Backtest;

/// <summary>The overview as a picture, for where a page can't be opened.</summary>
static class ReportPicture
{
    const int MostChannels = 4, Width = 1600, RowHeight = 260, TitleHeight = 40;
    const double LeastScore = -2;  // decades

    static readonly Color Ink = Color.FromHex("#1f2933"), Model = Color.FromHex("#2f6fde"), Alarm = Color.FromHex("#d93a3a"),
        Label = Color.FromHex("#e6a817"), Grid = Color.FromHex("#e6e9ee"), Refused = Color.FromHex("#66717f");

    /// <summary>Whether there is a font to write with. A picture without one has no text.</summary>
    public static bool HasFonts => SKTypeface.Default.ContainsGlyph('a');

    public static void Write(Report report, string file)
    {
        Trace trace = report.Trace;
        IReadOnlyList<int> plotted = report.Plotted;
        int channels = Math.Min(MostChannels, plotted.Count);
        var figure = new Multiplot();
        figure.AddPlots(channels + 1);
        for (int c = 0; c <= channels; c++)
        {
            Plot plot = figure.GetPlot(c);
            Prepare(plot, report);
            if (c < channels) Signal(plot, trace, plotted[c]);
            else Score(plot, trace);
            plot.Axes.SetLimitsX(0, Math.Max(1, trace.Rows));
        }
        string shown = channels < report.Summary.Channels.Count ? $" · {channels} of {report.Summary.Channels.Count} channels"
            : "";
        figure.GetPlot(0).Title(string.Create(CultureInfo.InvariantCulture,
            $"{Path.GetFileName(report.Summary.File)} · {report.Summary.Alarms} alarms in {report.Summary.Rows:#,0} rows{shown}"), 16);
        figure.GetPlot(channels).XLabel("row", 13);
        figure.SavePng(file, Width, TitleHeight + RowHeight * (channels + 1));
    }

    static void Prepare(Plot plot, Report report)
    {
        double least = report.Trace.Rows / 800.0;  // an alarm of a few rows must be seen
        plot.FigureBackground.Color = Colors.White;
        plot.Grid.MajorLineColor = Grid;
        plot.Font.Set("DejaVu Sans");  // where it is missing, what there is
        plot.Axes.Right.MinimumSize = 40;
        plot.Axes.Left.MinimumSize = plot.Axes.Left.MaximumSize = 90;
        foreach (RefusedRows run in report.Summary.RefusedRuns)
            plot.Add.HorizontalSpan(run.First, Math.Max(run.Last + 1, run.First + least), Refused.WithAlpha(.25));
        foreach ((NabWindow window, _) in report.Windows ?? [])
            plot.Add.HorizontalSpan(window.First, Math.Max(window.Last + 1, window.First + least), Label.WithAlpha(.35));
        foreach (AlarmSpan alarm in report.Alarms)
            plot.Add.HorizontalSpan(alarm.Start, Math.Max(alarm.End, alarm.Start + least), Alarm.WithAlpha(.35));
    }

    static void Signal(Plot plot, Trace trace, int channel)
    {
        Line(plot, trace.Expected[channel], trace, Model, Drawable);
        Line(plot, trace.Observed[channel], trace, Ink.WithAlpha(.8), Drawable);
        plot.YLabel(trace.Names[channel], 13);
    }

    // An axis needs the distance of its ends to be a number too.
    static double Drawable(double value) => Math.Clamp(value, -1e300, 1e300);

    static void Score(Plot plot, Trace trace)
    {
        Line(plot, trace.Score, trace, Ink, value => Math.Log10(Math.Max(value, Math.Pow(10, LeastScore))));
        plot.Add.HorizontalLine(0, 1.5f, Alarm);
        double top = Math.Max(1, Math.Ceiling(Math.Log10(trace.Score.Points().Append(1).Max())));
        plot.Axes.SetLimitsY(LeastScore, top);
        plot.Axes.Left.TickGenerator = new NumericManual(
            [.. Enumerable.Range((int)LeastScore, (int)(top - LeastScore) + 1)
                .Select(decade => new Tick(decade, Math.Pow(10, decade).ToString("G3", CultureInfo.InvariantCulture)))]);
        plot.YLabel("score, 1 = alarm", 13);
    }

    // A gap in the series is a gap in the line.
    static void Line(Plot plot, Envelope series, Trace trace, Color color, Func<double, double> map)
    {
        double[] points = [.. series.Points().Select(map)];
        for (int i = 0; i < points.Length; i++)
        {
            if (double.IsNaN(points[i])) continue;
            int start = i;
            while (i < points.Length && !double.IsNaN(points[i])) i++;
            ScottPlot.Plottables.Signal line = plot.Add.Signal(points[start..i], series.Stride, color);
            line.Data.XOffset = (double)start * series.Stride;
            line.LineWidth = 1;
            line.MarkerSize = 0;
        }
    }
}
