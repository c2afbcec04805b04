namespace Esn;

/// <summary>
/// How long nothing is judged or learnt after a frame that is not to be judged; where it is one after a gap, until the reservoir has
/// forgotten what came before it.
/// </summary>
/// <remarks>
/// How long that takes is as the feed drives the units, and what is left of it counts by how well the feed is foretold otherwise. So it is
/// measured: a twin of the reservoir, at rest where the other one has its past, takes the same frames. As far as the two expect the same,
/// neither expects anything for the sake of what was before (Jaeger, 2001: the echo state property). Of a feed that comes in pieces which
/// are shorter than that, each is learnt but for its first quarter, and an eighth later it may alarm: ten frames each at the least, or
/// half and a quarter of it.
/// </remarks>
/// <param name="schedule">Of the model.</param>
/// <param name="twin">Of the reservoir; null: the least is enough.</param>
sealed class WashOut(StepSchedule schedule, EchoTwin? twin)
{
    const int Pieces = 16;  // of the feed, by the longest of which it is known how long they are: a program that dies a few times is none

    const int Fewest = 10;  // frames that are washed out, or half of it, and that are learnt, or a quarter: fewer tell nothing

    readonly long[] _pieces = [.. Enumerable.Repeat(long.MaxValue, Pieces)];  // frames of the last, a ring
    int _last;             // of the ring
    long _since = -1;      // frames since the last that was not to be judged; −1: there was none
    bool _waits;           // for the echo to fade

    /// <summary>Whether the step is learnt, as usual of a feed in pieces, though the echo has not faded: no alarm opens.</summary>
    public bool Echoes { get; private set; }

    /// <summary>Takes a step, after its frame was compared with what was foretold.</summary>
    /// <param name="muted">The frame is not to be judged.</param>
    /// <param name="resumes">It comes after a gap: what came before is no past of what comes now.</param>
    /// <param name="time">Of the frame.</param>
    /// <param name="frame">y(t), [channels], scaled; the forecast where the channel has no value.</param>
    /// <param name="prediction">ŷ(t|t−1), [channels].</param>
    /// <param name="errors">y(t) − ŷ(t|t−1), [channels]; 0 where the channel has no value.</param>
    /// <returns>Whether the step is one of the wash-out, or muted itself.</returns>
    public bool Step(bool muted, bool resumes, DateTime time, ReadOnlySpan<double> frame, ReadOnlySpan<double> prediction,
        ReadOnlySpan<double> errors)
    {
        Echoes = false;
        if (muted)
        {
            if (_since > 0 && resumes) _pieces[_last = (_last + 1) % Pieces] = _since;
            _since = 0;
            if (resumes && twin is not null)
            {
                twin.Begin();
                _waits = true;
            }
            if (_waits) twin!.Take(time, frame);
            return true;
        }
        if (_since < 0) return false;
        _since++;
        long piece = Longest();
        long learnt = Math.Max(piece / 4, Math.Min(piece / 2, Fewest));
        bool least = _since <= Math.Min(learnt, schedule.Settling);
        long most = Math.Min(learnt + Math.Max(piece / 8, Math.Min(piece / 4, Fewest)), schedule.MostSettling);
        if (_waits) _waits = (!twin!.Agrees(time, frame, prediction, errors) || least) && _since <= most;
        Echoes = _waits && _since > learnt;
        return least || (_waits && !Echoes);
    }

    /// <summary>What comes is no sequel of what came: the next frame begins the wash-out.</summary>
    public void Begin()
    {
        (_since, _waits) = (0, twin is not null);
        twin?.Begin();
    }

    long Longest()
    {
        long longest = 0;
        foreach (long piece in _pieces) longest = Math.Max(longest, piece);
        return longest;
    }

    /// <summary>Out into a snapshot or back, between two steps.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_pieces);
        state.Carry(ref _last, 0, Pieces - 1);
        state.Carry(ref _since);
        state.Carry(ref _waits);
        twin?.Carry(ref state);
    }

    /// <summary>Of a snapshot that is older than format 6.</summary>
    /// <param name="since">Frames since the last that was not to be judged; −1: there was none.</param>
    public void Begin(long since) => _since = since;
}
