using Esn.Streaming.Streams;

namespace Esn.Streaming.Board;

/// <summary>What a stream of fields is like.</summary>
/// <param name="Names">Of its fields; where they have none, their numbers.</param>
/// <param name="Rows">Of the grid.</param>
/// <param name="Columns">Of the grid.</param>
public sealed record FieldShape(IReadOnlyList<string> Names, int Rows, int Columns);

/// <summary>A picture of numbers on a grid, in 255 steps.</summary>
/// <param name="Low">Number of step 0, in units of the feed; NaN: there is no number.</param>
/// <param name="High">Number of step 254.</param>
/// <param name="Steps">[rows × columns], row by row, in base64; 255: land, or nothing is known.</param>
public sealed record FieldLayer(double Low, double High, byte[] Steps)
{
    const byte None = 255;

    /// <summary>From numbers, NaN where there are none.</summary>
    /// <param name="numbers">[rows × columns].</param>
    /// <param name="low">Of step 0.</param>
    /// <param name="high">Of step 254.</param>
    internal static FieldLayer Of(double[] numbers, double low, double high)
    {
        double unit = high > low ? 254 / (high - low) : 0;
        return new FieldLayer(low, high, [.. numbers.Select(number =>
            double.IsNaN(number) ? None : (byte)Math.Clamp(Math.Round((number - low) * unit), 0, 254))]);
    }
}

/// <summary>The last frame of a stream of fields: what came, what was expected, and by how much it differs.</summary>
/// <param name="Shape">Of the stream.</param>
/// <param name="Field">Which of its fields.</param>
/// <param name="Position">Step.</param>
/// <param name="Time">Feed time.</param>
/// <param name="Rows">Of the pictures.</param>
/// <param name="Columns">Of the pictures.</param>
/// <param name="Cells">Rows and columns of the field that make one of the pictures; above 1 where the field is too large.</param>
/// <param name="Observed">What came; the mean of the cells that make one.</param>
/// <param name="Expected">What was expected, on the same scale; the mean.</param>
/// <param name="Error">What came less what was expected, from −e to e; the largest of the cells that make one.</param>
public sealed record FieldView(FieldShape Shape, int Field, long Position, DateTime Time, int Rows, int Columns, int Cells,
    FieldLayer Observed, FieldLayer Expected, FieldLayer Error)
{
    /// <summary>What is to come, on the scale of what came; null: none was made yet.</summary>
    public FieldLayer? Ahead { get; init; }

    /// <summary>Step of the last frame before that; null: there is none.</summary>
    public long? AheadFrom { get; init; }

    /// <summary>How many frames after that one it is to come.</summary>
    public int AheadSteps { get; init; }

    /// <summary>Of a frame; null: it is no field, or has not so many.</summary>
    /// <param name="frame">As it was scored.</param>
    /// <param name="field">Which of its fields, from 0.</param>
    /// <param name="next">What is to come; null: it is not known.</param>
    internal static FieldView? Of(in ScoredFrame frame, int field, FieldAhead? next = null)
    {
        if (ShapeOf(frame) is not { } shape || field < 0 || field >= shape.Names.Count) return null;
        GridSpec grid = frame.Grid!;
        int size = (Math.Max(grid.Rows, grid.Columns) + AlarmBook.MostCells - 1) / AlarmBook.MostCells;
        int rows = (grid.Rows + size - 1) / size, columns = (grid.Columns + size - 1) / size, cells = grid.Rows * grid.Columns;
        ReadOnlySpan<double> came = frame.Frame.Values.AsSpan(field * cells, cells),
            foreseen = frame.Expected.Span.Slice(field * cells, cells),
            coming = next is null ? foreseen : next.Values.AsSpan(field * cells, cells);
        double[] observed = new double[rows * columns], expected = new double[rows * columns], error = new double[rows * columns],
            ahead = new double[rows * columns];
        var counts = new int[rows * columns];
        for (int i = 0; i < cells; i++)
        {
            if (grid.Land.Count > 0 && grid.Land[i]) continue;
            int at = i / grid.Columns / size * columns + i % grid.Columns / size;
            counts[at]++;
            observed[at] += came[i];
            expected[at] += foreseen[i];  // NaN while the scaling is not fixed
            ahead[at] += coming[i];
            if (!(Math.Abs(came[i] - foreseen[i]) <= Math.Abs(error[at]))) error[at] = came[i] - foreseen[i];
        }
        for (int at = 0; at < counts.Length; at++)
        {
            observed[at] /= counts[at];
            expected[at] /= counts[at];
            ahead[at] /= counts[at];
            if (counts[at] == 0) error[at] = double.NaN;
        }
        (double low, double high) = Range([.. observed, .. expected, .. ahead]);
        (double least, double most) = Range(error);
        double reach = Math.Max(Math.Abs(least), Math.Abs(most));
        return new FieldView(shape, field, frame.Result.Position, frame.Frame.Time, rows, columns, size,
            FieldLayer.Of(observed, low, high), FieldLayer.Of(expected, low, high), FieldLayer.Of(error, -reach, reach))
        {
            Ahead = next is null ? null : FieldLayer.Of(ahead, low, high), AheadFrom = next?.From, AheadSteps = next?.Steps ?? 0,
        };
    }

    /// <summary>What a stream of fields is like; null: it is of no fields.</summary>
    internal static FieldShape? ShapeOf(in ScoredFrame frame)
    {
        if (frame.Grid is not { } grid) return null;
        IReadOnlyList<string> names = frame.Frame.Field?.Names ?? [];
        return new FieldShape([.. Enumerable.Range(0, grid.Fields)
            .Select(i => i < names.Count ? names[i] : FormattableString.Invariant($"{i}"))],
            grid.Rows, grid.Columns);
    }

    static (double Low, double High) Range(double[] numbers)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double number in numbers)
            if (!double.IsNaN(number)) (low, high) = (Math.Min(low, number), Math.Max(high, number));
        return low <= high ? (low, high) : (double.NaN, double.NaN);
    }
}
