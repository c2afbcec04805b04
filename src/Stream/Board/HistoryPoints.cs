namespace Esn.Streaming.Board;

/// <summary>Points of a stream's past, oldest first.</summary>
/// <param name="points">How many.</param>
/// <param name="channels">How many.</param>
/// <param name="stride">Steps of a point.</param>
public sealed class HistoryPoints(int points, int channels, int stride)
{
    /// <summary>Steps of a point, of the coarsest here; above 1, low and high differ, and the score is the highest.</summary>
    public int Stride { get; } = stride;

    /// <summary>Feed time of the first step of each point, milliseconds since 1970.</summary>
    public double[] Time { get; } = new double[points];

    /// <summary>Index of it in its stream.</summary>
    public long[] Position { get; } = new long[points];

    /// <summary>Highest score; 1 = alarm.</summary>
    public double[] Score { get; } = new double[points];

    /// <summary>What was so of one of the steps, added up: 1 warming up, 2 muted, 4 an alarm was open, 8 no frame came.</summary>
    public int[] Marks { get; } = new int[points];

    /// <summary>The channels that are kept, the first ones.</summary>
    public HistoryChannel[] Channels { get; } = [.. Enumerable.Range(0, channels).Select(_ => new HistoryChannel(points))];

    /// <summary>Points of several, in the order of their times.</summary>
    /// <param name="parts">Points [from, to) of each; of one stream, with as many channels.</param>
    internal static HistoryPoints Join(params ReadOnlySpan<(HistoryPoints Of, int From, int To)> parts)
    {
        int points = 0, stride = 1;
        foreach ((HistoryPoints of, int from, int to) in parts)
            if (to > from) (points, stride) = (points + to - from, Math.Max(stride, of.Stride));
        var joined = new HistoryPoints(points, parts[0].Of.Channels.Length, stride);
        int at = 0;
        foreach ((HistoryPoints of, int from, int to) in parts)
        {
            if (to <= from) continue;
            of.Time.AsSpan(from..to).CopyTo(joined.Time.AsSpan(at));
            of.Position.AsSpan(from..to).CopyTo(joined.Position.AsSpan(at));
            of.Score.AsSpan(from..to).CopyTo(joined.Score.AsSpan(at));
            of.Marks.AsSpan(from..to).CopyTo(joined.Marks.AsSpan(at));
            for (int c = 0; c < joined.Channels.Length; c++) of.Channels[c].CopyTo(joined.Channels[c], from, to, at);
            at += to - from;
        }
        return joined;
    }

    /// <summary>The same with single steps in place of the coarser points of their time.</summary>
    internal HistoryPoints With(HistoryPoints steps)
    {
        if (steps.Time.Length == 0 || Time.Length == 0) return this;
        int before = Array.FindIndex(Time, time => time >= steps.Time[0]), after = Array.FindIndex(Time, time => time > steps.Time[^1]);
        return Join((this, 0, before < 0 ? Time.Length : before), (steps, 0, steps.Time.Length),
            (this, after < 0 ? Time.Length : after, Time.Length));
    }

    /// <summary>The part between two times.</summary>
    internal HistoryPoints Within(double from, double to)
    {
        int first = Array.FindIndex(Time, time => time >= from), last = Array.FindLastIndex(Time, time => time <= to);
        return Join((this, first < 0 ? Time.Length : first, last + 1));
    }
}

/// <summary>A channel of <see cref="HistoryPoints"/>, in units of the feed; NaN where there is none.</summary>
/// <param name="points">How many.</param>
public sealed class HistoryChannel(int points)
{
    /// <summary>Least value that came.</summary>
    public double[] Low { get; } = new double[points];

    /// <summary>Largest value that came.</summary>
    public double[] High { get; } = new double[points];

    /// <summary>What the model expected, one step ahead.</summary>
    public double[] Expected { get; } = new double[points];

    /// <summary>Half of the expected band: about 99 of 100 errors outside of alarms were no larger.</summary>
    public double[] Width { get; } = new double[points];

    /// <summary>While an alarm is open: what the forecast from before its onset foretold.</summary>
    public double[] Forecast { get; } = new double[points];

    internal void CopyTo(HistoryChannel other, int from, int to, int at)
    {
        Low.AsSpan(from..to).CopyTo(other.Low.AsSpan(at));
        High.AsSpan(from..to).CopyTo(other.High.AsSpan(at));
        Expected.AsSpan(from..to).CopyTo(other.Expected.AsSpan(at));
        Width.AsSpan(from..to).CopyTo(other.Width.AsSpan(at));
        Forecast.AsSpan(from..to).CopyTo(other.Forecast.AsSpan(at));
    }
}
