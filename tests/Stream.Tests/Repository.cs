namespace Esn.Stream.Tests;

static class Repository
{
    /// <summary>Where the solution is.</summary>
    public static string Root { get; } = Find();

    static string Find()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Esn.Streaming.sln"))) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("the tests run outside of the repository");
    }
}
