namespace Esn.Streaming.Board;

/// <summary>One level of a <see cref="History"/>: a ring of points, each of so many steps.</summary>
/// <param name="room">Most points kept.</param>
/// <param name="channels">Of each point.</param>
/// <param name="stride">Steps of a point.</param>
sealed class HistoryLevel(int room, int channels, int stride)
{
    /// <summary>Values of a point and channel: least, largest, expected, width, forecast; in this order, [kinds × channels].</summary>
    public const int Kinds = 5;

    const int FirstRoom = 16;

    readonly float[] _pending = new float[Kinds * channels];
    double[] _times = [];        // of the first step of each point, milliseconds since 1970 [capacity]
    long[] _positions = [];      // of it [capacity]
    float[] _scores = [];        // the highest [capacity]
    StepMarks[] _marks = [];     // of all its steps [capacity]
    float[] _values = [];        // [capacity × kinds × channels]
    double _time;
    long _position;
    float _score;
    StepMarks _mark;
    int _steps, _start, _count;  // steps of the point that is being filled; the ring

    /// <summary>Time of the oldest point; infinite: there is none.</summary>
    public double Oldest => _count > 0 ? _times[_start] : _steps > 0 ? _time : double.PositiveInfinity;

    /// <summary>Milliseconds a step; NaN: fewer than two points.</summary>
    public double Interval
    {
        get
        {
            if (_count < 2) return double.NaN;
            int last = (_start + _count - 1) % _times.Length;
            return (_times[last] - _times[_start]) / (_positions[last] - _positions[_start]);
        }
    }

    /// <summary>Takes a step.</summary>
    public void Add(double time, long position, float score, StepMarks marks, ReadOnlySpan<float> values)
    {
        if (_steps++ == 0)
        {
            (_time, _position, _score, _mark) = (time, position, score, marks);
            values.CopyTo(_pending);
        }
        else
        {
            (_score, _mark) = (Math.Max(_score, score), _mark | marks);
            Merge(_pending, values, channels);
        }
        if (_steps < stride) return;
        Push();
        _steps = 0;
    }

    /// <summary>The highest scores of the last points, oldest first.</summary>
    public double[] LastScores(int most)
    {
        int n = Math.Min(most, _count);
        var scores = new double[n];
        for (int i = 0; i < n; i++) scores[i] = _scores[(_start + _count - n + i) % _scores.Length];
        return scores;
    }

    /// <summary>Points of a time range, thinned to so many.</summary>
    public HistoryPoints Between(double from, double to, int most, double[] offset)
    {
        int first = 0, end = _count;
        while (first < end && At(first) < from) first++;
        if (first > 0 && stride > 1) first--;  // it may reach into the range
        while (end > first && At(end - 1) > to) end--;
        bool pending = _steps > 0 && stride > 1 && _time <= to;
        return Points(first, end, pending, most, offset);
    }

    /// <summary>Points after a step.</summary>
    public HistoryPoints After(long position, int most, double[] offset)
    {
        int first = _count;
        while (first > 0 && _positions[(_start + first - 1) % _positions.Length] > position) first--;
        return Points(first, _count, _steps > 0 && stride > 1, most, offset);
    }

    double At(int i) => _times[(_start + i) % _times.Length];

    HistoryPoints Points(int first, int end, bool pending, int most, double[] offset)
    {
        int n = end - first + (pending ? 1 : 0), together = Math.Max(1, (n + most - 1) / most), points = (n + together - 1) / together;
        var result = new HistoryPoints(points, channels, stride * together);
        Span<float> values = stackalloc float[Kinds * channels];
        for (int p = 0; p < points; p++)
        {
            for (int i = first + p * together, k = 0; k < together && i < end + (pending ? 1 : 0); i++, k++)
            {
                bool last = i == end;  // the point that is being filled
                int at = last ? 0 : (_start + i) % _times.Length;
                ReadOnlySpan<float> point = last ? _pending : _values.AsSpan(at * Kinds * channels, Kinds * channels);
                (float score, StepMarks mark) = last ? (_score, _mark) : (_scores[at], _marks[at]);
                if (k == 0)
                {
                    (result.Time[p], result.Position[p]) = last ? (_time, _position) : (_times[at], _positions[at]);
                    (result.Score[p], result.Marks[p]) = (score, (int)mark);
                    point.CopyTo(values);
                    continue;
                }
                (result.Score[p], result.Marks[p]) = (Math.Max(result.Score[p], score), result.Marks[p] | (int)mark);
                Merge(values, point, channels);
            }
            for (int c = 0; c < channels; c++)
            {
                HistoryChannel channel = result.Channels[c];
                (channel.Low[p], channel.High[p]) = (offset[c] + values[c], offset[c] + values[channels + c]);
                channel.Expected[p] = offset[c] + values[2 * channels + c];
                channel.Width[p] = values[3 * channels + c];
                channel.Forecast[p] = offset[c] + values[4 * channels + c];
            }
        }
        return result;
    }

    void Push()
    {
        if (_count == _times.Length && _count < room) Grow();
        int at = (_start + _count) % _times.Length;
        if (_count == _times.Length) _start = (_start + 1) % _times.Length;
        else _count++;
        (_times[at], _positions[at], _scores[at], _marks[at]) = (_time, _position, _score, _mark);
        _pending.CopyTo(_values, at * _pending.Length);
    }

    // Only ever while the ring has not turned yet: it starts at 0.
    void Grow()
    {
        int size = Math.Min(room, Math.Max(FirstRoom, 2 * _times.Length));
        Array.Resize(ref _times, size);
        Array.Resize(ref _positions, size);
        Array.Resize(ref _scores, size);
        Array.Resize(ref _marks, size);
        Array.Resize(ref _values, size * _pending.Length);
    }

    static void Merge(Span<float> into, ReadOnlySpan<float> values, int channels)
    {
        for (int low = 0; low < channels; low++)
        {
            (int high, int expected, int width, int forecast) =
                (channels + low, 2 * channels + low, 3 * channels + low, 4 * channels + low);
            into[low] = float.MinNumber(into[low], values[low]);
            into[high] = float.MaxNumber(into[high], values[high]);
            into[width] = float.MaxNumber(into[width], values[width]);
            // As of the last step.
            if (!float.IsNaN(values[expected])) into[expected] = values[expected];
            if (!float.IsNaN(values[forecast])) into[forecast] = values[forecast];
        }
    }
}
