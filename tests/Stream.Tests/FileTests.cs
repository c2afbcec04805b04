using System.Globalization;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Tests on files, in a folder of their own.</summary>
public abstract class FileTests : IDisposable
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("esn-files-").FullName;

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string Write(string text, string name = "feed.csv")
    {
        string file = Path.Combine(Folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    protected static string Rows(int count, Func<int, string> row) => string.Concat(Enumerable.Range(0, count).Select(i => row(i) + "\n"));

    protected static string N(double value) => value.ToString(CultureInfo.InvariantCulture);

    protected (CsvFeed Feed, FeedRow[] Rows) Read(string text, FeedOptions? options = null) => ReadFile(Write(text), options);

    protected static (CsvFeed Feed, FeedRow[] Rows) ReadFile(string file, FeedOptions? options = null)
    {
        using CsvFeed feed = CsvFeed.Open(file, options ?? new FeedOptions());
        return (feed, [.. feed.Rows()]);
    }

    protected string Refused(string text, FeedOptions? options = null) => RefusedFile(Write(text), options);

    protected static string RefusedFile(string file, FeedOptions? options = null) =>
        Assert.Throws<FeedException>(() => ReadFile(file, options)).Message;
}
