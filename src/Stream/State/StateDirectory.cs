using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.State;

/// <summary>Where a group's state lies: DIRECTORY/GROUP/TOPIC/PARTITION.</summary>
/// <param name="directory">Of all groups.</param>
/// <param name="group">Whose it is.</param>
/// <param name="files">Where names are flushed.</param>
sealed class StateDirectory(string directory, string group, IFiles files)
{
    /// <summary>Of the group.</summary>
    public string Root { get; } = Path.Combine(directory, Escaped(group));

    /// <summary>Of a partition.</summary>
    public string Of(PartitionId partition) =>
        Path.Combine(Root, Escaped(partition.Topic), partition.Number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Makes a directory below; the names of those above are flushed too, or a crash could take the whole path.</summary>
    public void Make(string path)
    {
        if (files.Files(path).Count > 0) return;
        files.CreateDirectory(path);
        for (string? above = Path.GetDirectoryName(path); above is not null && above.Length >= Root.Length;
            above = Path.GetDirectoryName(above))
            files.FlushDirectory(above);
    }

    /// <summary>Whether there is no room. errno(3) where .NET has no type for it: ENOSPC and EDQUOT of Linux; of Windows
    /// ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.</summary>
    public static bool IsFull(IOException e) =>
        e.HResult is 28 or 122 or unchecked((int)0x80070027) or unchecked((int)0x80070070);

    /// <summary>Whether the file system says so, and not the program.</summary>
    public static bool IsOfDisk(Exception e) => e is IOException or UnauthorizedAccessException;

    // "." and ".." are names of groups too.
    static string Escaped(string name) => name.Trim('.').Length == 0 ? name.Replace(".", "%2E", StringComparison.Ordinal)
        : Uri.EscapeDataString(name);
}
