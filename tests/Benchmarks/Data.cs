namespace Esn.Benchmarks;

/// <summary>Where the data of the benchmarks lies.</summary>
static class Data
{
    /// <summary>The folder in the environment's ESN_DATA, or shared/data beside the repository.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static string Folder()
    {
        if (Environment.GetEnvironmentVariable("ESN_DATA") is { Length: > 0 } named) return named;
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Esn.Streaming.sln")))
                return Path.GetFullPath(Path.Combine(at.FullName, "..", "shared", "data"));
        throw new DirectoryNotFoundException("no data: set ESN_DATA to the folder that holds nab/, mgab/, skab/");
    }
}
