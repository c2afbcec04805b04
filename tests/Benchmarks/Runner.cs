using System.Globalization;

namespace Esn.Benchmarks;

/// <summary>Options of a benchmark's command line.</summary>
static class Options
{
    public static int Int(string[] options, string name, int otherwise) =>
        Array.IndexOf(options, name) is int i and >= 0 && i + 1 < options.Length ? int.Parse(options[i + 1], CultureInfo.InvariantCulture) : otherwise;

    public static string? Text(string[] options, string name) =>
        Array.IndexOf(options, name) is int i and >= 0 && i + 1 < options.Length ? options[i + 1] : null;
}

/// <summary>A whole feed through a detector.</summary>
static class Runner
{
    public static StepResult[] Run(DetectorSpec spec, double[] feed, int channels)
    {
        int steps = feed.Length / channels;
        var results = new StepResult[steps];
        new Detector(spec, channels).StepMany(new DateTime[steps], feed, results, new double[feed.Length]);
        return results;
    }

    /// <summary>The folder of the shared data, null where it is absent: ESN_DATA, else ../shared/data beside the solution.</summary>
    public static string? Data()
    {
        if (Environment.GetEnvironmentVariable("ESN_DATA") is { Length: > 0 } given) return Directory.Exists(given) ? given : null;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Esn.Streaming.sln")))
            {
                string data = Path.Combine(folder.FullName, "..", "shared", "data");
                return Directory.Exists(data) ? data : null;
            }
        return null;
    }
}
