using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Joining;

/// <summary>A change in the life of a tile's alarm, read from the topic of events.</summary>
/// <param name="Id">Its ce_id.</param>
/// <param name="Stream">The tile's stream.</param>
/// <param name="Topic">That the stream's records come from.</param>
/// <param name="Alarm">Of the tile: the same for its whole life.</param>
/// <param name="Change">Opened, updated, ….</param>
/// <param name="Severity">As the event says it.</param>
/// <param name="Time">Feed time of the change.</param>
/// <param name="Start">Feed time at which the alarm began.</param>
/// <param name="Peak">Feed time of its highest score.</param>
/// <param name="PeakScore">1 = alarm.</param>
/// <param name="Score">Of the frame of the change.</param>
/// <param name="Normality">Of that frame.</param>
/// <param name="Frames">Since the onset that the map is of.</param>
/// <param name="Tile">Where it lies.</param>
/// <param name="Heat">Of its own cells, [rows×columns]; null: the event holds no map.</param>
public sealed record TileEvent(string Id, string Stream, string Topic, string Alarm, AlarmChange Change, Severity Severity, DateTime Time,
    DateTime Start, DateTime Peak, double PeakScore, double Score, double Normality, int Frames, TileEventData Tile, float[]? Heat)
{
    /// <summary>Whether the alarm is open after it.</summary>
    public bool Open => Change is not (AlarmChange.Closed or AlarmChange.Adapted);

    /// <summary>Offset of the record that brought the change: a repeat has one that was there before.</summary>
    public long Offset => Id.Split('/') is [.., var offset, _]
        && long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out long at) ? at : -1;

    /// <summary>From an event; null: it is none of a tile.</summary>
    /// <param name="id">Its ce_id.</param>
    /// <param name="value">Its data.</param>
    /// <exception cref="JsonException">It is no event of ours.</exception>
    public static TileEvent? Read(string id, ReadOnlySpan<byte> value)
    {
        AnomalyCloudEvent.AnomalyData data = JsonSerializer.Deserialize<AnomalyCloudEvent.AnomalyData>(value, AnomalyCloudEvent.Layout)
            ?? throw new JsonException("null is no event");
        if (data.Field?.Tile is not { } tile) return null;
        return new TileEvent(id, data.Stream, data.Topic, data.Alarm, Word<AlarmChange>(data.Change), Word<Severity>(data.Severity),
            At(data.Time),
            At(data.Start), At(data.Peak), data.PeakScore, data.Score, data.Normality, data.Field.Frames, tile, Own(data.Field, tile));
    }

    static T Word<T>(string text) where T : struct, Enum =>
        Array.Find(Enum.GetValues<T>(), value => Words.Of(value) == text) is var found && Words.Of(found) == text ? found
            : throw new JsonException($"'{text}' is none of {string.Join(", ", Enum.GetValues<T>().Select(value => Words.Of(value)))}");

    static DateTime At(string text) => FeedTime.Parse(text) ?? throw new JsonException($"'{text}' is no time");

    // The map has the halo as well: there a neighbour's model speaks.
    static float[]? Own(FieldEventData field, TileEventData tile)
    {
        if (field.Map is not { Data: { } text, Every: 1 } map) return null;
        byte[] bytes = Convert.FromBase64String(text);
        (int down, int right) = (tile.Row - tile.Top, tile.Column - tile.Left);
        if (bytes.Length != sizeof(float) * map.Rows * map.Columns || down < 0 || right < 0 || down + tile.Rows > map.Rows || right
            + tile.Columns > map.Columns)
            throw new JsonException($"a map of {map.Rows}×{map.Columns} cells in {bytes.Length} bytes does not hold the tile's "
                + $"{tile.Rows}×{tile.Columns}");
        var own = new float[tile.Rows * tile.Columns];
        for (int i = 0; i < own.Length; i++)
        {
            int at = (down + i / tile.Columns) * map.Columns + right + i % tile.Columns;
            own[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(sizeof(float) * at));
        }
        return own;
    }
}
