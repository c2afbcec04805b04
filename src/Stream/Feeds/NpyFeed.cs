using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>
/// An array that NumPy saved: [steps, rows, columns] or [steps, fields, rows, columns] of little-endian fp32 or fp64, in C order.
/// It holds no times: step i is of second i since 1970.
/// </summary>
sealed partial class NpyFeed : FieldFeed
{
    static readonly byte[] Magic = [0x93, .. "NUMPY"u8];

    readonly FileStream _stream;

    public NpyFeed(string file) : base(file)
    {
        _stream = File.OpenRead(file);
        try
        {
            (string type, long[] shape) = Header();
            IsWide = type == "f8";
            long fields = shape.Length == 4 ? shape[1] : 1;
            if (shape[^1] is < 1 or > 10_000 || shape[^2] is < 1 or > 10_000 || fields is < 1 or > 100 || shape[0] is < 1 or > int.MaxValue)
                throw new FeedException($"{file}: its shape is ({string.Join(", ", shape)}): (steps, rows, columns) of at most 10000 "
                    + $"cells a side are expected, or (steps, fields, rows, columns)");
            (Layout, Count) = (new FieldLayout((int)fields, (int)shape[^2], (int)shape[^1]), (int)shape[0]);
            long expected = _stream.Position + (long)Layout.Values * Count * (IsWide ? 8 : 4);
            if (_stream.Length < expected)
                throw new FeedException($"{file} is cut off: its header says ({string.Join(", ", shape)}) of {type}, which makes "
                    + $"{expected} bytes, it has {_stream.Length}");
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    public override IEnumerable<FieldFrame> Frames()
    {
        int size = IsWide ? sizeof(double) : sizeof(float);
        var bytes = new byte[Layout.Values * size];
        for (int t = 0; t < Count; t++)
        {
            _stream.ReadExactly(bytes);
            var values = new double[Layout.Values];
            for (int i = 0; i < values.Length; i++)
                values[i] = IsWide ? BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(i * size))
                    : BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * size));
            yield return new FieldFrame(t, DateTime.UnixEpoch.AddSeconds(t), values);
        }
    }

    private protected override void Dispose(bool disposing) => _stream.Dispose();

    (string Type, long[] Shape) Header()
    {
        var start = new byte[8];
        if (_stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length
            || !start.AsSpan(0, Magic.Length).SequenceEqual(Magic))
            throw new FeedException($"{Name} is no npy file: it does not begin with \\x93NUMPY");
        var length = new byte[start[6] == 1 ? 2 : 4];
        _stream.ReadExactly(length);
        long count = length.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(length) : BinaryPrimitives.ReadUInt32LittleEndian(length);
        if (count > Math.Min(_stream.Length - _stream.Position, 1 << 20)) throw new FeedException($"{Name} is cut off within its header");
        var text = new byte[count];
        _stream.ReadExactly(text);
        string header = Encoding.Latin1.GetString(text);
        Match type = Descr().Match(header), shape = Shape().Match(header);
        if (!type.Success || !shape.Success) throw new FeedException($"{Name}: its header can't be read: {header.Trim()}");
        if (type.Groups[1].Value is not ("<f4" or "<f8"))
            throw new FeedException($"{Name}: its numbers are {type.Groups[1].Value}, <f4 or <f8 is expected: numpy.save(file, "
                + $"array.astype('<f4')) makes them so");
        if (Fortran().IsMatch(header))
            throw new FeedException($"{Name} is in Fortran order: numpy.save(file, numpy.ascontiguousarray(array)) makes it one in C "
                + $"order");
        long[] sides = [.. shape.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(side => long.Parse(side, CultureInfo.InvariantCulture))];
        return sides.Length is 3 or 4 ? (type.Groups[1].Value[1..], sides)
            : throw new FeedException($"{Name}: its shape is ({string.Join(", ", sides)}), (steps, rows, columns) or (steps, fields, "
                + $"rows, columns) is expected");
    }

    [GeneratedRegex(@"'descr':\s*'([^']+)'")]
    private static partial Regex Descr();

    [GeneratedRegex(@"'shape':\s*\(([0-9,\s]*)\)")]
    private static partial Regex Shape();

    [GeneratedRegex(@"'fortran_order':\s*True")]
    private static partial Regex Fortran();
}
