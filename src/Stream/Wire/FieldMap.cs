namespace Esn.Streaming.Wire;

/// <summary>The heat map of an alarm as it is published: as it is, or where it would be too large, the hottest of several cells.</summary>
/// <param name="Rows">Of the map.</param>
/// <param name="Columns">Of the map.</param>
/// <param name="Every">Cells of the field, in each direction, that one of the map stands for; 1: all are there.</param>
/// <param name="Heat">[rows×columns].</param>
public sealed record FieldMap(int Rows, int Columns, int Every, IReadOnlyList<float> Heat)
{
    /// <summary>Bytes of a map that stands in its event, in base64; a larger one goes to a topic of its own.</summary>
    public const int MostInline = 16 * 1024;

    /// <summary>Bytes of its numbers.</summary>
    public int Bytes => sizeof(float) * Heat.Count;

    /// <summary>Whether the map of an event that may have so many bytes stands in the event itself.</summary>
    /// <param name="evidence">Of the alarm.</param>
    /// <param name="most">Bytes that the event's data may take.</param>
    public static bool IsInline(FieldEvidence evidence, int most) =>
        4 * (sizeof(float) * evidence.Heat.Count / 3 + 1) <= Math.Min(MostInline, most / 2);

    /// <summary>The map in at most so many bytes.</summary>
    /// <param name="evidence">Of the alarm.</param>
    /// <param name="most">≥ 4.</param>
    public static FieldMap Of(FieldEvidence evidence, int most)
    {
        var map = new FieldMap(evidence.Rows, evidence.Columns, 1, evidence.Heat);
        for (int every = 2; map.Bytes > most; every *= 2) map = Coarser(evidence, every);
        return map;
    }

    static FieldMap Coarser(FieldEvidence evidence, int every)
    {
        int rows = (evidence.Rows + every - 1) / every, columns = (evidence.Columns + every - 1) / every;
        var heat = new float[rows * columns];
        for (int i = 0; i < evidence.Heat.Count; i++)
        {
            int at = i / evidence.Columns / every * columns + i % evidence.Columns / every;
            heat[at] = Math.Max(heat[at], evidence.Heat[i]);
        }
        return new FieldMap(rows, columns, every, heat);
    }
}
