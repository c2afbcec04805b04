namespace Esn;

/// <summary>What on-call knows of an open alarm: of which channels it was told, and which raw scores say nothing new of them.</summary>
/// <param name="scores">Raw scores.</param>
/// <param name="channels">Of the feed; one is no other.</param>
/// <param name="calm">Steps, ≥ 1: what was back to normal for more of them is another fault when it alarms again.</param>
sealed class ToldFaults(int scores, int channels, int calm)
{
    readonly bool[] _named = new bool[channels > 1 ? channels : 0];  // which had a part in it when it was told [channels]
    readonly bool[] _later = new bool[channels > 1 ? channels : 0];  // those that were told later than the others [channels]
    readonly int[] _calm = new int[channels > 1 ? channels : 0];     // steps in a row in which no score of each was unusual [channels]
    readonly double[] _joined = new double[channels > 1 ? channels : 0];  // margin of each that is a part of it, untold; else 0 [channels]
    readonly bool[] _known = new bool[scores];  // whose alarm is no news: it was told, or began with it [scores]
    readonly int[] _normal = new int[scores];   // steps in a row in which each was not out of the ordinary [scores]
    int _anew;                                  // how often a channel that had a part in this alarm was told anew in it

    /// <summary>Channels that began to alarm once it had been told of others, and were told of then. Allocates: for events.</summary>
    public int[] Later() => [.. Enumerable.Range(0, _later.Length).Where(channel => _later[channel])];

    /// <summary>Margins of the channels that turned out to be a part of the alarm though nothing was told of them; 0 of the others,
    /// [channels]; empty of one.</summary>
    public ReadOnlySpan<double> Joined => _joined;

    /// <summary>Takes those that do so at this step.</summary>
    /// <returns>Whether any does.</returns>
    public bool Join(IJudgement judgement)
    {
        bool any = false;
        for (int c = 0; c < _joined.Length; c++)
        {
            double margin = judgement.Joins(c);
            any |= margin > _joined[c];
            _joined[c] = Math.Max(_joined[c], margin);
        }
        return any;
    }

    /// <summary>Another alarm begins.</summary>
    public void Begin()
    {
        Array.Clear(_named);
        Array.Clear(_later);
        Array.Clear(_calm);
        Array.Clear(_joined);
    }

    /// <summary>What alarms from now on belongs to what has just been told.</summary>
    /// <param name="incident">Which is another incident.</param>
    public void Know(bool incident = false)
    {
        _known.AsSpan().Fill(true);
        Array.Clear(_normal);
        if (incident) _anew = 0;
    }

    /// <summary>Takes a step of an alarm that goes on.</summary>
    // A channel that was back to normal for as long as would have closed an alarm of its own, and not opened it again, is no part of this
    // one any more: what it does next is another fault. So is what a single score of it says that was silent for as long, while another
    // holds the alarm open; each time that was told, twice as long, so that what flickers in an open alarm is told a few times.
    public void Take(IJudgement judgement)
    {
        long silent = (long)calm << Math.Min(_anew, 16);
        for (int i = 0; i < _normal.Length; i++)
        {
            _normal[i] = judgement.IsUnusual(i) ? 0 : Math.Min(_normal[i], int.MaxValue - 1) + 1;
            _known[i] &= _normal[i] <= silent;
        }
        if (_calm.Length == 0) return;
        for (int c = 0; c < _calm.Length; c++) _calm[c] = Math.Min(_calm[c], int.MaxValue - 1) + 1;
        for (int i = 0; i < _normal.Length; i++)
            if (judgement.IsUnusual(i) && judgement.ChannelOf(i) is >= 0 and int channel) _calm[channel] = 0;
        for (int c = 0; c < _calm.Length; c++) _named[c] &= _calm[c] <= calm;
    }

    /// <summary>Whether on-call is to know of what a channel that alarms has to say: it is another, or was silent meanwhile.</summary>
    /// <param name="judgement">As measured at this step.</param>
    /// <param name="score">Raw score, that is not slow.</param>
    public bool IsNews(IJudgement judgement, int score) =>
        judgement.Alarms(score) && !judgement.IsTrifle(score) && !judgement.Whereabouts.Known
        && judgement.ChannelOf(score) is >= 0 and int channel && (IsOther(channel) || !_known[score]);

    /// <summary>A score that <see cref="IsNews"/> is told.</summary>
    /// <returns>Whether its channel had a part in the alarm before.</returns>
    public bool Tell(IJudgement judgement, int score)
    {
        int channel = judgement.ChannelOf(score);
        if (!IsOther(channel)) return true;
        _later[channel] = true;
        return false;
    }

    /// <summary>All that is news was told.</summary>
    /// <param name="anew">Of a channel that had a part in the alarm before, too.</param>
    public void Told(bool anew)
    {
        if (anew) _anew++;
        Know();
        for (int c = 0; c < _named.Length; c++)
            if (_later[c]) Name(c);
    }

    /// <summary>Whether a channel is none that the alarm was told of.</summary>
    /// <param name="channel">Below 0: none.</param>
    public bool IsOther(int channel) => (uint)channel < (uint)_named.Length && !_named[channel];

    /// <summary>Whether a channel was told of later than those with which it began.</summary>
    /// <param name="channel">Below 0: none.</param>
    public bool IsLater(int channel) => (uint)channel < (uint)_later.Length && _later[channel];

    /// <summary>A channel has a part in the alarm.</summary>
    /// <param name="channel">Of several.</param>
    public void Name(int channel) => (_named[channel], _calm[channel]) = (true, 0);

    /// <summary>Of a snapshot that knows none of it.</summary>
    /// <param name="open">An alarm is: which channels had a part in it is not known.</param>
    public void Assume(bool open)
    {
        Know();
        _named.AsSpan().Fill(open);
    }

    /// <summary>Out into a snapshot or back.</summary>
    /// <param name="state">Where to, or from.</param>
    /// <param name="scores">How many of the raw scores it has.</param>
    public void Carry(ref StateCarrier state, int scores)
    {
        state.Carry(_named);
        state.Carry(_later);
        state.Carry(_calm);
        state.Carry(_joined);
        state.Carry(_known.AsSpan(0, scores), nameof(_known));
        state.Carry(_normal.AsSpan(0, scores), nameof(_normal));
        state.Carry(ref _anew);
    }
}
