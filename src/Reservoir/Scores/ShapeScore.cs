using System.Numerics;
using System.Runtime.InteropServices;

namespace Esn;

/// <summary>State of <see cref="ShapeSpec"/> (eq. 8).</summary>
/// <remarks>
/// The sum of squares at each lag is moved on by a term at either end, so that a sample costs a pass over the lags, whatever the
/// length of the shape. Rows by lag begin with the longest one, and so run through the past from old to new.
/// </remarks>
sealed class ShapeScore(ShapeSpec spec, ScoreContext context) : Score("shape", context.Channels, spec.Longest / 4)
{
    const int Room = 64;            // samples between two times that what is too old is thrown away
    const int Enough = 8;           // lengths of past from which its halves are compared: before, they differ for want of shapes
    const int Many = 40;            // lengths, as many shapes that do not overlap, from which a record is one
    const double Resolved = 1e-8;   // mean square below which shapes are the same: what single precision resolves

    readonly float[][] _past = Rows(spec, context.Channels);   // u, less its mean over the last m where it wanders [channels][samples]
    readonly float[][] _sums = Rows(spec, context.Channels);   // of the last m of them, [channels][samples]
    readonly float[] _squares = new float[spec.Past];          // sum of (u(t−i) − u(t−i−d))², i < m, over channels, d = past … 1
    readonly float[] _latest = new float[context.Channels * spec.Points];  // u of the last samples, where it wanders [channels×points]
    readonly double[] _sample = new double[context.Channels];  // sum of the steps of the next sample
    int _end;                                                  // samples kept
    int _length;                                               // m; 0: not measured yet
    bool _wanders;                                             // the rhythm is one of the values less their mean over a period
    int _stride = 1;                                           // steps of a sample; 0: there is no rhythm
    int _phase;                                                // steps of the next sample so far
    int _whole = int.MaxValue / 2;                             // samples since the last muted step, up to as many as a distance is of
    int _refreshed;                                            // lag whose sum was last made anew
    int _count;                                                // samples since there was one to compare with, up to enough of them
    double _unlike;                                            // mean |ln| of the ratio of d² to the nearest in each half of the past
    int _compared;                                             // samples that it is of, up to its memory
    double _record;                                            // largest d² of all channels before the last two blocks, fading
    double _before, _block;                                    // the same of the block before this one, and of this one so far
    int _inBlock;                                              // samples of this block

    static float[][] Rows(ShapeSpec spec, int channels) =>
        [.. Enumerable.Range(0, channels).Select(_ => new float[spec.Past + spec.Points + 1 + Room])];

    public override bool Ready => _length > 0 && _count >= 3 * _length;

    public override void Step(in ScoreInput step)
    {
        if (_stride == 0) return;
        if (step.Muted)
        {
            // What is muted is no past. Of a shape across it nothing is told; one in the past may be the nearest all the same.
            (_whole, _phase) = (0, 0);
            Array.Clear(_sample);
            return;
        }
        for (int c = 0; c < _sample.Length; c++) _sample[c] += step.Input[c];
        if (++_phase < _stride) return;
        _phase = 0;
        Append();
        Array.Clear(_sample);
        if (_length == 0)
        {
            if (_end == spec.Measured) Begin();
            return;
        }
        int lags = Math.Min(spec.Past, _end - 1);
        MoveOn(lags);
        Refresh(lags);
        // Those whose shape lies in the past as a whole, and does not overlap with the present one.
        int most = Math.Min(lags, _end - _length);
        if (most < _length) return;
        // With few to compare with, the nearest is far.
        if (_count < 3 * _length) _count++;
        int needed = _wanders ? 2 * _length : _length;
        _whole = Math.Min(_whole + 1, needed);
        if (_whole < needed)
        {
            Array.Fill(Squares, double.NaN);
            return;
        }
        int nearest = Nearest(most, out double unlike);
        if (most >= Enough * _length)
        {
            if (_compared < Math.Max(Enough * _length, spec.Memory / _stride)) _compared++;
            _unlike += (unlike - _unlike) / _compared;
        }
        double apart = 0;
        for (int c = 0; c < Squares.Length; c++) apart += Squares[c] = Math.Max(Resolved, Apart(c, nearest));
        // What is usual is learnt of a feed that is still new, too: of what is below 0 nothing is told.
        if (!Recurs && !IsClear(apart))
            for (int c = 0; c < Squares.Length; c++) Squares[c] = -Squares[c];
        Remember(apart, step.Frozen);
    }

    // R is a power of the ratio that two distances to a nearest shape usually have. That one is R times as far out as the furthest of n
    // before has a chance of R^−α/n where their tail is Pareto's: with α = 1, a heavy one, it is as small where n is less and R as much
    // more.
    bool IsClear(double apart) =>
        _record > 0 && _compared > 0 && apart > Math.Exp(spec.Clear * _unlike) * Math.Max(1, Many * (double)_length / _compared) * _record;

