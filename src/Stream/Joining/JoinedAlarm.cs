using Esn.Streaming.Wire;

namespace Esn.Streaming.Joining;

/// <summary>Alarms of neighbouring tiles that overlap in feed time: one alarm of the field.</summary>
sealed class JoinedAlarm
{
    readonly Dictionary<string, TileEvent> _last = [];  // of each tile's alarm

    /// <param name="first">Names it.</param>
    public JoinedAlarm(TileEvent first) => (Id, Field, Topic, Severity) = (first.Alarm, first.Tile.Field, first.Topic, first.Severity);

    /// <summary>That of the tile's alarm with which it began.</summary>
    public string Id { get; }

    /// <summary>The field's name.</summary>
    public string Field { get; }

    string Topic { get; }

    /// <summary>The highest so far.</summary>
    public Severity Severity { get; private set; }

    /// <summary>Whether a tile's alarm is open.</summary>
    public bool Open => _last.Values.Any(one => one.Open);

    /// <summary>Feed time at which the first of them began.</summary>
    public DateTime Start => _last.Values.Min(one => one.Start);

    /// <summary>Whether it holds this alarm of a tile.</summary>
    public bool Holds(TileEvent one) => _last.ContainsKey(one.Alarm);

    /// <summary>Whether the alarm of a tile belongs to it: that of a neighbour, or of the same tile, at the same time.</summary>
    public bool Meets(TileEvent one) => _last.Values.Any(other => Place(other).Touches(Place(one))
        && (other.Open || one.Start <= other.Time) && (one.Open || other.Start <= one.Time));

    static FieldTilePlace Place(TileEvent one) =>
        new(one.Tile.Row, one.Tile.Column, one.Tile.Rows, one.Tile.Columns, one.Tile.Top, one.Tile.Left);

    /// <summary>Takes a change of one of its alarms.</summary>
    /// <returns>Whether it is more severe than it was.</returns>
    public bool Take(TileEvent one)
    {
        _last[one.Alarm] = one;
        bool escalates = one.Severity > Severity;
        if (escalates) Severity = one.Severity;
        return escalates;
    }

    /// <summary>Takes all alarms of another one.</summary>
    public void Absorb(JoinedAlarm other)
    {
        foreach (TileEvent one in other._last.Values) Take(one);
    }

    /// <summary>What is told of it.</summary>
    /// <param name="change">Of this alarm.</param>
    /// <param name="time">Feed time of the change.</param>
    /// <param name="into">The alarm that it has become a part of; null: none.</param>
    public AnomalyCloudEvent.AnomalyData Data(AlarmChange change, DateTime time, string? into)
    {
        TileEvent peak = _last.Values.MaxBy(one => one.PeakScore)!, newest = _last.Values.MaxBy(one => one.Time)!;
        bool ended = change is AlarmChange.Closed or AlarmChange.Adapted;
        return new AnomalyCloudEvent.AnomalyData(Field, Topic, Id, Words.Of(change), FeedTime.Write(time), -1, FeedTime.Write(Start), -1,
            FeedTime.Write(peak.Peak), -1, ended ? FeedTime.Write(time) : null, newest.Score, peak.PeakScore, newest.Normality,
                Words.Of(Severity),
            [], [], [], [], null, null, null, Map()) { Into = into };
    }

    // The box around all tiles; the newest map of each, 0 where no tile of the alarm is.
    FieldEventData Map()
    {
        TileEvent[] tiles = [.. _last.Values.GroupBy(one => one.Stream).Select(alarms => alarms.MaxBy(one => one.Time)!)
            .OrderBy(one => one.Stream, StringComparer.Ordinal)];
        int top = tiles.Min(one => one.Tile.Row), left = tiles.Min(one => one.Tile.Column);
        int rows = tiles.Max(one => one.Tile.Row + one.Tile.Rows) - top,
            columns = tiles.Max(one => one.Tile.Column + one.Tile.Columns) - left;
        var heat = new float[rows * columns];
        foreach (TileEvent one in tiles)
            for (int i = 0; i < (one.Heat?.Length ?? 0); i++)
                heat[(one.Tile.Row - top + i / one.Tile.Columns) * columns + one.Tile.Column - left + i % one.Tile.Columns] = one.Heat![i];
        var grid = new GridSpec
        {
            Rows = rows, Columns = columns,
            Latitudes = Degrees(tiles, rows, one => (one.Tile.Latitudes, one.Tile.Row - top, one.Tile.Rows)),
            Longitudes = Degrees(tiles, columns, one => (one.Tile.Longitudes, one.Tile.Column - left, one.Tile.Columns)),
        };
        FieldEvidence evidence = FieldEvidence.Of(heat, rows, columns, tiles.Max(one => one.Frames));
        bool complete = Array.TrueForAll(tiles, one => one.Heat is not null);
        FieldMap map = FieldMap.Of(evidence, FieldMap.MostInline);
        FieldEventData data = FieldEventData.Of(evidence, grid, !complete ? null
            : new MapEventData("float32", map.Rows, map.Columns, map.Every, Convert.ToBase64String(FieldRecord.Bytes(map.Heat)), null));
        return data with
        {
            Row = data.Row + top, Column = data.Column + left, Top = top, Left = left, Tiles = [.. tiles.Select(one => one.Stream)],
            Regions = complete ? [.. data.Regions.Select(region => Moved(region, top, left))] : [],
        };
    }

    static RegionEventData Moved(RegionEventData region, int top, int left) => region with
    {
        Row = region.Row + top, Column = region.Column + left,
        Box = region.Box with { Top = region.Box.Top + top, Bottom = region.Box.Bottom + top, Left = region.Box.Left + left,
            Right = region.Box.Right + left },
        Peak = region.Peak with { Row = region.Peak.Row + top, Column = region.Peak.Column + left },
    };

    // Of each row or column by a straight line between the ends of the tiles that have it; none where one is not known.
    static double[] Degrees(TileEvent[] tiles, int count, Func<TileEvent, (IReadOnlyList<double>? Ends, int First, int Count)> of)
    {
        double[] degrees = [.. Enumerable.Repeat(double.NaN, count)];
        foreach (TileEvent tile in tiles)
        {
            (IReadOnlyList<double>? ends, int first, int own) = of(tile);
            if (ends is not { Count: 2 }) return [];
            for (int i = 0; i < own; i++) degrees[first + i] = own == 1 ? ends[0] : ends[0] + (ends[1] - ends[0]) * i / (own - 1);
        }
        return Array.Exists(degrees, double.IsNaN) ? [] : degrees;
    }
}
