namespace Esn.Streaming.State;

/// <summary>
/// Bytes under a name, kept so that a crash at any moment leaves those before them: written under another name, flushed to the
/// disk, renamed, and the name flushed.
/// </summary>
static class KeptFile
{
    const string Temporary = ".tmp";

    /// <summary>Nothing has the name before all of it lies on the disk; when this returns, the name does too.</summary>
    public static void Write(IFiles files, string directory, string name, Action<System.IO.Stream> write)
    {
        string temporary = Path.Combine(directory, $"{name}.{Guid.NewGuid():N}{Temporary}");
        using (System.IO.Stream file = files.Create(temporary))
        {
            write(file);
            files.Flush(file);
        }
        files.Rename(temporary, Path.Combine(directory, name));
        files.FlushDirectory(directory);
    }
}
