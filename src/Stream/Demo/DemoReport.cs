namespace Esn.Streaming.Demo;

/// <summary>Which anomalies of the demo were caught, and which alarms were false.</summary>
public sealed class DemoReport
{
    /// <summary>Steps after an anomaly's beginning within which an alarm counts as its.</summary>
    public const int Within = DemoFeed.AnomalySteps + 25;

    readonly SortedDictionary<long, long?> _caught = [];  // anomaly → first alarm
    int _falseAlarms;

    /// <summary>Anomalies so far.</summary>
    public int Anomalies => _caught.Count;

    /// <summary>Those with an alarm.</summary>
    public int Caught => _caught.Values.Count(alarm => alarm is not null);

    /// <summary>Alarms without an anomaly.</summary>
    public int FalseAlarms => _falseAlarms;

    /// <summary>At least nine tenths caught, and at most one false alarm in each 20,000 steps begun.</summary>
    /// <param name="steps">Steps of the feed.</param>
    public bool Good(long steps) => Anomalies > 0 && 10 * Caught >= 9 * Anomalies && FalseAlarms <= (steps + 19_999) / 20_000;

    /// <summary>An anomaly began.</summary>
    public void Began(long position) => _caught.TryAdd(position, null);

    /// <summary>An alarm opened.</summary>
    /// <returns>Its delay in steps; null: it is false.</returns>
    public long? Opened(long position)
    {
        long anomaly = _caught.Keys.LastOrDefault(start => start <= position, -1);
        if (anomaly < 0 || position >= anomaly + Within)
        {
            _falseAlarms++;
            return null;
        }
        _caught[anomaly] ??= position;
        return position - anomaly;
    }
}
