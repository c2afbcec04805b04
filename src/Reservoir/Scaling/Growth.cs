namespace Esn;

/// <summary>
/// Whether a channel grows without bound, as a counter or a ramp does: no scaling lasts on it, its growth a step is what can be
/// foretold.
/// </summary>
/// <remarks>
/// A part of a slow cycle looks alike, and must not be taken for it. So the first frames tell only of channels that never
/// turn and hardly rest, along a line whose slope changes by no more than chance would have it; where noise hides that, the
/// means of blocks tell, once so many frames lie on a straight line that a cycle they were a part of would be of 5000 or
/// more. A counter that began anew is followed as if it had gone on; where half of its rises lie between two such falls, it is no saw.
/// </remarks>
sealed class Growth
{
    const int Blocks = 32, LeastBlocks = Blocks / 2, FirstLength = 25, Least = 1200;  // frames of a block, and before anything is told
    const double LeastMoves = .9, StraightAtFirst = .98, Straight = .999;  // of the steps; of r²
    const double SameSlope = .005;    // part of the slope by which those of parts may differ anyway
    const int Early = 200;            // frames that are the first
    const int FewestRises = 20;       // of what has left its scaling: a level that shifted is no counter
    const int Present = 100;          // frames in which it rose: a setpoint that was moved by a ramp stands
    const int Parts = 4;              // of the first frames, whose slopes are compared
    const double MostDeviations = 4;  // of chance, between them

    readonly int _channels;
    readonly double[] _means;        // of full blocks [Blocks×channels]
    readonly double[] _sums;         // of the block that fills [channels]
    readonly int[] _counts;          // values in it [channels]
    readonly Rise[] _of;             // [channels]
    int _length = FirstLength, _frames, _filled;  // of a block; in the one that fills; full ones

    /// <param name="channels">Of the feed.</param>
    public Growth(int channels)
    {
        _channels = channels;
        (_means, _sums, _counts, _of) = (new double[Blocks * channels], new double[channels], new int[channels], new Rise[channels]);
        Array.Fill(_of, new Rise());
    }

    /// <summary>Frames until the block that fills is full, ≥ 1: before, there is nothing to find.</summary>
    public int UntilFull => _length - _frames;

    /// <summary>Which channels grow, as the first frames show.</summary>
    /// <param name="frames">[count×channels], finite.</param>
    /// <param name="channels">Of each.</param>
    /// <param name="grows">[channels], overwritten.</param>
    /// <param name="counts">[channels], overwritten: those that fall only to begin anew and are not below 0, as a counter.</param>
    /// <param name="came">The same as they came, NaN: no value; empty: as they are.</param>
    public static void FindEarly(ReadOnlySpan<double> frames, int channels, Span<bool> grows, Span<bool> counts,
        ReadOnlySpan<double> came = default)
    {
        int count = frames.Length / channels;
        double[] values = new double[count];
        for (int c = 0; c < channels; c++)
        {
            var rise = new Rise();
            for (int t = 0; t < count; t++)
            {
                if (t > 0 && !came.IsEmpty && double.IsNaN(came[(t - 1) * channels + c])) rise.Pause();
                values[t] = rise.Take(frames[t * channels + c], first: true);
            }
            grows[c] = Math.Min(rise.Rises, rise.Falls) == 0 && Math.Max(rise.Rises, rise.Falls) >= LeastMoves * (count - 1)
                && rise.IsOneStretch && Squared(values) >= StraightAtFirst && IsOfOneSlope(values);
            counts[c] = grows[c] && rise.Counts;
        }
    }

    /// <summary>Takes a frame.</summary>
    /// <param name="frame">[channels], units of the feed; NaN: no value. Empty: no channel has one.</param>
    /// <returns>Whether a block is full, so that <see cref="Find"/> may find something.</returns>
    public bool Step(ReadOnlySpan<double> frame)
    {
        bool first = (long)_filled * _length + _frames < Early;
        for (int c = 0; c < _channels; c++)
        {
            if (frame.IsEmpty || double.IsNaN(frame[c]))
            {
                _of[c].Pause();
                continue;
            }
            _sums[c] += _of[c].Take(frame[c], first) / _length;
            _counts[c]++;
        }
        if (++_frames < _length) return false;
        for (int c = 0; c < _channels; c++) _means[_filled * _channels + c] = _sums[c] * _length / _counts[c];  // NaN: no value
        Array.Clear(_sums);
        Array.Clear(_counts);
        _frames = 0;
        if (++_filled == Blocks) Halve();
        return true;
    }

