using Esn.Streaming.Wire;

namespace Esn.Streaming.Backtest;

/// <summary>A frame of a film.</summary>
/// <param name="Index">Step of the feed.</param>
/// <param name="Time">Feed time.</param>
/// <param name="Score">1 = alarm.</param>
/// <param name="InAlarm">An alarm is open.</param>
/// <param name="Observed">[fields×rows×columns] of the film, NaN on land.</param>
/// <param name="Expected">The same; NaN while nothing is expected.</param>
public sealed record FilmFrame(long Index, DateTime Time, double Score, bool InAlarm, float[] Observed, float[] Expected);

/// <summary>
/// A feed of fields as a person looks at it: some of its frames, evenly spread, and more of them where alarms open. Bounded in
/// size, however long the feed and however large the field.
/// </summary>
public sealed class FieldFilm
{
    const int MostFrames = 120, MostOpening = 80, OpeningFrames = 6, MostSide = 180, MostFields = 3;

    readonly List<FilmFrame> _even = [], _openings = [];
    readonly GridSpec _grid;
    readonly int _every;
    long _stride = 1, _opening;

    /// <param name="grid">Of the feed.</param>
    public FieldFilm(GridSpec grid)
    {
        _grid = grid;
        _every = (Math.Max(grid.Rows, grid.Columns) + MostSide - 1) / MostSide;
        (Rows, Columns, Fields) = ((grid.Rows + _every - 1) / _every, (grid.Columns + _every - 1) / _every,
            Math.Min(MostFields, grid.Fields));
    }

    /// <summary>Of the film: one cell of some, where the field is large.</summary>
    public int Rows { get; }

    /// <summary>Of the film.</summary>
    public int Columns { get; }

    /// <summary>Quantities that are kept, the first ones.</summary>
    public int Fields { get; }

    /// <summary>Whether the last row is drawn at the top.</summary>
    public bool NorthUp => FieldPicture.NorthUp(_grid);

    /// <summary>What was kept, in order.</summary>
    public IReadOnlyList<FilmFrame> Frames => [.. _even.Concat(_openings).DistinctBy(frame => frame.Index).OrderBy(frame => frame.Index)];

    /// <summary>Takes a frame.</summary>
    public void Add(long index, DateTime time, in StepResult result, ReadOnlySpan<double> observed, ReadOnlySpan<double> expected)
    {
        bool opened = result.Alarm is { Change: AlarmChange.Opened };
        if (opened) _opening = OpeningFrames;
        bool even = index % _stride == 0, opening = _opening-- > 0 && _openings.Count < MostOpening;
        if (!even && !opening) return;
        var frame = new FilmFrame(index, time, result.Score, result.AlarmOpen, Kept(observed), Kept(expected));
        if (opening) _openings.Add(frame);
        if (!even) return;
        _even.Add(frame);
        if (_even.Count <= MostFrames) return;
        _stride *= 2;
        _even.RemoveAll(kept => kept.Index % _stride != 0);
    }

    float[] Kept(ReadOnlySpan<double> values)
    {
        var kept = new float[Fields * Rows * Columns];
        for (int i = 0; i < kept.Length; i++)
        {
            (int field, int row, int column) = (i / (Rows * Columns), i / Columns % Rows * _every, i % Columns * _every);
            int cell = row * _grid.Columns + column;
            kept[i] = _grid.Land.Count > 0 && _grid.Land[cell] ? float.NaN : (float)values[field * _grid.Cells + cell];
        }
        return kept;
    }
}
