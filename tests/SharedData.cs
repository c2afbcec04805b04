namespace Esn;

/// <summary>Real data beside the repository (or where ESN_DATA says); never a part of it.</summary>
static class SharedData
{
    /// <summary>Path of a file such as "mgab/1.csv"; null where it is absent.</summary>
    public static string? Find(string file)
    {
        string? root = Environment.GetEnvironmentVariable("ESN_DATA");
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); root is null && at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Esn.Streaming.sln"))) root = Path.Combine(at.FullName, "..", "shared", "data");
        string path = Path.GetFullPath(Path.Combine(root ?? ".", file));
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }
}