    void Halve()
    {
        for (int b = 0; b < LeastBlocks; b++)
            for (int c = 0; c < _channels; c++)
            {
                double one = _means[2 * b * _channels + c], other = _means[(2 * b + 1) * _channels + c];
                _means[b * _channels + c] = double.IsNaN(one) ? other : double.IsNaN(other) ? one : one / 2 + other / 2;
            }
        (_filled, _length) = (LeastBlocks, 2 * _length);
    }

    /// <summary>Which channels grow, as all frames since the first show.</summary>
    /// <param name="grows">[channels]: those found are added.</param>
    /// <param name="counts">[channels], likewise.</param>
    /// <returns>Whether any was added.</returns>
    public bool Find(Span<bool> grows, Span<bool> counts)
    {
        if (_filled < LeastBlocks || (long)_filled * _length < Least) return false;
        bool any = false;
        Span<double> means = stackalloc double[Blocks];
        for (int c = 0; c < _channels; c++)
        {
            if (grows[c] || !_of[c].IsOneStretch || !IsMonotone(c)) continue;
            for (int b = 0; b < _filled; b++) means[b] = _means[b * _channels + c];
            // A counter may rise as it likes; of all else a line alone tells.
            if (!(_of[c].Counts && _of[c].Fractions == 0) && !(Squared(means[.._filled]) >= Straight)) continue;
            (grows[c], counts[c], any) = (true, _of[c].Counts, true);
        }
        return any;
    }

    /// <summary>
    /// Of a feed that has left its scaling: channels that have risen and fell only to begin anew, as counters, however unevenly.
    /// </summary>
    /// <param name="grows">[channels]: those found are added.</param>
    /// <param name="counts">[channels], likewise.</param>
    /// <returns>Whether any was added.</returns>
    public bool FindRisen(Span<bool> grows, Span<bool> counts)
    {
        bool any = false;
        for (int c = 0; c < _channels; c++)
            if (!grows[c] && _of[c] is { Counts: true, IsOneStretch: true, Rises: >= FewestRises } rise && rise.RoseWithin(Present))
                (grows[c], counts[c], any) = (true, true, true);
        return any;
    }

    // The cheap part of the question, which nearly every channel answers with no. Blocks without a value are passed over.
    bool IsMonotone(int channel)
    {
        double last = double.NaN, direction = 0;
        int known = 0;
        for (int b = 0; b < _filled; b++)
        {
            double mean = _means[b * _channels + channel];
            if (double.IsNaN(mean)) continue;
            if (known++ == 1) direction = mean - last;
            if (known > 1 && !((mean - last) * direction > 0)) return false;
            last = mean;
        }
        return known >= LeastBlocks;
    }

    // The slopes of its parts differ by no more than steps do from one to the next: those of a smooth curve hardly do.
    static bool IsOfOneSlope(ReadOnlySpan<double> values)
    {
        int steps = (values.Length - 1) / Parts;
        double slope = (values[^1] - values[0]) / (values.Length - 1), changes = 0;
        for (int t = 2; t < values.Length; t++)
        {
            double change = values[t] - 2 * values[t - 1] + values[t - 2];
            changes += change * change / (values.Length - 2);
        }
        double chance = MostDeviations * Math.Sqrt(changes / 2 / steps) + SameSlope * Math.Abs(slope);
        for (int part = 0; part < Parts; part++)
            if (Math.Abs((values[(part + 1) * steps] - values[part * steps]) / steps - slope) > chance) return false;
        return true;
    }

    // r² of a line through values at equal distances; NaN: there is none.
    static double Squared(ReadOnlySpan<double> values)
    {
        double origin = double.NaN, x = 0, y = 0;
        int known = 0;
        for (int t = 0; t < values.Length; t++)
        {
            if (double.IsNaN(values[t])) continue;
            if (known++ == 0) origin = values[t];
            (x, y) = (x + t, y + (values[t] - origin));
        }
        double xx = 0, xy = 0, yy = 0;
        for (int t = 0; t < values.Length; t++)
        {
            if (double.IsNaN(values[t])) continue;
            double dx = t - x / known, dy = values[t] - origin - y / known;
            (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
        }
        return xy * xy / (xx * yy);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_means);
        state.Carry(_sums);
        state.Carry(_counts);
        state.Carry<Rise>(_of);
        state.Carry(ref _length, FirstLength, int.MaxValue / 2);
        state.Carry(ref _frames, 0, int.MaxValue / 2);
        state.Carry(ref _filled, 0, Blocks - 1);
    }
}
