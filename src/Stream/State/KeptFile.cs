using System.Text;

namespace Esn.Streaming.State;

/// <summary>
/// Bytes under a name, kept so that a crash at any moment leaves those before them: written under another name, flushed to the
/// disk, renamed, and the name flushed.
/// </summary>
sealed class KeptFile
{
    const string Temporary = ".tmp";

    readonly IFiles _files;
    readonly string _directory, _name;

    /// <param name="directory">Made where it is missing.</param>
    /// <param name="name">Within it.</param>
    public KeptFile(string directory, string name) : this(new Disk(), directory, name)
    {
    }

    internal KeptFile(IFiles files, string directory, string name) => (_files, _directory, _name) = (files, directory, name);

    /// <summary>Where it is.</summary>
    public string Path => System.IO.Path.Combine(_directory, _name);

    /// <summary>What was written last; null: nothing was.</summary>
    /// <exception cref="SnapshotException">It can't be read.</exception>
    public string? Read()
    {
        try
        {
            if (!_files.Files(_directory).Contains(_name)) return null;
            using var reader = new StreamReader(_files.Open(Path), Encoding.UTF8);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SnapshotException($"can't read {Path}: {e.Message}", e);
        }
    }

    /// <summary>Returns once it lasts.</summary>
    /// <exception cref="SnapshotException">It can't be written; what was there before still is.</exception>
    public void Write(string text)
    {
        try
        {
            _files.CreateDirectory(_directory);
            Write(_files, _directory, _name, file => file.Write(Encoding.UTF8.GetBytes(text)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SnapshotException($"can't write {Path}: {e.Message}", e);
        }
    }

    /// <summary>Nothing has the name before all of it lies on the disk; when this returns, the name does too.</summary>
    public static void Write(IFiles files, string directory, string name, Action<System.IO.Stream> write)
    {
        string temporary = System.IO.Path.Combine(directory, $"{name}.{Guid.NewGuid():N}{Temporary}");
        using (System.IO.Stream file = files.Create(temporary))
        {
            write(file);
            files.Flush(file);
        }
        files.Rename(temporary, System.IO.Path.Combine(directory, name));
        files.FlushDirectory(directory);
    }
}
