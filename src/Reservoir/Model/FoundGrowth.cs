namespace Esn;

/// <summary>Which channels of a stream grow without bound, as was found by the models before this one or is found by it.</summary>
sealed class FoundGrowth
{
    readonly Growth? _growth;  // of the frames since the first; null: the feed is of fields
    readonly bool[] _grows;    // [channels]
    readonly bool[] _counts;   // those of them that may begin again at 0 [channels]
    bool _outgrew;             // by growth that the scaling does not follow

    /// <param name="channels">Of the feed.</param>
    /// <param name="watched">Whether growth is looked for.</param>
    /// <param name="before">What is known of it; null: nothing.</param>
    public FoundGrowth(int channels, bool watched, FoundGrowth? before)
    {
        (_grows, _counts) = (new bool[channels], new bool[channels]);
        if (watched) _growth = new Growth(channels);
        before?._grows.CopyTo(_grows, 0);
        before?._counts.CopyTo(_counts, 0);
    }

    /// <summary>Whether growth is looked for.</summary>
    public bool Watched => _growth is not null;

    /// <summary>[channels].</summary>
    public bool[] Grows => _grows;

    /// <summary>Those of them that may begin again at 0, [channels].</summary>
    public bool[] Counts => _counts;

    /// <summary>Whether any does.</summary>
    public bool Any => _grows.AsSpan().Contains(true);

    /// <summary>Which do. Allocates: for events.</summary>
    public int[] Which => [.. Enumerable.Range(0, _grows.Length).Where(c => _grows[c])];

    /// <summary>Growth was found that the scaling does not follow.</summary>
    public bool Outgrew => _outgrew;

    /// <summary>Frames within which nothing can be found, of so many.</summary>
    public int Within(int frames) => _growth is null ? frames : Math.Min(frames, _growth.UntilFull);

    /// <summary>Takes a frame that the model takes.</summary>
    /// <param name="frame">[channels], units of the feed.</param>
    /// <param name="judged">False: it tells nothing of the feed, but that time goes by.</param>
    public void Step(ReadOnlySpan<double> frame, bool judged)
    {
        if (_growth?.Step(judged ? frame : default) == true) _outgrew |= _growth.Find(_grows, _counts);
    }

    /// <summary>The feed has left its scaling: a counter may have, however unevenly it rises.</summary>
    public void Leave() => _outgrew |= _growth?.FindRisen(_grows, _counts) == true;

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _growth?.Carry(ref state);
        state.Carry(_grows);
        state.Carry(_counts);
        state.Carry(ref _outgrew);
    }
}
