namespace Esn.Streaming.State;

/// <summary>
/// What a directory store asks of a file system. Nothing lasts before it is flushed: a file's bytes by <see cref="Flush"/>,
/// its name by <see cref="FlushDirectory"/>.
/// </summary>
/// <remarks>All throw <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</remarks>
interface IFiles
{
    /// <summary>Makes a directory and those above it; nothing where it is there.</summary>
    void CreateDirectory(string path);

    /// <summary>Names of the files of a directory, without it; none where it is not there.</summary>
    IReadOnlyList<string> Files(string directory);

    /// <summary>Names of the directories in a directory, without it; none where it is not there.</summary>
    IReadOnlyList<string> Directories(string directory);

    /// <summary>A new file, empty, to be written.</summary>
    System.IO.Stream Create(string path);

    /// <summary>A file to be read from its beginning.</summary>
    System.IO.Stream Open(string path);

    /// <summary>Returns once the bytes of a file lie on the disk.</summary>
    /// <param name="file">As <see cref="Create"/> gave it.</param>
    void Flush(System.IO.Stream file);

    /// <summary>Returns once the names of a directory's files lie on the disk.</summary>
    void FlushDirectory(string path);

    /// <summary>Gives a file another name in one step; what had that name is gone.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file; nothing where it is not there.</summary>
    void Delete(string path);
}
