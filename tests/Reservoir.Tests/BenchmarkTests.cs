using System.Globalization;
using Xunit;

namespace Esn.Tests;

/// <summary>The level reached on public data, with a margin; the whole tables are made by tests/Benchmarks.</summary>
public class BenchmarkTests
{
    [Fact]
    public void Mgab_anomalies_that_no_eye_sees_are_found_with_at_most_one_false_alarm()
    {
        const int steps = 48_000, windows = 4;
        string[][] rows = [.. File.ReadLines(Data("mgab", "3.csv")).Skip(1).Take(steps).Select(line => line.Split(','))];
        double[] feed = [.. rows.Select(row => double.Parse(row[1], CultureInfo.InvariantCulture))];
        bool[] label = [.. rows.Select(row => row[2] == "1")];
        long[] told = [.. Feeds.Run(Presets.Signal(1e-5), feed).Events().Where(Announced).Select(e => e.Position)];

        Assert.Equal(windows, told.Where(t => label[t]).Select(t => Array.LastIndexOf(label, false, (int)t)).Distinct().Count());
        Assert.InRange(told.Count(t => !label[t] && !label[t - 100]), 0, 1);
    }

    [Fact]
    public void Skab_valve_faults_are_found_and_their_end_is_too()
    {
        const int scored = 400;
        int hit = 0, falsely = 0, missed = 0, calm = 0;
        foreach (string file in Directory.GetFiles(Data("skab", "valve2"), "*.csv"))
        {
            double[][] rows = [.. File.ReadLines(file).Skip(1).Select(line => line.Split(';')[1..].Select(x => double.Parse(x, CultureInfo.InvariantCulture)).ToArray())];
            StepResult[] results = Feeds.Run(Presets.Sensors(), [.. rows.SelectMany(row => row[..8])], 8);
            for (int t = scored; t < rows.Length; t++)
            {
                bool faulty = rows[t][8] == 1;
                if (results[t].AlarmOpen) _ = faulty ? hit++ : falsely++;
                else _ = faulty ? missed++ : calm++;
            }
        }
        Assert.True(2.0 * hit / (2 * hit + falsely + missed) > .92);
        Assert.True((double)falsely / (falsely + calm) < .06);
    }

    static bool Announced(AlarmEvent e) => e.Change is AlarmChange.Opened or AlarmChange.Escalated;

    // ESN_DATA, else ../shared/data beside the solution.
    static string Data(params string[] path)
    {
        string? root = Environment.GetEnvironmentVariable("ESN_DATA");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); string.IsNullOrEmpty(root) && folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Esn.Streaming.sln"))) root = Path.Combine(folder.FullName, "..", "shared", "data");
        string full = Path.Combine([root ?? "", .. path]);
        Assert.SkipUnless(Path.Exists(full), $"no shared data at {full}");
        return full;
    }
}
