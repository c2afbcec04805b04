namespace Esn.Streaming.Backtest;

/// <summary>Whether a channel follows the hour of the day: the part of its variance that lies between the hours' means.</summary>
sealed class DailyRhythm
{
    const int Hours = 24;
    const double LeastPart = .5;  // of the variance

    readonly long[] _counts = new long[Hours];
    readonly double[] _means = new double[Hours];
    long _count;
    double _mean, _squares;

    /// <summary>Takes a value; one that is missing says nothing.</summary>
    /// <param name="time">Of its row, by the clock of the feed.</param>
    /// <param name="value">In units of the feed.</param>
    public void Add(DateTime time, double value)
    {
        if (double.IsNaN(value)) return;
        double off = value - _mean;
        _mean += off / ++_count;
        _squares += off * (value - _mean);
        _means[time.Hour] += (value - _means[time.Hour]) / ++_counts[time.Hour];
    }

    /// <summary>Null: it is constant, and has no rhythm.</summary>
    public bool? IsDaily
    {
        get
        {
            if (!(_squares > 0)) return null;
            double between = 0;
            for (int hour = 0; hour < Hours; hour++) between += _counts[hour] * (_means[hour] - _mean) * (_means[hour] - _mean);
            return between >= LeastPart * _squares;
        }
    }
}
