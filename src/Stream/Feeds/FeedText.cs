using System.IO.Compression;
using System.Text;

namespace Esn.Streaming.Feeds;

/// <summary>The text of a file or a pipe, unpacked where it is packed; what is no text is told by what it is.</summary>
static class FeedText
{
    const int Head = 4096;

    static readonly (byte[] Begins, string Is)[] Known =
    [
        ([0x28, 0xb5, 0x2f, 0xfd], "is compressed by zstd: zstd -dc FILE | esn … - reads it"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "is compressed by xz: xz -dc FILE | esn … - reads it"),
        ("BZh"u8.ToArray(), "is compressed by bzip2: bzip2 -dc FILE | esn … - reads it"),
        ("PK\u0003\u0004"u8.ToArray(), "is a zip archive or a spreadsheet: unpack it, or save the sheet as CSV"),
        ([0xd0, 0xcf, 0x11, 0xe0], "is a spreadsheet: save the sheet as CSV"),
        ("PAR1"u8.ToArray(), "is a Parquet file: write it as CSV, such as by pandas.read_parquet(…).to_csv(…)"),
        ("ARROW1"u8.ToArray(), "is an Arrow file: write it as CSV, such as by pandas.read_feather(…).to_csv(…)"),
    ];

    /// <summary>Opens it.</summary>
    /// <param name="stream">Left to the reader.</param>
    /// <param name="name">For errors.</param>
    /// <exception cref="FeedException">It is no text.</exception>
    public static TextReader Open(System.IO.Stream stream, string name)
    {
        (byte[] head, System.IO.Stream whole) = Peek(stream);
        if (head is [0x1f, 0x8b, ..]) (head, whole) = Peek(new GZipStream(whole, CompressionMode.Decompress));
        foreach ((byte[] begins, string what) in Known)
            if (head.AsSpan().StartsWith(begins)) throw new FeedException($"{name} {what}");
        bool wide = head is [0xff, 0xfe, ..] or [0xfe, 0xff, ..];
        if (!wide && head.AsSpan().Contains((byte)0))
            throw new FeedException($"{name} is a binary file: a text is expected, CSV with a header or JSON, one object a line");
        return new StreamReader(whole, Encoding.UTF8, detectEncodingFromByteOrderMarks: true, 1 << 16);
    }

    static (byte[] Head, System.IO.Stream Whole) Peek(System.IO.Stream stream)
    {
        var head = new byte[Head];
        int length;
        try
        {
            length = stream.ReadAtLeast(head, 6, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw new FeedException($"the file can't be unpacked: {e.Message}");
        }
        head = head[..length];
        return (head, new Behind(head, stream));
    }

    /// <summary>What was read already, and the rest behind it: a pipe can't be wound back.</summary>
    sealed class Behind(byte[] head, System.IO.Stream rest) : System.IO.Stream
    {
        int _at;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_at == head.Length) return rest.Read(buffer);
            int n = Math.Min(buffer.Length, head.Length - _at);
            head.AsSpan(_at, n).CopyTo(buffer);
            _at += n;
            return n;
        }

        public override void Flush() => rest.Flush();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) rest.Dispose();
            base.Dispose(disposing);
        }
    }
}
