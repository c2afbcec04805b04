using System.IO.Compression;
using System.Text;
using ZstdSharp;

namespace Esn.Streaming.Feeds;

/// <summary>
/// What a file is by how it begins, not by its name: packed or not, text, Parquet or Arrow. What can't be read is told by what it
/// is.
/// </summary>
static class FeedFormat
{
    const int Head = 4096;
    const double MostControls = .02;  // of the first bytes of a text

    static readonly string[] Packed = [".gz", ".zst", ".zstd"];

    static readonly (byte[] Begins, string Is)[] Others =
    [
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "is compressed by xz: xz -dc FILE | esn … - reads it"),
        ("BZh"u8.ToArray(), "is compressed by bzip2: bzip2 -dc FILE | esn … - reads it"),
        ("PK\u0003\u0004"u8.ToArray(), "is a zip archive or a spreadsheet: unpack it, or save the sheet as CSV"),
        ([0xd0, 0xcf, 0x11, 0xe0], "is a spreadsheet: save the sheet as CSV"),
        ("PAR1"u8.ToArray(), "is a Parquet file, which is read from its end: name the file, a pipe or a packed one will not do"),
        ("ARROW1"u8.ToArray(), "is an Arrow file, which is read from its end: name the file, a pipe or a packed one will not do"),
    ];

    /// <summary>Whether a name says that what is in it is packed.</summary>
    public static bool IsPacked(string file) => Packed.Contains(Path.GetExtension(file).ToLowerInvariant());

    /// <summary>The rows of a file or a pipe.</summary>
    /// <param name="stream">Left to the caller.</param>
    /// <param name="name">For errors.</param>
    /// <exception cref="FeedException">They are none of a feed.</exception>
    public static ITextRows Open(System.IO.Stream stream, string name)
    {
        (byte[] head, System.IO.Stream whole) = Peek(stream, name);
        if (stream.CanSeek && (head.AsSpan().StartsWith("PAR1"u8) || head.AsSpan().StartsWith("ARROW1"u8)))
        {
            stream.Position = 0;
            return head[0] == (byte)'P' ? new ParquetRows(stream, name) : ArrowRows.OfFile(stream, name);
        }
        if (head is [0x1f, 0x8b, ..]) (head, whole) = Peek(new GZipStream(whole, CompressionMode.Decompress), name);
        else if (head is [0x28, 0xb5, 0x2f, 0xfd, ..]) (head, whole) = Peek(new DecompressionStream(whole, leaveOpen: false), name);
        if (head is [0xff, 0xff, 0xff, 0xff, ..]) return ArrowRows.OfStream(whole, name);
        foreach ((byte[] begins, string what) in Others)
            if (head.AsSpan().StartsWith(begins)) throw new FeedException($"{name} {what}");
        bool wide = head is [0xff, 0xfe, ..] or [0xfe, 0xff, ..];
        if (!wide && IsBinary(head))
            throw new FeedException($"{name} is a binary file"
                + (IsTable(name) ? ", and none of Parquet or Arrow whatever its name says" : "")
                + ": a text is expected, CSV with a header or JSON, one object a line");
        var others = new Windows1252();
        var encoding = Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, others);
        return Lines(new LineReader(new StreamReader(whole, encoding, detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16), others),
            name);
    }

    // A text may have a stray one, as of an end that DOS marked; 1 parts the fields of Hive.
    static bool IsBinary(ReadOnlySpan<byte> head)
    {
        int controls = 0;
        foreach (byte one in head) controls += one is 0 ? head.Length : one is > 1 and < 32 and not (>= 7 and <= 13 or 26 or 27) ? 1 : 0;
        return controls > head.Length * MostControls;
    }

    static bool IsTable(string name) => Path.GetExtension(name).ToLowerInvariant() is ".parquet" or ".arrow" or ".feather";

    static ITextRows Lines(LineReader lines, string name)
    {
        int first = 0;
        while (lines.Peek(first) is { } blank && string.IsNullOrWhiteSpace(blank)) first++;
        string line = lines.Peek(first) ?? throw new FeedException($"{name} is empty: a header and rows are expected");
        if (NoRows(line) is { } other) throw new FeedException($"{name} is {other}");
        if (lines.IsTooLong(first))
            throw new FeedException(FormattableString.Invariant(
                $"{name}, line {first + 1}: a line of more than {LineReader.MostCharacters} characters is no row of a feed"));
        return JsonRows.Is(line) ? new JsonRows(lines, name) : new CsvRows(lines, name);
    }

    // What is told by the beginning of its first line, and has no rows.
    static string? NoRows(string line)
    {
        string text = line[..Math.Min(line.Length, Head)].Trim();
        if (text is ['[', .. var inner] && inner.AsSpan().TrimStart() is [] or ['{' or '[', ..])
            return "a JSON array: one object a line is expected, as jq -c '.[]' writes them";
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return "a page of HTML and no data, perhaps one to log in or an error: open it in a browser";
        if (text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase)) return "XML: CSV with a header or JSON, one object a line, is "
            + "expected";
        return text is ['{', ..] && text.Contains("\"resultType\"", StringComparison.Ordinal)
            && text.Contains("\"data\"", StringComparison.Ordinal) && text.Contains("\"result\"", StringComparison.Ordinal)
            ? "an answer of Prometheus, all in one object: jq -c '.data.result[] | (.metric | tostring) as $series | .values[] | "
                + "{timestamp: .[0], value: (.[1] | tonumber), series: $series}' makes one object a line of that of a query_range, and "
                + "--key-column series parts its series"
            : null;
    }

    static (byte[] Head, System.IO.Stream Whole) Peek(System.IO.Stream stream, string name)
    {
        var head = new byte[Head];
        var unpacked = new Unpacked(stream, name);
        head = head[..unpacked.ReadAtLeast(head, 6, throwOnEndOfStream: false)];
        unpacked.GiveBack(head);
        return (head, unpacked);
    }

    /// <summary>A stream that can be given back what was read of it, as a pipe can't be wound back, and tells what is damaged.</summary>
    sealed class Unpacked(System.IO.Stream rest, string name) : System.IO.Stream
    {
        byte[] _back = [];
        int _at;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void GiveBack(byte[] bytes) => (_back, _at) = (bytes, 0);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_at < _back.Length)
            {
                int n = Math.Min(buffer.Length, _back.Length - _at);
                _back.AsSpan(_at, n).CopyTo(buffer);
                _at += n;
                return n;
            }
            try
            {
                return rest.Read(buffer);
            }
            catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException)
            {
                throw new FeedException($"{name} can't be unpacked: {e.Message}");
            }
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
