namespace Esn;

/// <summary>
/// Which channels of a stream have left their scaling for good, and where they lay whenever one was fixed. Once may be another sensor;
/// what leaves again goes from level to level, as a setpoint or what follows it does, and is measured by how far these lie apart.
/// </summary>
sealed class LeftScalings
{
    const int ForLife = 2;     // times that a channel left, from which on its levels are its measure
    const int MostMissed = 50; // frames in a row without a value, after which a channel is not waited for
    const int FewestKnown = 100;    // frames from which it is known what a channel is in its scaling
    const double MostKnown = 5000;  // frames that its memory is of
    const double Smaller = 8;       // times that a channel went as far from frame to frame: it has shrunk
    const double Stands = 1000;     // times from which on it is not a smaller one, but stands still
    const double Alike = 1.5;       // times that its way, in deviations, may be another: else it is not the same in small
    const int Late = 250;           // frames by which that is told: a block, as a mean that fades holds what was before, too
    const int Gone = 20;       // frames beyond the scaling from which on a channel is away, and within it until it is back: no glitch
    const double Share = .25;  // of the limit, that they take up: the next one may lie beyond

    readonly Of[] _of;  // [channels]

    /// <param name="channels">Of the feed.</param>
    /// <param name="before">What is known of it; null: nothing.</param>
    public LeftScalings(int channels, LeftScalings? before)
    {
        _of = new Of[channels];
        for (int c = 0; c < channels; c++)
        {
            _of[c] = before is null ? new Of() : before._of[c] with
            {
                Beyond = 0, Far = 0, Within = 0, Known = 0, Last = double.NaN, Sizes = 0,
            };
            _of[c].Forget();
        }
    }

    /// <summary>Frames beyond the present scaling, or of a channel that is far smaller than it, less those that were not, ≥ 0.</summary>
    public int Beyond { get; private set; }

    /// <summary>Counts a frame.</summary>
    /// <param name="beyond">A channel lies beyond the scaling.</param>
    /// <param name="scaler">The present one.</param>
    /// <param name="y">[channels], scaled by it.</param>
    /// <param name="missing">Channels without a value, [channels]; empty: all have one.</param>
    /// <param name="moves">The scaling can be moved: a channel that shrank counts, too.</param>
    public void Count(bool beyond, Scaler scaler, ReadOnlySpan<double> y, ReadOnlySpan<bool> missing = default, bool moves = false)
    {
        for (int c = 0; moves && c < y.Length; c++)
        {
            if (!scaler.CanMove(c)) continue;
            bool none = (!missing.IsEmpty && missing[c]) || (_of[c].Sizes == 0 && scaler.IsBeyond(c, y[c]));
            _of[c].Look(none ? double.NaN : y[c]);
            beyond |= _of[c].Resized;
        }
        if (Beyond == 0 && !beyond)
        {
            for (int c = 0; c < y.Length; c++) _of[c].Follow(!missing.IsEmpty && missing[c] ? double.NaN : y[c]);
            return;
        }
        // A frame without the values that lay beyond says nothing of them, unless they do not come any more.
        bool waits = false;
        for (int c = 0; c < y.Length; c++)
        {
            _of[c].Missed = !missing.IsEmpty && missing[c] ? Math.Min(_of[c].Missed + 1, MostMissed) : 0;
            waits |= _of[c].Beyond > 0 && _of[c].Missed is > 0 and < MostMissed;
        }
        if (waits && !beyond) return;
        Beyond = Math.Max(0, Beyond + (beyond ? 1 : -1));
        for (int c = 0; c < y.Length; c++)
        {
            _of[c].Last = double.NaN;  // the way back is no step
            _of[c].Beyond = Beyond == 0 ? 0 : _of[c].Beyond + (_of[c].Resized || (_of[c].Missed == 0 && scaler.IsBeyond(c, y[c])) ? 1 : 0);
            if (Beyond == 0) (_of[c].Far, _of[c].Within) = (0, 0);
            else if (_of[c].Missed == 0) _of[c].Lie(far: Math.Abs(y[c]) >= scaler.Limit);
        }
    }

    /// <summary>Whether a channel has been beyond the present scaling for long, and is not back.</summary>
    public bool IsAway(int channel) => Beyond > 0 && _of[channel].Far >= Gone;

