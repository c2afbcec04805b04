using System.Buffers.Binary;

namespace Esn.Streaming.Streams;

/// <summary>A grid as bytes of a snapshot: a stream of fields knows its own from its first frame alone.</summary>
static class GridState
{
    const int Numbers = 6 * sizeof(int);  // fields, rows, columns, cells that may be land, latitudes, longitudes

    /// <summary>All of it; nothing where there is none.</summary>
    public static byte[] Save(GridSpec? grid)
    {
        if (grid is null) return [];
        int[] numbers = [grid.Fields, grid.Rows, grid.Columns, grid.Land.Count, grid.Latitudes.Count, grid.Longitudes.Count];
        var state = new byte[Numbers + grid.Land.Count + sizeof(double) * (grid.Latitudes.Count + grid.Longitudes.Count)];
        for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(state.AsSpan(i * sizeof(int)), numbers[i]);
        for (int i = 0; i < grid.Land.Count; i++) state[Numbers + i] = grid.Land[i] ? (byte)1 : (byte)0;
        int at = Numbers + grid.Land.Count;
        foreach (double degrees in grid.Latitudes.Concat(grid.Longitudes))
        {
            BinaryPrimitives.WriteDoubleLittleEndian(state.AsSpan(at), degrees);
            at += sizeof(double);
        }
        return state;
    }

    /// <summary>What was saved; null: nothing was.</summary>
    /// <exception cref="InvalidDataException">These bytes are no grid.</exception>
    public static GridSpec? Load(ReadOnlySpan<byte> state)
    {
        if (state.IsEmpty) return null;
        if (state.Length < Numbers) throw new InvalidDataException($"{state.Length} bytes are no grid");
        var numbers = new int[6];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(state[(i * sizeof(int))..]);
        if (Array.Exists(numbers, number => number is < 0 or > 1_000_000_000)
            || state.Length != Numbers + numbers[3] + sizeof(double) * ((long)numbers[4] + numbers[5]))
            throw new InvalidDataException($"{state.Length} bytes are no grid of {numbers[1]}×{numbers[2]} cells");
        var degrees = new double[numbers[4] + numbers[5]];
        for (int i = 0; i < degrees.Length; i++)
            degrees[i] = BinaryPrimitives.ReadDoubleLittleEndian(state[(Numbers + numbers[3] + i * sizeof(double))..]);
        return new GridSpec
        {
            Fields = numbers[0], Rows = numbers[1], Columns = numbers[2],
            Land = [.. state.Slice(Numbers, numbers[3]).ToArray().Select(land => land != 0)],
            Latitudes = degrees[..numbers[4]], Longitudes = degrees[numbers[4]..],
        };
    }
}
