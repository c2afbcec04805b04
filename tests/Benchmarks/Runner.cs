using System.Globalization;

namespace Esn.Benchmarks;

/// <summary>Options of a benchmark's command line.</summary>
static class Options
{
    public static int Int(string[] options, string name, int otherwise) =>
        Array.IndexOf(options, name) is int i and >= 0 && i + 1 < options.Length
            ? int.Parse(options[i + 1], CultureInfo.InvariantCulture) : otherwise;

    public static string? Text(string[] options, string name) =>
        Array.IndexOf(options, name) is int i and >= 0 && i + 1 < options.Length ? options[i + 1] : null;
}

/// <summary>A whole feed through a detector.</summary>
static class Runner
{
    public static StepResult[] Run(ModelSpec spec, double[] feed, int channels)
    {
        int steps = feed.Length / channels;
        var results = new StepResult[steps];
        new Detector(spec, channels).StepMany(new DateTime[steps], feed, results, new double[feed.Length]);
        return results;
    }
}