    /// <summary>Whether a channel had no value for so long that it is not waited for.</summary>
    public bool IsSilent(int channel) => _of[channel].Missed >= MostMissed;

    /// <summary>Channels that are away, ascending.</summary>
    public int[] Away => [.. Enumerable.Range(0, _of.Length).Where(IsAway)];

    /// <summary>Whether a channel is away.</summary>
    public bool AnyAway
    {
        get
        {
            for (int c = 0; Beyond > 0 && c < _of.Length; c++)
                if (IsAway(c)) return true;
            return false;
        }
    }

    /// <summary>
    /// The feed is within the scaling again, for as long as it was beyond it; and no channel comes and goes, which another scaling is to
    /// have room for.
    /// </summary>
    public bool IsBack
    {
        get
        {
            foreach (ref readonly Of of in _of.AsSpan())
                if (of.Times > ForLife) return false;
            return Beyond == 0;
        }
    }

    /// <summary>The feed has left the present scaling.</summary>
    /// <returns>The channels that did: beyond it half as often as the one that was so most often; empty: all.</returns>
    public int[] Leave()
    {
        int most = _of.Max(of => of.Beyond);
        int[] left = [.. Enumerable.Range(0, _of.Length).Where(c => _of[c].Beyond > 0 && _of[c].Beyond >= most / 2)];
        foreach (int c in left) _of[c].Times++;
        return left.Length == _of.Length ? [] : left;
    }

    /// <summary>
    /// Where the scaling of a channel that left it is to lie, so that the feed is there what it was before: its mean, and how far it goes
    /// from one frame to the next, which a level or a slope hardly changes.
    /// </summary>
    /// <param name="channel">Which.</param>
    /// <param name="frames">[count×channels], beyond the scaling, units of the feed; NaN: no value.</param>
    /// <param name="scaler">The present one.</param>
    /// <returns>Origin and unit, units of the feed; NaN: it is not known.</returns>
    public (double Origin, double Unit) Elsewhere(int channel, ReadOnlySpan<double> frames, Scaler scaler)
    {
        (double mean, double distance, double last) = (0, 0, double.NaN);
        (int count, int pairs) = (0, 0);
        for (int i = channel; i < frames.Length; i += _of.Length)
        {
            double x = frames[i];
            if (!double.IsNaN(x)) mean += (x - mean) / ++count;
            if (Math.Abs(x - last) is var d && !double.IsNaN(d)) distance += (d - distance) / ++pairs;
            last = x;
        }
        Of of = _of[channel];
        double unit = of.Known >= FewestKnown ? distance / of.Distance : double.NaN;
        return double.IsFinite(unit) && unit > 0 && double.IsFinite(mean) ? (mean - unit * of.Mean, unit) : (double.NaN, double.NaN);
    }

    /// <summary>Whether a channel has left its scaling for one that is far smaller.</summary>
    public bool HasShrunk(int channel) => _of[channel] is { Sizes: 0, Resized: true };

    /// <summary>
    /// Whether a channel lies where it never was, or is far smaller than ever. What comes back goes from level to level, and is given room;
    /// what shrank and grew again keeps the unit that it has then.
    /// </summary>
    /// <param name="channel">Which.</param>
    /// <param name="origin">Where its scaling is to lie, units of the feed.</param>
    /// <param name="scaler">The present one.</param>
    public bool GoesOn(int channel, double origin, Scaler scaler)
    {
        double room = .5 * scaler.Limit * scaler.UnitOf(channel);  // what has left lies further from where it was
        if (_of[channel].Resized) return true;
        bool on = origin < _of[channel].Low - room || origin > _of[channel].High + room;
        if (!on) _of[channel].Times = Math.Max(_of[channel].Times, ForLife);
        return on;
    }

    /// <summary>What left went on where it lies, and keeps its unit: it did not leave for a level it comes back from.</summary>
    /// <param name="channels">As <see cref="Leave"/> said.</param>
    public void WentOn(int[] channels)
    {
        for (int c = 0; c < _of.Length; c++)
            if (channels.Length == 0 || channels.Contains(c)) _of[c].Times--;
    }

