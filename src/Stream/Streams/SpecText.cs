using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Streams;

/// <summary>A model's specification as it goes into a snapshot: all of its keys, packed, so that what was learnt can be gone on
/// with.</summary>
static class SpecText
{
    const int Longest = 1 << 24;

    // A fleet shares its specification.
    static readonly ConditionalWeakTable<ModelSpec, byte[]> Packed = [];

    /// <summary>All of it; what a stream's first frame says of its grid is left out.</summary>
    public static ReadOnlyMemory<byte> Of(ModelSpec model) => Packed.GetValue(model, Pack);

    /// <summary>What was packed, for frames of such a grid.</summary>
    /// <param name="packed">As <see cref="Of"/> gave it.</param>
    /// <param name="grid">Of the stream; null: its frames are no fields.</param>
    /// <exception cref="InvalidDataException">It is no specification that this program knows.</exception>
    public static ModelSpec Read(ReadOnlyMemory<byte> packed, GridSpec? grid)
    {
        try
        {
            using var unpacked = new MemoryStream();
            using (var from = new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress))
            {
                var piece = new byte[1 << 16];
                for (int read; (read = from.Read(piece)) > 0;)
                {
                    unpacked.Write(piece.AsSpan(0, read));
                    if (unpacked.Length > Longest) throw new InvalidDataException("it is longer than any specification");
                }
            }
            ModelSpec model = ConfigFile.Parse(Encoding.UTF8.GetString(unpacked.ToArray()), "the snapshot", _ => null).Detector;
            return grid is null ? model : model.ForGrid(grid);
        }
        catch (Exception e) when (e is ConfigException or InvalidDataException or ArgumentException)
        {
            throw new InvalidDataException($"the specification in the snapshot can't be read: {e.Message}", e);
        }
    }

    static byte[] Pack(ModelSpec model)
    {
        // Any preset of the kind will do: every key is written.
        string preset = Presets.Names.First(name => Presets.Of(name).GetType() == model.GetType());
        using var packed = new MemoryStream();
        using (var to = new GZipStream(packed, CompressionLevel.SmallestSize))
            to.Write(Encoding.UTF8.GetBytes(ConfigText.Of(preset, model.WithoutGrid(), comments: false)));
        return packed.ToArray();
    }
}
