namespace Esn;

/// <summary>
/// Whether what began an open alarm begins anew. For as long as an echo of a fault is in the reservoir, or in a window of a score, the
/// errors say nothing of when it ended; but from one frame to the next they jump where it begins, and where it ends.
/// </summary>
/// <param name="channels">Of the feed, ≥ 1.</param>
sealed class Onsets(int channels)
{
    const double Alike = .5;      // of the jump with which it began
    const double Far = 6;         // usual jumps that it was at the least: of what creeps in, no jump is the beginning
    const int Recent = 25;        // steps before the alarm, and first ones of it, in which it began
    const double Out = 3;         // times the largest jump of late, that one is which begins something in an alarm that is open
    const double Memory = 1000;   // steps of what is usual
    const int Young = 20;         // jumps before one is unusual
    const double Bulk = 3;        // usual jumps that one teaches at the most

    readonly Watched[] _of = MakeAll(channels);
    bool _open;
    int _steps;  // since the alarm opened

    /// <summary>
    /// Steps that passed in a channel without a jump like that with which the alarm began there, before one came again at this step; as
    /// many as <see cref="Recent"/> where a channel jumps that had no part in it; 0: nothing begins.
    /// </summary>
    public int Away { get; private set; }

    /// <summary>The channel in which it did.</summary>
    public int Channel { get; private set; }

    /// <summary>Takes a step.</summary>
    /// <param name="errors">Of the forecast of one step, [channels], scaled.</param>
    /// <param name="missing">Which channels have no value, [channels]; empty: all have.</param>
    /// <param name="open">Whether an alarm is open, before this step is judged.</param>
    /// <param name="muted">The step is not to be judged.</param>
    public void Step(ReadOnlySpan<double> errors, ReadOnlySpan<bool> missing, bool open, bool muted)
    {
        _steps = open && _open ? Math.Min(_steps, int.MaxValue - 1) + 1 : 0;
        _open = open;
        Away = 0;
        for (int c = 0; c < _of.Length; c++)
        {
            ref Watched of = ref _of[c];
            double error = muted || (!missing.IsEmpty && missing[c]) ? double.NaN : errors[c], jump = error - of.Previous;
            of.Previous = error;
            if (double.IsNaN(jump)) continue;
            double size = Math.Abs(jump), first = of.First;
            if (!open)
            {
                of.Most = size;
                if (size >= of.First || of.Since >= Recent) (of.First, of.Up, of.Away, of.Since) = (size, jump > 0, true, 0);
                else of.Since++;
                double most = of.Count < Young ? size : Math.Min(size, Bulk * of.Usual);
                of.Usual += (most - of.Usual) / Math.Min(++of.Count, Memory);
                continue;
            }
            // Of a fault that ends as it began the end is no beginning.
            bool like = size >= Alike * first, ends = like && jump > 0 != of.Up && of.Away;
            bool known = of.Count >= Young, anew = like && !ends && known && first > Far * of.Usual;
            // So is a jump that stands out of what the model makes of a channel while another one leads it astray.
            if (known && _steps >= Recent && size > Far * of.Usual && size > Out * of.Most) (anew, of.Since) = (true, Recent);
            if (anew && of.Since > Away) (Away, Channel) = (of.Since, c);
            of.Most = Math.Max(size, of.Most * (1 - 1.0 / Recent));
            if (like) (of.Up, of.Away) = (jump > 0, !ends);
            if (_steps < Recent && !ends) of.First = Math.Max(first, size);
            of.Since = like ? 0 : Math.Min(of.Since, int.MaxValue - 1) + 1;
        }
    }

    /// <summary>Errors are in other units from now on.</summary>
    public void Clear()
    {
        Array.Fill(_of, new Watched());
        (_open, _steps, Away) = (false, 0, 0);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry<Watched>(_of);
        state.Carry(ref _open);
        state.Carry(ref _steps);
        Away = state.Carried(Away);
        Channel = state.Carried(Channel);
    }

    static Watched[] MakeAll(int channels)
    {
        var all = new Watched[channels];
        Array.Fill(all, new Watched());
        return all;
    }

    struct Watched()
    {
        public double Previous = double.NaN;  // error; NaN: there was none
        public double First;                  // size of the largest jump of late; of an open alarm of that with which it began
        public double Most;                   // largest jump of late in an open alarm, fading
        public double Usual;                  // mean size of a jump
        public double Count;                  // jumps that taught it
        public int Since;                     // steps since the last that was like the first
        public bool Up;                       // side of that
        public bool Away;                     // whether it went away from what was before, and not back
    }
}
