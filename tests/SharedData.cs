namespace Esn;

/// <summary>Real data beside the repository (or where ESN_DATA says); never a part of it.</summary>
static class SharedData
{
    /// <summary>Path of a file such as "mgab/1.csv"; null where it is absent.</summary>
    public static string? Find(string file)
    {
        string root = Environment.GetEnvironmentVariable("ESN_DATA") is { Length: > 0 } named
            ? named
            : Path.Combine(Root, "..", "shared", "data");
        string path = Path.GetFullPath(Path.Combine(root, file));
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    /// <summary>The repository these tests were built from.</summary>
    public static string Root { get; } = FindRoot();

    static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Esn.Streaming.sln"))) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("the tests run outside of the repository");
    }
}
