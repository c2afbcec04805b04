namespace Esn;

/// <summary>
/// The last frames that a feed has had since it left its scaling: a model that takes the place of this one has seen them.
/// </summary>
/// <param name="channels">Length of a frame.</param>
/// <param name="most">Frames that are kept, ≥ 1.</param>
sealed class FramesBeyond(int channels, int most)
{
    double[] _frames = [];  // units of the feed, NaN: no value; a ring [most×channels], empty until there is a frame
    DateTime[] _times = [];
    long _taken;

    /// <summary>Frames kept.</summary>
    public int Count => (int)Math.Min(_taken, most);

    /// <summary>Keeps a frame.</summary>
    /// <param name="time">Of it.</param>
    /// <param name="frame">[channels], units of the feed; NaN: no value.</param>
    public void Keep(DateTime time, ReadOnlySpan<double> frame)
    {
        if (_times.Length == 0) (_frames, _times) = (new double[most * channels], new DateTime[most]);
        int at = (int)(_taken++ % most);
        frame.CopyTo(_frames.AsSpan(at * channels));
        _times[at] = time;
    }

    /// <summary>The feed is back in its scaling.</summary>
    public void Clear() => _taken = 0;

    /// <summary>The last of them, from the oldest to the newest.</summary>
    /// <param name="count">≤ <see cref="Count"/>.</param>
    /// <returns>[count], [count×channels].</returns>
    public (DateTime[] Times, double[] Frames) Last(int count)
    {
        var (times, frames) = (new DateTime[count], new double[count * channels]);
        for (int i = 0; i < count; i++)
        {
            int at = (int)((_taken - count + i) % most);
            times[i] = _times[at];
            _frames.AsSpan(at * channels, channels).CopyTo(frames.AsSpan(i * channels));
        }
        return (times, frames);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        int count = Count;
        state.Carry(ref count, 0, most);
        (DateTime[] times, double[] frames) = state.Loading ? (new DateTime[count], new double[count * channels]) : Last(count);
        state.Carry(times);
        state.Carry(frames);
        if (!state.Loading) return;
        _taken = 0;
        for (int i = 0; i < count; i++) Keep(times[i], frames.AsSpan(i * channels, channels));
    }
}
