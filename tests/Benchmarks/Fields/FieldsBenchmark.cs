namespace Esn.Benchmarks.Fields;

/// <summary>Fields: one table each.</summary>
static class FieldsBenchmark
{
    public static readonly Benchmark Entry = new("fields",
        "fields: speed, workers, ocean, blobs, gamma, sst [--part speed|workers|ocean|blobs|gamma|sst "
            + "[--esn FOLDER] [--side N] [--seed N] [--model NAME] [--noise X]]", Run);

    static List<Figure> Run(string[] options)
    {
        string? part = Options.Text(options, "--part");
        var figures = new List<Figure>();
        if (part is null or "speed") FieldSpeed.Run(figures, Options.Int(options, "--side", 0) is > 0 and var side ? side : null);
        if (part is null or "workers") FieldWorkers.Run(figures, options);
        if (part is null or "ocean") OceanBenchmark.Run(figures, options);
        if (part is null or "blobs") BlobBenchmark.Run(figures, options);
        if (part is null or "gamma") BlobGamma.Run(figures, options);
        if (part is null or "sst") SstBenchmark.Run(figures);
        return figures;
    }
}
