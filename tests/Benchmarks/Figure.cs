using System.Text.Json;

namespace Esn.Benchmarks;

/// <summary>One measured number.</summary>
/// <param name="Name">As in the tables of docs/measured.md.</param>
/// <param name="Value">In <paramref name="Unit"/>.</param>
/// <param name="Unit">steps/s, ms, ratio, percent, …</param>
public sealed record Figure(string Name, double Value, string Unit)
{
    static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>A JSON list of {name, value, unit}.</summary>
    public static void Save(IReadOnlyList<Figure> figures, string file) =>
        File.WriteAllText(file, JsonSerializer.Serialize(figures, Layout));
}

/// <summary>A table that can be made again by one command.</summary>
/// <param name="Name">The command's word.</param>
/// <param name="Shows">One line of help.</param>
/// <param name="Run">Prints the table as it goes and returns its figures; takes the other command-line words.</param>
public sealed record Benchmark(string Name, string Shows, Func<string[], IReadOnlyList<Figure>> Run);
