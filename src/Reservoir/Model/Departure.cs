namespace Esn;

/// <summary>How a feed leaves the scaling of its model: which channels did, what came since, and where the scaling would have to be.
/// </summary>
sealed class Departure
{
    readonly int _channels;
    readonly int _most;             // frames beyond the scaling, from which on the feed has left it
    readonly bool _moves;           // the judge can go on where the scaling is moved
    readonly FramesBeyond? _since;  // null: the next model begins with what comes

    /// <param name="spec">Of the model.</param>
    /// <param name="channels">Length of a frame, ≥ 1.</param>
    /// <param name="moves">The judge can go on where the scaling is moved.</param>
    /// <param name="before">What is known of the feed; null: nothing.</param>
    public Departure(ModelSpec spec, int channels, bool moves, Departure? before)
    {
        (_channels, _most, _moves, Left) = (channels, spec.MostBeyond, moves, new LeftScalings(channels, before?.Left));
        if (spec.FramesKept is > 0 and var kept) _since = new FramesBeyond(channels, kept);
    }

    /// <summary>Which channels left.</summary>
    public LeftScalings Left { get; }

    /// <summary>Most of the feed has been beyond the scaling for as long as an alarm may be open.</summary>
    public bool IsDue => Left.Beyond >= _most;

    /// <summary>A channel that is beyond the scaling for long is to leave the others as they are.</summary>
    public bool SetsAside => _channels > 1 && _moves;

    /// <summary>Some channel is set aside now.</summary>
    public bool AnyAside => SetsAside && Left.AnyAway;

    /// <summary>Whether so many more frames may make it <see cref="IsDue">due</see>.</summary>
    public bool IsDueWithin(int frames) => Left.Beyond + frames >= _most;

    /// <summary>Takes a frame that is to be judged.</summary>
    /// <param name="beyond">A channel lies beyond the scaling.</param>
    /// <param name="scaler">The present one.</param>
    /// <param name="time">Of the frame.</param>
    /// <param name="frame">[channels], units of the feed; NaN: no value.</param>
    /// <param name="y">[channels], scaled.</param>
    /// <param name="missing">Channels without a value, [channels]; empty: all have one.</param>
    public void Step(bool beyond, Scaler scaler, DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> y,
        ReadOnlySpan<bool> missing)
    {
        Left.Count(beyond, scaler, y, missing, _moves);
        if (Left.Beyond > 0) _since?.Keep(time, frame);
        else _since?.Clear();
    }

    /// <summary>The last frames since the feed left, [n], [n×channels], units of the feed.</summary>
    public (DateTime[] Times, double[] Frames) Since() => _since?.Last(_since.Count) ?? ([], []);

    /// <summary>Where the scaling of channels can be moved to, [channels of these]; null: nowhere.</summary>
    /// <param name="channels">Which left.</param>
    /// <param name="frames">As <see cref="Since"/> says.</param>
    /// <param name="scaler">The present one.</param>
    public (double Origin, double Unit)[]? Elsewhere(int[] channels, double[] frames, Scaler scaler)
    {
        if (!_moves) return null;
        var to = new (double Origin, double Unit)[channels.Length];
        for (int i = 0; i < channels.Length; i++)
        {
            int c = channels[i];
            to[i] = Left.Elsewhere(c, frames, scaler);
            if (!scaler.CanMove(c) || !Left.GoesOn(c, to[i].Origin, scaler) || double.IsNaN(to[i].Unit)) return null;
        }
        return to;
    }

    /// <summary>Moves the scaling, and what is judged by it.</summary>
    /// <param name="channels">Which left.</param>
    /// <param name="to">Where to, of each of these.</param>
    /// <param name="scaler">Moved.</param>
    /// <param name="judge">Told of it.</param>
    public void Move(int[] channels, (double Origin, double Unit)[] to, Scaler scaler, Judge judge)
    {
        var (units, moved, seen) = (new double[_channels], new bool[_channels], new bool[_channels]);
        Array.Fill(units, 1);
        for (int i = 0; i < channels.Length; i++)
        {
            int c = channels[i];
            (seen[c], units[c], moved[c]) = (Left.HasShrunk(c), to[i].Unit / scaler.UnitOf(c), true);
        }
        for (int i = 0; i < channels.Length; i++) scaler.Move(channels[i], to[i].Origin, to[i].Unit);
        judge.Move(units, moved, seen);
        Left.Moved(scaler, channels);
        _since!.Clear();
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        Left.Carry(ref state);
        _since?.Carry(ref state);
    }
}
