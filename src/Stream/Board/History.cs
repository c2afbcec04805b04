namespace Esn.Streaming.Board;

/// <summary>What a step looked like; more steps than one may be said together.</summary>
[Flags]
enum StepMarks : byte
{
    /// <summary>Nothing about it.</summary>
    None = 0,

    /// <summary>The model was warming up.</summary>
    WarmingUp = 1,

    /// <summary>The stream was not judged.</summary>
    Muted = 2,

    /// <summary>An alarm was open.</summary>
    AlarmOpen = 4,

    /// <summary>No frame came: the forecast took its place.</summary>
    Bridged = 8,
}

/// <summary>
/// The past of one stream in bounded memory: the last steps one by one, and further back ever coarser, by the least and the
/// largest value of 8, 64 and 512 steps. Nothing that was as short as one step is lost from what is kept.
/// </summary>
/// <remarks>Not thread-safe. Memory grows with what came, up to four levels of the room.</remarks>
/// <param name="room">Points of a level, ≥ 1.</param>
/// <param name="channels">That are kept.</param>
sealed class History(int room, int channels)
{
    const int Levels = 4, Coarser = 8;

    readonly HistoryLevel[] _levels =
        [.. Enumerable.Range(0, Levels).Select(level => new HistoryLevel(room, channels, (int)Math.Pow(Coarser, level)))];

    readonly double[] _offset = new double[channels];  // first value of each channel: small changes of a large level stay visible
    bool _any;
    long _last = -1;  // position

    /// <summary>Milliseconds of feed time from step to step, by the steps that are kept one by one; NaN: fewer than two.</summary>
    public double Interval => _levels[0].Interval;

    /// <summary>The scores of the last steps, oldest first.</summary>
    public double[] LastScores(int most) => _levels[0].LastScores(most);

    /// <summary>Takes a step.</summary>
    /// <param name="milliseconds">Feed time, since 1970.</param>
    /// <param name="position">Index of the step.</param>
    /// <param name="score">1 = alarm.</param>
    /// <param name="marks">What else is so of it.</param>
    /// <param name="observed">[≥ channels], units of the feed.</param>
    /// <param name="expected">[≥ channels], NaN where the model can't say.</param>
    /// <param name="width">[channels], half of the expected band.</param>
    /// <param name="forecast">[≥ channels], what normal would have been; empty: not known.</param>
    public void Add(double milliseconds, long position, double score, StepMarks marks, ReadOnlySpan<double> observed,
        ReadOnlySpan<double> expected, ReadOnlySpan<double> width, ReadOnlySpan<double> forecast)
    {
        for (int c = 0; c < channels && !_any; c++) _offset[c] = double.IsFinite(observed[c]) ? observed[c] : 0;
        (_any, _last) = (true, position);
        Span<float> values = stackalloc float[HistoryLevel.Kinds * channels];
        for (int c = 0; c < channels; c++)
        {
            values[c] = values[channels + c] = (float)(observed[c] - _offset[c]);
            values[2 * channels + c] = (float)(expected[c] - _offset[c]);
            values[3 * channels + c] = (float)width[c];
            values[4 * channels + c] = forecast.IsEmpty ? float.NaN : (float)(forecast[c] - _offset[c]);
        }
        foreach (HistoryLevel level in _levels) level.Add(milliseconds, position, (float)score, marks, values);
    }

    /// <summary>What is kept between two times: of the finest level that reaches so far back, in at most so many points.</summary>
    /// <param name="from">Milliseconds since 1970.</param>
    /// <param name="to">Milliseconds since 1970, included.</param>
    /// <param name="most">Points, ≥ 1.</param>
    public HistoryPoints Between(double from, double to, int most)
    {
        // A coarser level that does not reach further back than a finer one has nothing to add.
        HistoryLevel level = _levels[0];
        for (int i = 1; i < Levels && level.Oldest > from; i++)
            if (_levels[i].Oldest < level.Oldest) level = _levels[i];
        return level.Between(from, to, most, _offset);
    }

    /// <summary>The last steps: of the finest level that has so many, in at most so many points.</summary>
    /// <param name="steps">≥ 1.</param>
    /// <param name="most">Points, ≥ 1.</param>
    public HistoryPoints Last(long steps, int most)
    {
        int i = 0;
        for (long span = room; i < Levels - 1 && span < steps; span *= Coarser) i++;
        return _levels[i].After(_last - steps, most, _offset);
    }

    /// <summary>The last steps after one, one by one.</summary>
    /// <param name="position">The last that is known already.</param>
    /// <param name="most">Points, ≥ 1.</param>
    public HistoryPoints After(long position, int most) => _levels[0].After(position, most, _offset);
}
