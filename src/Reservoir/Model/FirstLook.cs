using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// The first frames that a model takes, kept until they show whether its feed is a rhythm on a base line that wanders, and which of its
/// channels tell of each other (<see cref="ByBaseLineSpec"/>).
/// </summary>
sealed class FirstLook
{
    readonly ByBaseLineSpec _spec;
    readonly int _channels;
    readonly double[] _frames;  // [most×channels], units of the feed; NaN: no value
    readonly DateTime[] _times;
    readonly bool[] _muted;
    int _count;

    /// <param name="spec">What chooses.</param>
    /// <param name="channels">Length of a frame.</param>
    public FirstLook(ByBaseLineSpec spec, int channels)
    {
        (_spec, _channels) = (spec, channels);
        (_frames, _times, _muted) = (new double[spec.Frames * channels], new DateTime[spec.Frames], new bool[spec.Frames]);
    }

    /// <summary>Whether a model may choose: nothing is told before, and the larger one is not too large.</summary>
    public static bool Fits(ModelSpec spec, ByBaseLineSpec map, int channels) =>
        map.Frames > spec.Schedule.ScalingSteps && map.Frames <= spec.Schedule.AlarmFrom
        && EchoStateNetwork.RegressorsOf(spec.Reservoir, map.Chosen(wanders: true), channels) <= Readout.MostRegressors;

    /// <summary>Whether channels of such a feed may be found to tell nothing of each other.</summary>
    public static bool MayBeApart(ModelSpec spec, int channels) =>
        channels is >= 2 and <= Kinship.MostChannels && spec.InputMap is ByBaseLineSpec map && Fits(spec, map, channels);

    /// <summary>Bytes that it takes.</summary>
    public static long EstimatedBytes(ByBaseLineSpec map, int channels) => (long)map.Frames * (sizeof(double) * (channels + 1L) + 1);

    /// <summary>Frames kept so far.</summary>
    public int Count => _count;

    /// <summary>Frames that are still to come.</summary>
    public int Left => _times.Length - _count;

    /// <summary>Feed times of the frames, [count].</summary>
    public ReadOnlySpan<DateTime> Times => _times.AsSpan(0, _count);

    /// <summary>The frames as they came, [count×channels].</summary>
    public ReadOnlySpan<double> Frames => _frames.AsSpan(0, _count * _channels);

    /// <summary>Which of them are not to be judged, [count].</summary>
    public ReadOnlySpan<bool> Muted => _muted.AsSpan(0, _count);

    /// <summary>What they showed that asks for another model; null: nothing.</summary>
    public FeedTraits? Shown { get; private set; }

    /// <summary>Keeps frames that the model takes.</summary>
    /// <param name="times">[n], n ≤ <see cref="Left"/>.</param>
    /// <param name="frames">[n×channels].</param>
    /// <param name="muted">[n]; empty: none is.</param>
    public void Keep(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, ReadOnlySpan<bool> muted)
    {
        times.CopyTo(_times.AsSpan(_count));
        frames.CopyTo(_frames.AsSpan(_count * _channels));
        muted.CopyTo(_muted.AsSpan(_count));
        _count += times.Length;
    }

    /// <summary>All frames are there: whether they show anything.</summary>
    /// <param name="model">That has taken them.</param>
    /// <param name="scaler">Of the model. What is far beyond its range counts as much as its edge.</param>
    /// <param name="grows">Channels of which the growth is foretold, [channels]; empty: none is.</param>
    public bool Decide(ModelSpec model, Scaler scaler, ReadOnlySpan<bool> grows)
    {
        double[] known = [.. _frames];
        for (int t = 0; t < _count; t++)
            if (_muted[t]) known.AsSpan(t * _channels, _channels).Fill(double.NaN);
        FaultCodes.Blank(known, _channels);
        known = MissingValues.Filled(known, _channels);
        ChannelGroups? groups = Groups(model, known, grows);
        bool wanders = grows.IsEmpty && Wanders(known, scaler, groups);
        Shown = wanders || groups is not null ? new FeedTraits(wanders, groups) : null;
        return Shown is not null;
    }

    ChannelGroups? Groups(ModelSpec model, double[] known, ReadOnlySpan<bool> grows)
    {
        if (!MayBeApart(model, _channels)) return null;
        float[][] rows = new float[_channels][];
        for (int c = 0; c < _channels; c++)
        {
            // Of a number of many digits that hardly moves, of a huge and of a tiny one a float would see steps, nothing, or no number.
            double[] row = new double[_count];
            double first = known[c];
            for (int t = 0; t < _count; t++)
            {
                double u = known[t * _channels + c];
                row[t] = u - first;
                if (!grows.IsEmpty && grows[c]) first = u;
            }
            double most = TensorPrimitives.MaxMagnitude<double>(row), unit = most != 0 ? Math.Abs(most) : 1;
            rows[c] = [.. row.Select(u => (float)(u / unit))];
        }
        return Kinship.Find(rows, _count, model.Reservoir, model.Readout, new Rhythm(_spec.Longest, _spec.Periodic));
    }

    // Of the channels that drive units.
    bool Wanders(double[] known, Scaler scaler, ChannelGroups? groups)
    {
        var (rows, y) = (new float[_channels][], new double[_channels]);
        for (int c = 0; c < _channels; c++) rows[c] = new float[_count];
        for (int t = 0; t < _count; t++)
        {
            scaler.Scale(known.AsSpan(t * _channels, _channels), y);
            for (int c = 0; c < _channels; c++) rows[c][t] = (float)y[c];
        }
        if (groups is not null) rows = [.. rows.Where((_, c) => groups.Drives(c))];
        var rhythm = new Rhythm(_spec.Longest, _spec.Periodic);
        double all = 0, slow = 0;
        foreach (float[] row in rows)
        {
            double[] baseLine = rhythm.BaseLine(row, _count);
            all += Variance(_count, t => row[t]);
            slow += Variance(_count, t => baseLine[t]);
        }
        return slow >= _spec.Share * all && rhythm.Period([.. rows.Select(row => rhythm.WithoutWander(row, _count))], _count) > 0;
    }

    static double Variance(int count, Func<int, double> of)
    {
        double mean = 0, sum = 0;
        for (int t = 0; t < count; t++) mean += of(t) / count;
        for (int t = 0; t < count; t++) sum += (of(t) - mean) * (of(t) - mean);
        return sum / count;
    }

    /// <summary>Out into a snapshot or back, as long as they are not all there.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(ref _count, 0, _times.Length - 1);
        state.Carry(_frames.AsSpan(0, _count * _channels));
        state.Carry(_times.AsSpan(0, _count));
        state.Carry(_muted.AsSpan(0, _count));
    }
}