    // In blocks, as the shape of a fault comes into the last period step by step: each would break the record of the one before by a
    // hair. What an alarm is told of is no record, or the next fault had to be further out.
    void Remember(double apart, bool told)
    {
        if (!told) _block = Math.Max(_block, apart);
        if (++_inBlock < 2 * _length) return;
        _record = Math.Max(_record * Math.Exp(-_inBlock * _stride / spec.Memory), _before);
        (_before, _block, _inBlock) = (_block, 0, 0);
    }

    // By one standard error: comparisons within a length are nearly the same, and spread about as wide as their mean is.
    bool Recurs => _compared > 0 && _unlike < Math.Log(spec.Recurrent) * (1 - Math.Sqrt((double)_length / _compared));

    void Append()
    {
        if (_end == _past[0].Length) ThrowAway();
        for (int c = 0; c < _past.Length; c++)
        {
            float[] past = _past[c], sums = _sums[c];
            past[_end] = WithoutMean(c, (float)(_sample[c] / _stride), _length);
            sums[_end] = _length == 0 ? 0 : sums[_end - 1] + past[_end] - (_end >= _length ? past[_end - _length] : 0);
        }
        _end++;
    }

    // Where the base line wanders, less the mean over the last period; of fewer samples at the very beginning.
    float WithoutMean(int channel, float value, int samples)
    {
        if (!_wanders) return value;
        Span<float> latest = _latest.AsSpan(channel * spec.Points, spec.Points);
        latest[1..].CopyTo(latest);
        latest[^1] = value;
        double sum = 0;
        foreach (float u in latest[^samples..]) sum += u;
        return (float)(value - sum / samples);
    }

    void ThrowAway()
    {
        int kept = _end - Room;
        for (int c = 0; c < _past.Length; c++)
        {
            _past[c].AsSpan(Room, kept).CopyTo(_past[c]);
            _sums[c].AsSpan(Room, kept).CopyTo(_sums[c]);
        }
        _end = kept;
    }

    // The period is known: what was kept by the step becomes samples, and all sums are made for the first time.
    void Begin()
    {
        int period = Period();
        if (period == 0)
        {
            _stride = 0;
            return;
        }
        _stride = (period + spec.Points - 1) / spec.Points;
        _length = Math.Max(4, period / _stride);
        _phase = _end % _stride;
        _end /= _stride;
        for (int c = 0; c < _past.Length; c++)
        {
            for (int i = 0; i < _phase; i++) _sample[c] += _past[c][_end * _stride + i];
            double sum = 0;
            for (int t = 0; t < _end; t++)
            {
                double sample = 0;
                for (int i = 0; i < _stride; i++) sample += _past[c][t * _stride + i];
                _past[c][t] = WithoutMean(c, (float)(sample / _stride), Math.Min(t + 1, _length));
                sum += _past[c][t] - (t >= _length ? _past[c][t - _length] : 0);
                _sums[c][t] = (float)sum;
            }
        }
        for (int lag = 1; lag <= Math.Min(spec.Past, _end - 1); lag++) _squares[^lag] = (float)SquaresAt(lag);
    }

    // Of the values; where these have none, of the values less what wanders. A base line that wanders is most of the variance of a feed
    // whose beats are small, and no shape.
    int Period()
    {
        var rhythm = new Rhythm(spec.Longest, spec.Periodic);
        int period = rhythm.Period(_past, _end);
        if (period > 0) return period;
        period = rhythm.Period([.. _past.Select(row => rhythm.WithoutWander(row, _end))], _end);
        _wanders = period > 0;
        return period;
    }

    // Of as many terms as there are at this lag.
    double SquaresAt(int lag)
    {
        double sum = 0;
        foreach (float[] row in _past)
            for (int t = Math.Max(lag, _end - _length); t < _end; t++)
            {
                double difference = row[t] - row[t - lag];
                sum += difference * difference;
            }
        return sum;
    }

