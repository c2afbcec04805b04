using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace Esn.Streaming.Wire;

/// <summary>
/// A field as an Arrow IPC stream of one record batch of one row, as pyarrow.fixed_shape_tensor has it: each column is a quantity, its
/// value a list of fixed size whose numbers are the cells, the first row first.
/// </summary>
static class ArrowField
{
    /// <summary>What the header content-type says of such a record.</summary>
    public const string ContentType = "application/vnd.apache.arrow.stream";

    const string Extension = "ARROW:extension:name", ExtensionData = "ARROW:extension:metadata", Tensor = "arrow.fixed_shape_tensor";
    const string Expected = "an IPC stream of one record batch of one row is expected, whose columns are fixed-shape tensors of float32 "
        + "or float64";

    /// <summary>The field in a record's value; NaN where a number is null.</summary>
    /// <exception cref="FrameDecoder.Rejected">It is no such stream.</exception>
    public static (double[] Values, FieldLayout Layout) Decode(byte[] value)
    {
        try
        {
            using var reader = new ArrowStreamReader(value);
            using RecordBatch? batch = reader.ReadNextRecordBatch();
            if (batch is not { Length: 1, ColumnCount: > 0 })
                throw Wrong($"it has {(batch is null ? "no record batch"
                    : FormattableString.Invariant($"{batch.Length} rows of {batch.ColumnCount} columns"))}");
            var (names, values) = (new List<string>(), new List<double>());
            int[]? shape = null;
            for (int i = 0; i < batch.ColumnCount; i++)
            {
                Field column = batch.Schema.GetFieldByIndex(i);
                int[] own = ShapeOf(column);
                if (shape is not null && !own.SequenceEqual(shape))
                    throw Wrong($"column {column.Name} is {string.Join('×', own)}, column {names[0]} {string.Join('×', shape)}: all have "
                        + $"the same grid");
                shape = own;
                names.Add(column.Name);
                Add(column, batch.Column(i), own[0] * own[1], values);
            }
            return ([.. values], new FieldLayout(names.Count, shape![0], shape[1]) { Names = names });
        }
        // The reader tells what is wrong with bytes by exceptions of all kinds.
        catch (Exception e) when (e is not FrameDecoder.Rejected and not OutOfMemoryException)
        {
            throw Wrong($"it can't be read: {e.Message.TrimEnd('.')}");
        }
    }

    static int[] ShapeOf(Field column)
    {
        if (column.DataType is not FixedSizeListType list || column.Metadata?.GetValueOrDefault(Extension) != Tensor
            || column.Metadata.GetValueOrDefault(ExtensionData) is not { } said)
            throw Wrong($"column {column.Name} is {column.DataType.Name}");
        using JsonDocument document = JsonDocument.Parse(said);
        if (document.RootElement.TryGetProperty("permutation", out JsonElement order)
            && order.EnumerateArray().Select((at, i) => at.GetInt32() != i).Any(moved => moved))
            throw Wrong($"column {column.Name} is permuted: rows come first, then columns");
        int[] shape = [.. document.RootElement.GetProperty("shape").EnumerateArray().Select(side => side.GetInt32())];
        return shape.Length == 2 && shape[0] > 0 && shape[1] > 0 && (long)shape[0] * shape[1] == list.ListSize ? shape
            : throw Wrong($"column {column.Name} has the shape {string.Join('×', shape)} in {list.ListSize} numbers: rows×columns is "
                + $"expected");
    }

    static void Add(Field column, IArrowArray array, int cells, List<double> to)
    {
        if (array.IsNull(0)) throw Wrong($"column {column.Name} is null");
        IArrowArray numbers = ((FixedSizeListArray)array).Values;
        for (int i = 0; i < cells; i++)
            to.Add(numbers switch
            {
                DoubleArray wide => wide.GetValue(i) ?? double.NaN,
                FloatArray narrow => narrow.GetValue(i) ?? double.NaN,
                _ => throw Wrong($"column {column.Name} holds {numbers.Data.DataType.Name}"),
            });
    }

    static FrameDecoder.Rejected Wrong(string what) =>
        new(Rejection.BadHeader, $"the value is no field of {ContentType}: {what}; {Expected}");
}
