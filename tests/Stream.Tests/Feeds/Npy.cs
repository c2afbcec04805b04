using System.Text;
using Esn.Streaming.Wire;

namespace Esn.Stream.Tests;

/// <summary>Writes what numpy.save writes.</summary>
static class Npy
{
    public static string Write(string file, string type, string shape, byte[] data, bool fortran = false)
    {
        string header = $"{{'descr': '{type}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': ({shape}), }}";
        header = header.PadRight((10 + header.Length + 64) / 64 * 64 - 11) + "\n";
        File.WriteAllBytes(file, [0x93, .. "NUMPY"u8, 1, 0, (byte)(header.Length & 255), (byte)(header.Length >> 8),
            .. Encoding.Latin1.GetBytes(header), .. data]);
        return file;
    }

    /// <summary>The frames of <see cref="Waves"/>.</summary>
    public static string Waves(string file) =>
        Write(file, "<f8", $"{Esn.Stream.Tests.Waves.Frames}, {Esn.Stream.Tests.Waves.Rows}, {Esn.Stream.Tests.Waves.Columns}",
        [.. Enumerable.Range(0, Esn.Stream.Tests.Waves.Frames)
            .SelectMany(t => FieldRecord.Encode(Esn.Stream.Tests.Waves.Layout, Esn.Stream.Tests.Waves.Frame(t), DateTime.UnixEpoch,
            wide: true).Value)]);
}