    // A term more at the present end, one less at the other where there is one.
    void MoveOn(int lags)
    {
        Span<float> squares = _squares.AsSpan(spec.Past - lags);
        int both = Math.Clamp(_end - 1 - _length, 0, lags), only = lags - both;
        foreach (float[] row in _past)
        {
            float now = row[_end - 1], then = row[_end - 1 - Math.Min(_length, _end - 1)];
            ReadOnlySpan<float> before = row.AsSpan(_end - 1 - lags, lags), old = row.AsSpan(_end - 1 - _length - both, both);
            for (int j = 0; j < only; j++) squares[j] += (now - before[j]) * (now - before[j]);
            Span<float> to = squares[only..];
            ReadOnlySpan<float> from = before[only..];
            Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(to);
            ReadOnlySpan<Vector<float>> a = MemoryMarshal.Cast<float, Vector<float>>(from),
                b = MemoryMarshal.Cast<float, Vector<float>>(old);
            for (int j = 0; j < wide.Length; j++)
            {
                Vector<float> came = new Vector<float>(now) - a[j], went = new Vector<float>(then) - b[j];
                wide[j] = wide[j] + (came * came - went * went);
            }
            for (int j = wide.Length * Vector<float>.Count; j < both; j++)
            {
                float came = now - from[j], went = then - old[j];
                to[j] += came * came - went * went;
            }
        }
    }

    // One lag a sample: rounding does not pile up.
    void Refresh(int lags)
    {
        _refreshed = _refreshed % lags + 1;
        _squares[^_refreshed] = (float)SquaresAt(_refreshed);
    }

    // The lag, from a length on, at which the shapes are nearest: the block of lags that holds it, then the lag in it.
    int Nearest(int most, out double unlike)
    {
        int count = most - _length + 1, older = Math.Min(most - most / 2, count), at = 0;
        float least = float.PositiveInfinity;
        float far = Search(most, 0, older, ref least, ref at), near = Search(most, older, count, ref least, ref at);
        float floor = (float)Resolved * _length * _past.Length;
        unlike = Math.Abs(Math.Log(Math.Max(near, floor) / Math.Max(far, floor)));
        int block = 8 * Vector<float>.Count;
        for (int j = at; j < Math.Min(at + block, count); j++)
            if (ApartAt(most, j) == least) return most - j;
        return most - at;
    }

    float Search(int most, int begin, int end, ref float least, ref int at)
    {
        int block = 8 * Vector<float>.Count;
        float lowest = float.PositiveInfinity;
        for (int from = begin; from < end; from += block)
        {
            float low = Least(most, from, Math.Min(block, end - from));
            lowest = Math.Min(lowest, low);
            if (low < least) (least, at) = (low, from);
        }
        return lowest;
    }

    float Least(int most, int from, int count)
    {
        int j = 0, width = Vector<float>.Count;
        float least = float.PositiveInfinity;
        if (count >= width)
        {
            var low = new Vector<float>(float.PositiveInfinity);
            for (; j + width <= count; j += width)
            {
                var apart = new Vector<float>(_squares.AsSpan(spec.Past - most + from + j));
                foreach (float[] sums in _sums)
                {
                    Vector<float> level = new Vector<float>(sums[_end - 1]) - new Vector<float>(sums.AsSpan(_end - 1 - most + from + j));
                    apart -= level * level / new Vector<float>(_length);
                }
                low = Vector.Min(low, apart);
            }
            for (int i = 0; i < width; i++) least = Math.Min(least, low[i]);
        }
        for (; j < count; j++) least = Math.Min(least, ApartAt(most, from + j));
        return least;
    }

    float ApartAt(int most, int j)
    {
        float apart = _squares[spec.Past - most + j];
        foreach (float[] sums in _sums)
        {
            float level = sums[_end - 1] - sums[_end - 1 - most + j];
            apart -= level * level / _length;
        }
        return apart;
    }

    double Apart(int channel, int lag)
    {
        float[] row = _past[channel];
        double squares = 0, sum = 0;
        for (int t = _end - _length; t < _end; t++)
        {
            double difference = row[t] - row[t - lag];
            sum += difference;
            squares += difference * difference;
        }
        return (squares - sum * sum / _length) / _length;
    }

    public override void CarryWindows(ref StateCarrier state)
    {
        foreach (float[] row in _past) state.Carry(row.AsSpan(), nameof(_past));
        foreach (float[] row in _sums) state.Carry(row.AsSpan(), nameof(_sums));
        state.Carry(_squares.AsSpan(), nameof(_squares));
        state.Carry(_sample.AsSpan(), nameof(_sample));
        state.Carry(ref _end, 0, spec.Past + spec.Points + 1 + Room);
        state.Carry(ref _length, 0, Math.Max(spec.Points, spec.Longest));
        state.Carry(ref _stride, 0, spec.Longest);
        state.Carry(ref _phase, 0, spec.Longest);
        state.Carry(ref _whole);
        state.Carry(ref _refreshed, 0, spec.Past);
        state.Carry(ref _count);
        state.Carry(ref _unlike);
        state.Carry(ref _compared);
        if (!state.Holds(6)) return;
        state.Carry(ref _wanders);
        state.Carry(_latest);
        state.Carry(ref _record);
        state.Carry(ref _before);
        state.Carry(ref _block);
        state.Carry(ref _inBlock, 0, 2 * spec.Points);
    }
}
