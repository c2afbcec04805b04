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
            double[][] rows = [.. File.ReadLines(file).Skip(1)
                .Select(line => line.Split(';')[1..].Select(x => double.Parse(x, CultureInfo.InvariantCulture)).ToArray())];
            StepResult[] results = Feeds.Run(Presets.Sensors(), [.. rows.SelectMany(row => row[..8])], 8);
            for (int t = scored; t < rows.Length; t++)
            {
                bool faulty = rows[t][8] == 1;
                if (results[t].AlarmOpen) _ = faulty ? hit++ : falsely++;
                else _ = faulty ? missed++ : calm++;
            }
        }
        Assert.True(2.0 * hit / (2 * hit + falsely + missed) > .90);
        Assert.True((double)falsely / (falsely + calm) < .06);
    }

    // Steps of 1.5 standard deviations, by channel in turn; in the channels whose levels hardly wander nearly all are found.
    [Fact]
    public void Steps_put_into_a_plant_without_anomaly_are_found_and_the_plant_itself_is_quiet()
    {
        const int piece = 1100, scored = 400, onset = 573, end = 973, channels = 8;
        double[] feed = [.. File.ReadLines(Data("skab", "anomaly-free", "anomaly-free.csv")).Skip(1)
            .SelectMany(line => line.Split(';')[1..].Select(x => double.Parse(x, CultureInfo.InvariantCulture)))];
        int pieces = feed.Length / channels / piece, open = 0;
        int[] steady = [2, 3, 6];
        int[] hit = new int[channels], wrong = new int[channels];  // rows; wrong: false or missed
        for (int i = 0; i < pieces; i++)
        {
            double[] part = feed[(i * piece * channels)..((i + 1) * piece * channels)];
            open += Feeds.Run(Presets.Sensors(), part, channels)[scored..].Count(r => r.AlarmOpen);
            foreach (int c in steady)
            {
                double[] early = [.. Enumerable.Range(0, scored).Select(t => part[t * channels + c])], faulty = [.. part];
                double mean = early.Average(), deviation = Math.Sqrt(early.Average(x => (x - mean) * (x - mean)));
                for (int t = onset; t < end; t++) faulty[t * channels + c] += 1.5 * deviation;
                StepResult[] results = Feeds.Run(Presets.Sensors(), faulty, channels);
                for (int t = scored; t < piece; t++)
                    if (results[t].AlarmOpen != t is >= onset and < end) wrong[c]++;
                    else if (results[t].AlarmOpen) hit[c]++;
            }
        }
        Assert.All(steady, c => Assert.InRange(2.0 * hit[c] / (2 * hit[c] + wrong[c]), .77, 1));
        Assert.InRange((double)open / (pieces * (piece - scored)), 0, .14);
    }

    static bool Announced(AlarmEvent e) => e.Announced;

    // ESN_DATA, else ../shared/data beside the solution.
    static string Data(params string[] path)
    {
        string? root = Environment.GetEnvironmentVariable("ESN_DATA");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); string.IsNullOrEmpty(root) && folder is not null;
        folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Esn.Streaming.sln")))
                root = Path.Combine(folder.FullName, "..", "shared", "data");
        string full = Path.Combine([root ?? "", .. path]);
        Assert.SkipUnless(Path.Exists(full), $"no shared data at {full}");
        return full;
    }
}
