namespace Esn.Streaming.Demo;

/// <summary>An alarm of the demo.</summary>
/// <param name="Position">Frame at which it opened.</param>
/// <param name="Score">1 = alarm.</param>
/// <param name="Row">Of the hottest region.</param>
/// <param name="Column">Of the hottest region.</param>
/// <param name="Anomaly">What it tells of; null: it is false.</param>
public sealed record FieldDemoAlarm(long Position, double Score, double Row, double Column, FieldDemoAnomaly? Anomaly)
{
    /// <summary>Cells from where it happened; null: that is in no one place.</summary>
    public double? Off => Anomaly is { Row: { } row, Column: { } column }
        ? Math.Sqrt((Row - row) * (Row - row) + (Column - column) * (Column - column)) : null;
}

/// <summary>What was caught, and where it was said to be.</summary>
/// <param name="feed">What happens.</param>
public sealed class FieldDemoReport(FieldDemoFeed feed)
{
    /// <summary>Cells within which a place is right: two radii of what changes.</summary>
    public const double Near = 6.4;

    readonly Lock _lock = new();
    readonly List<FieldDemoAlarm> _alarms = [];

    /// <summary>Alarms so far.</summary>
    public IReadOnlyList<FieldDemoAlarm> Alarms
    {
        get
        {
            lock (_lock) return [.. _alarms];
        }
    }

    /// <summary>Things that have happened.</summary>
    public int Anomalies => feed.Anomalies.Count;

    /// <summary>Those with an alarm.</summary>
    public int Caught => Alarms.Select(alarm => alarm.Anomaly).OfType<FieldDemoAnomaly>().Distinct().Count();

    /// <summary>Alarms of what happens in one place that said so.</summary>
    public (int Right, int All) Places => (Alarms.Count(alarm => alarm.Off <= Near), Alarms.Count(alarm => alarm.Off is not null));

    /// <summary>Alarms without an anomaly.</summary>
    public int FalseAlarms => Alarms.Count(alarm => alarm.Anomaly is null);

    /// <summary>
    /// At least nine tenths caught, four fifths of them where they were, and at most two false alarms in each 2000 frames begun.
    /// </summary>
    /// <param name="frames">Of the feed.</param>
    public bool Good(long frames) => Anomalies > 0 && 10 * Caught >= 9 * Anomalies && 5 * Places.Right >= 4 * Places.All
        && FalseAlarms <= 2 * ((frames + 1999) / 2000);

    /// <summary>An alarm opened.</summary>
    public FieldDemoAlarm Opened(long position, double score, double row, double column)
    {
        FieldDemoAnomaly? anomaly = feed.Anomalies.LastOrDefault(one => one.Start <= position && position < one.Start
            + FieldDemoFeed.Length + FieldDemoFeed.Settles);
        var alarm = new FieldDemoAlarm(position, score, row, column, anomaly);
        lock (_lock) _alarms.Add(alarm);
        return alarm;
    }
}
