using Esn.Streaming.Wire;

namespace Esn.Streaming.Feeds;

/// <summary>A timestep of a field in a file.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Time">UTC; step i of a file without times is of second i since 1970.</param>
/// <param name="Values">[fields×rows×columns], NaN where there is no value.</param>
public sealed record FieldFrame(long Index, DateTime Time, double[] Values);

/// <summary>Fields in a file, read step by step: netCDF-4 and HDF5, or NumPy's npy.</summary>
public abstract class FieldFeed : IDisposable
{
    static readonly string[] Endings = [".nc", ".nc4", ".cdf", ".h5", ".hdf5", ".npy"];

    private protected FieldFeed(string file) => Name = file;

    /// <summary>Path of the file.</summary>
    public string Name { get; }

    /// <summary>The stream's name: that of the file, without folders and ending.</summary>
    public string Stream => Path.GetFileNameWithoutExtension(Name);

    /// <summary>Of every frame.</summary>
    public FieldLayout Layout { get; private protected init; } = new(1, 1, 1);

    /// <summary>Steps of the file.</summary>
    public int Count { get; private protected init; }

    /// <summary>Whether its numbers need double precision.</summary>
    public bool IsWide { get; private protected init; }

    /// <summary>Whether a file is one of fields, by its ending.</summary>
    public static bool Is(string file) => Endings.Contains(Path.GetExtension(file).ToLowerInvariant());

    /// <summary>Opens a file.</summary>
    /// <param name="file">A path.</param>
    /// <param name="variables">Quantities, all on the same grid; empty: the only one of the file.</param>
    /// <exception cref="FeedException">Not there, not readable, cut off, or without such variables; it names those that are
    /// there.</exception>
    public static FieldFeed Open(string file, IReadOnlyList<string> variables)
    {
        if (Directory.Exists(file)) throw new FeedException($"{file} is a folder: name its files");
        if (!File.Exists(file)) throw new FeedException($"there is no file {file}");
        try
        {
            return Path.GetExtension(file).Equals(".npy", StringComparison.OrdinalIgnoreCase)
                ? variables.Count == 0 ? new NpyFeed(file) : throw new FeedException($"{file}: an npy file has no names, leave --var out")
                : NetCdfFeed.OpenFile(file, variables);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FeedException($"can't read {file}: {e.Message}");
        }
    }

    /// <summary>All steps in their order. Once.</summary>
    /// <exception cref="FeedException">A step can't be read.</exception>
    public abstract IEnumerable<FieldFrame> Frames();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private protected abstract void Dispose(bool disposing);
}
