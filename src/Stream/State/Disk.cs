using System.Runtime.InteropServices;

namespace Esn.Streaming.State;

/// <summary>The file system of the machine.</summary>
sealed class Disk : IFiles
{
    const int BufferBytes = 1;  // the store writes in large pieces itself

    /// <inheritdoc/>
    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    /// <inheritdoc/>
    public IReadOnlyList<string> Files(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory).Select(file => Path.GetFileName(file))] : [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Directories(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateDirectories(directory).Select(file => Path.GetFileName(file))] : [];

    /// <inheritdoc/>
    public System.IO.Stream Create(string path) => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, BufferBytes);

    /// <inheritdoc/>
    public System.IO.Stream Open(string path) =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <inheritdoc/>
    public void Flush(System.IO.Stream file) => ((FileStream)file).Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) return;  // its file system keeps names by itself
        int directory = NativeOpen(path, 0);
        if (directory < 0) throw new IOException($"can't open directory {path}: error {Marshal.GetLastPInvokeError()}");
        try
        {
            if (NativeFlush(directory) != 0) throw new IOException($"can't flush directory {path}: error {Marshal.GetLastPInvokeError()}");
        }
        finally
        {
            _ = NativeClose(directory);
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <inheritdoc/>
    public void Delete(string path) => File.Delete(path);

    // .NET opens no directories.
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    static extern int NativeOpen([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    static extern int NativeFlush(int file);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    static extern int NativeClose(int file);
}