    /// <summary>The scaling was moved to where the feed is.</summary>
    /// <param name="scaler">The present one.</param>
    /// <param name="channels">Of which it was.</param>
    public void Moved(Scaler scaler, int[] channels)
    {
        foreach (int c in channels)
            if (_of[c].Resized) _of[c].Sizes++;
        Beyond = 0;
        Lie(scaler);
        for (int c = 0; c < _of.Length; c++) (_of[c].Beyond, _of[c].Far, _of[c].Within, _of[c].Last) = (0, 0, 0, double.NaN);
        foreach (ref Of of in _of.AsSpan()) of.Forget();
    }

    /// <summary>A scaling is fixed: what left twice is given room.</summary>
    /// <param name="scaler">Not used yet.</param>
    public void Fix(Scaler scaler)
    {
        Lie(scaler);
        for (int c = 0; c < _of.Length; c++)
            if (_of[c].Times >= ForLife) scaler.Widen(c, (_of[c].High - _of[c].Low) / (Share * scaler.Limit));
    }

    /// <summary>Where the levels lie.</summary>
    public void Lie(Scaler scaler)
    {
        double[] level = new double[_of.Length];
        scaler.Unscale(level, level);
        for (int c = 0; c < level.Length; c++)
            (_of[c].Low, _of[c].High) = (Math.Min(_of[c].Low, level[c]), Math.Max(_of[c].High, level[c]));
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry<Of>(_of);
        Beyond = state.Carried(Beyond);
    }

    struct Of()
    {
        public int Times, Beyond;  // that it left; frames beyond the present scaling since the feed last kept to it
        public int Missed;         // frames in a row without a value, up to a bound
        public int Far, Within;    // values beyond the limit, less those that are not, up to a bound; and of these, in a row
        public int Known;          // frames in its scaling that tell what it is there, up to a bound
        public double Mean, Distance, Last = double.NaN;  // scaled: mean, mean distance from one frame to the next, the last frame
        public double Square;      // scaled: mean square of it there
        public double BlockMean, BlockSquare, BlockDistance, Before = double.NaN;  // of the block so far, and its last frame
        public int Looked;         // frames of it
        public double LateDistance, LateWay;  // of the block before: mean distance, and in deviations; 0: there was none
        public int Sizes;          // 1: it shrank; 2: and is as large again
        public double Low = double.PositiveInfinity, High = double.NegativeInfinity;  // of its levels, units of the feed

        public void Follow(double y)
        {
            double distance = Math.Abs(y - Last);
            Last = y;
            if (double.IsNaN(distance) || (LateWay > 0 && LateDistance < .5 * Distance)) return;  // it shrinks
            Known = (int)Math.Min(Known + 1, MostKnown);
            Mean += (y - Mean) / Known;
            Distance += (distance - Distance) / Known;
            Square += (y * y - Square) / Known;
        }

        public void Lie(bool far)
        {
            Far = far ? Math.Min(Far + 1, 2 * Gone) : Math.Max(0, Far - (Far < Gone ? 1 : 0));
            Within = far ? 0 : Within + 1;
            if (Within >= Gone) (Far, Within) = (0, 0);
        }

        public void Look(double y)
        {
            double distance = Math.Abs(y - Before);
            Before = y;
            if (double.IsNaN(distance)) return;
            Looked++;
            BlockMean += (y - BlockMean) / Looked;
            BlockSquare += (y * y - BlockSquare) / Looked;
            BlockDistance += (distance - BlockDistance) / Looked;
            if (Looked < Late) return;
            (LateDistance, LateWay) = (BlockDistance, BlockDistance / Math.Sqrt(Math.Max(1e-30, BlockSquare - BlockMean * BlockMean)));
            Begin();
        }

        public void Begin() => (Looked, BlockMean, BlockSquare, BlockDistance, Before) = (0, 0, 0, 0, double.NaN);

        public void Forget()
        {
            Begin();
            (LateDistance, LateWay) = (0, 0);
        }

        // A machine that stands still goes its way otherwise than one that runs: only what is the same in small has shrunk. That, once:
        // what grew again may be smaller at times.
        public readonly bool Resized
        {
            get
            {
                if (!(LateWay > 0) || Known < Late) return false;
                if (Sizes == 1) return LateDistance > Smaller * Distance;
                if (Sizes != 0 || LateDistance * Smaller > Distance || LateDistance * Stands < Distance) return false;
                double usual = Distance / Math.Sqrt(Square - Mean * Mean);
                return LateWay < Alike * usual && usual < Alike * LateWay;
            }
        }
    }
}
