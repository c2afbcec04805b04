using Esn.Streaming.Feeds;

namespace Esn.Streaming.Backtest;

/// <summary>
/// A backtest as it is plotted: row by row what came, what was expected and how far off is usual, and the score. Bounded in size.
/// </summary>
public sealed class Trace
{
    /// <summary>Channels that are kept, the first ones: which of them alarm is known at the end.</summary>
    public const int MostChannels = 48;

    /// <summary>Errors the band is made of.</summary>
    public const int BandErrors = 1000;

    /// <summary>Share of them within the band.</summary>
    public const double BandShare = .99;

    const int Room = 2_000_000;  // points of all series: bounds the report to about 12 MB

    readonly RunningQuantile[] _errors;
    DateTime _first, _time;
    double _step;                // ms between two rows
    bool _regular = true;
    int _timed;                  // rows whose time is known

    /// <param name="channels">Names of all channels of the feed.</param>
    public Trace(IReadOnlyList<string> channels)
    {
        int kept = Math.Min(MostChannels, channels.Count);
        int room = Room / (3 * kept + 2) / 4 * 4;
        Names = [.. channels.Take(kept)];
        Envelope[] Series() => [.. Names.Select(_ => new Envelope(room))];
        (Observed, Expected, Width) = (Series(), Series(), Series());
        (Times, Score) = (new Envelope(room), new Envelope(room));
        _errors = [.. Names.Select(_ => new RunningQuantile(BandErrors, BandShare))];
    }

    /// <summary>Rows seen.</summary>
    public int Rows { get; private set; }

    /// <summary>Names of the channels that are kept.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>What came, a series a channel.</summary>
    public IReadOnlyList<Envelope> Observed { get; }

    /// <summary>What the model expected; NaN where a row was not taken.</summary>
    public IReadOnlyList<Envelope> Expected { get; }

    /// <summary>
    /// Half of the expected band: <see cref="BandShare"/> of the last <see cref="BandErrors"/> errors |observed − expected|
    /// before the row were no larger. Rows in alarm are left out, so that an anomaly does not widen it.
    /// </summary>
    public IReadOnlyList<Envelope> Width { get; }

    /// <summary>1 = alarm.</summary>
    public Envelope Score { get; }

    /// <summary>Milliseconds since 1970, never going back.</summary>
    public Envelope Times { get; }

    /// <summary>First time and milliseconds from row to row, where these are always the same.</summary>
    public (double Start, double Step)? Regular => _regular && _timed > 1 ? (Milliseconds(_first), _step) : null;

    /// <summary>Takes a row.</summary>
    /// <param name="row">Of the feed.</param>
    /// <param name="taken">Whether the detector took it.</param>
    /// <param name="expected">[channels].</param>
    /// <param name="result">Of the last row that was taken.</param>
    public void Add(FeedRow row, bool taken, ReadOnlySpan<double> expected, in StepResult result)
    {
        Mark(row.Time, taken);
        Score.Add(result.Score);
        for (int c = 0; c < Names.Count; c++)
        {
            Observed[c].Add(double.IsFinite(row.Values[c]) ? row.Values[c] : double.NaN);
            Expected[c].Add(taken ? expected[c] : double.NaN);
            Width[c].Add(_errors[c].Value);
            double error = Math.Abs(row.Values[c] - expected[c]);
            if (taken && !result.AlarmOpen && double.IsFinite(error)) _errors[c].Add(error);
        }
    }

    void Mark(DateTime time, bool taken)
    {
        Rows++;
        // Rows refused before the first that was taken may have no time: they stand where that one does.
        if (_timed == 0 && !taken) return;
        DateTime last = _time;
        if (_timed == 0) _first = last = _time = time;
        else if (taken && time > _time) _time = time;
        for (; _timed < Rows - 1; _timed++) Times.Add(Milliseconds(_time));
        if (Rows == 2) _step = (_time - last).TotalMilliseconds;
        _regular = _regular && (Rows == 1 || (_time > last && _time == _first.AddMilliseconds(_step * (Rows - 1))));
        Times.Add(Milliseconds(_time));
        _timed = Rows;
    }

    static double Milliseconds(DateTime time) => (time - DateTime.UnixEpoch).TotalMilliseconds;
}
