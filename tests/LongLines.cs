namespace Esn;

/// <summary>Lines whose end nobody sees who has two files side by side.</summary>
static class LongLines
{
    const int Columns = 140;

    static readonly string[] Folders = ["src", "tests"];

    /// <summary>All of src/ and tests/, as "file:line has so many columns".</summary>
    public static IReadOnlyList<string> OfRepository() =>
    [
        .. from folder in Folders
           from file in Directory.EnumerateFiles(Path.Combine(SharedData.Root, folder), "*.cs", SearchOption.AllDirectories)
           let name = Path.GetRelativePath(SharedData.Root, file).Replace('\\', '/')
           where !name.Split('/').Any(part => part is "bin" or "obj")
           from line in File.ReadLines(file).Index()
           where line.Item.Length > Columns
           select FormattableString.Invariant($"{name}:{line.Index + 1} has {line.Item.Length} columns, at most {Columns} are seen"),
    ];
}
