using Esn.Streaming.State;

namespace Esn.Stream.Tests;

/// <summary>
/// A file system that fails at a chosen operation, and then shows what a disk may hold after a crash: what was flushed for
/// sure, and of the rest what is asked for.
/// </summary>
sealed class FaultyFiles : IFiles
{
    sealed class Content
    {
        public List<byte> Bytes { get; set; } = [];

        public int Flushed { get; set; }
    }

    const int NoSpace = 28;  // errno(3)

    readonly HashSet<string> _directories = [];
    Dictionary<string, Content> _names = [], _flushedNames = [];

    /// <summary>The operation that fails, from 0; −1: none.</summary>
    public int FailAt { get; set; } = -1;

    /// <summary>Operations so far: writes, flushes, renames, deletions.</summary>
    public int Operations { get; private set; }

    public IReadOnlyCollection<string> Names => _names.Keys;

    /// <summary>The machine goes down, and comes up with this.</summary>
    /// <param name="names">Whether names that were not flushed are there.</param>
    /// <param name="bytes">Part of the bytes that were not flushed, 0 to 1.</param>
    public void Crash(bool names, double bytes)
    {
        FailAt = -1;
        if (!names) _names = _flushedNames;
        foreach (Content content in _names.Values)
        {
            int kept = content.Flushed + (int)((content.Bytes.Count - content.Flushed) * bytes);
            content.Bytes = content.Bytes[..kept];
            content.Flushed = kept;
        }
        _flushedNames = new(_names);
    }

    public void CreateDirectory(string path)
    {
        for (string? one = path; !string.IsNullOrEmpty(one); one = Path.GetDirectoryName(one)) _directories.Add(one);
    }

    public IReadOnlyList<string> Files(string directory) =>
        [.. _names.Keys.Where(name => Path.GetDirectoryName(name) == directory).Select(name => Path.GetFileName(name))];

    public IReadOnlyList<string> Directories(string directory) =>
        [.. _directories.Where(name => Path.GetDirectoryName(name) == directory).Select(name => Path.GetFileName(name))];

    public System.IO.Stream Create(string path)
    {
        Operate();
        _names.Add(path, new Content());
        return new Written(this, path);
    }

    public System.IO.Stream Open(string path) =>
        _names.TryGetValue(path, out Content? content) ? new MemoryStream([.. content.Bytes]) : throw new FileNotFoundException(path);

    public void Flush(System.IO.Stream file)
    {
        Operate();
        Content content = _names[((Written)file).Path];
        content.Flushed = content.Bytes.Count;
    }

    public void FlushDirectory(string path)
    {
        Operate();
        foreach (string name in _flushedNames.Keys.Where(name => Path.GetDirectoryName(name) == path).ToList()) _flushedNames.Remove(name);
        foreach ((string name, Content content) in _names.Where(name => Path.GetDirectoryName(name.Key) == path))
            _flushedNames[name] = content;
    }

    public void Rename(string from, string to)
    {
        Operate();
        _names.Remove(from, out Content? content);
        _names[to] = content!;
    }

    public void Delete(string path)
    {
        Operate();
        _names.Remove(path);
    }

    public byte[] this[string path]
    {
        get => [.. _names[path].Bytes];
        set => _names[path] = new Content { Bytes = [.. value], Flushed = value.Length };
    }

    void Operate()
    {
        if (Operations++ == FailAt) throw new IOException("no space left on device", NoSpace);
    }

    sealed class Written(FaultyFiles files, string path) : MemoryStream
    {
        public string Path { get; } = path;

        public override void WriteByte(byte value) => Write([value]);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            files.Operate();
            files._names[Path].Bytes.AddRange(buffer);
        }
    }
}
