using Esn.Benchmarks;

// One line a benchmark: its name, what it shows, and what runs it.
Benchmark[] benchmarks =
[
    Gamma.Benchmark,
    Budget.Benchmark,
    Mgab.Benchmark,
    KernelBenchmark.Entry,
    new("nab", "operational metrics: the Numenta Anomaly Benchmark's score (--seeds N, --files)", Nab.Run),
    Skab.Benchmark,
    Ramps.Benchmark,
    Ucr.Benchmark,
    Tep.Benchmark,
    Cloud.Benchmark,
    Spikes.Benchmark,
    Esn.Benchmarks.Fields.FieldsBenchmark.Entry,
    Esn.Benchmarks.Kafka.KafkaBenchmark.Entry,
];

if (args.Length == 0 || Array.Find(benchmarks, b => b.Name == args[0]) is not { } benchmark)
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/Benchmarks -- NAME [--json FILE] [OPTION]...");
    foreach (Benchmark b in benchmarks) Console.Error.WriteLine($"  {b.Name,-10} {b.Shows}");
    return 2;
}
int json = Array.IndexOf(args, "--json");
if (json >= 0 && json + 1 >= args.Length)
{
    Console.Error.WriteLine("--json needs a file");
    return 2;
}
string[] options = [.. args.Skip(1).Where((_, i) => json < 0 || (i + 1 != json && i + 1 != json + 1))];
IReadOnlyList<Figure> figures = benchmark.Run(options);
if (json >= 0) Figure.Save(figures, args[json + 1]);
return 0;
