namespace Esn;

/// <summary>
/// What can be told of a channel before a model knows it: a value that leapt as none before and came back to where it was, and a channel
/// that moved all the time and stands still. A leap that stays may be a machine that starts, and is not told.
/// </summary>
/// <remarks>
/// Both by <see cref="Unprecedented"/>, what was expected being the value before: a record must be the larger the younger a feed is.
/// Nothing that the model learns depends on it.
/// </remarks>
sealed class YoungChannels : IJudgement
{
    const int Back = 10;         // frames in which what leapt is back, or stays
    const double Near = .25;     // of the leap, from where it was: it is back
    const double Moves = .5;     // part of the frames in which a channel moves at the least, that is told to leap,
    const double Lives = .9;     // and to stand still
    const double Most = 1.5;     // who knows little calls nothing critical

    readonly Unprecedented _leaps, _stills;
    readonly Of[] _of;           // [channels]
    readonly double[] _before;   // frame, units of the feed; NaN: none [channels]
    readonly double[] _margins;  // [scores]: the last is of this
    readonly double _nats;       // that an alarm is worth, as −ln p
    readonly int _hold;
    readonly AlarmSpec _alarm;
    readonly double[] _seen;     // scratch [channels]
    int _held;                   // steps that it still is told for

    /// <param name="spec">Of what is unprecedented.</param>
    /// <param name="channels">≥ 1.</param>
    /// <param name="rate">Of what may be told, a step, (0, 1).</param>
    /// <param name="scores">Raw scores of the judge, the last of which is of what is unprecedented.</param>
    /// <param name="alarm">That says by how much a value must deviate.</param>
    public YoungChannels(UnprecedentedSpec spec, int channels, double rate, int scores, AlarmSpec alarm)
    {
        (_alarm, _seen) = (alarm, new double[channels]);
        _leaps = new Unprecedented(spec with { Widths = false, Standstills = false, Hold = 1 }, channels, rate);
        _stills = new Unprecedented(spec with { Errors = false, Widths = false, Hold = 1, Once = false }, channels, rate);
        (_of, _before, _margins) = (new Of[channels], new double[channels], new double[scores]);
        (_nats, _hold) = (-Math.Log(rate), spec.Hold);
        _before.AsSpan().Fill(double.NaN);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _margins;

    /// <inheritdoc/>
    public double Score { get; private set; }

    /// <summary>The channel that is told.</summary>
    public int Channel { get; private set; }

    /// <inheritdoc/>
    public bool IsUnusual(int score) => score == _margins.Length - 1 && Score >= 1;

    /// <inheritdoc/>
    public double ScoreOf(int score) => score == _margins.Length - 1 ? Score : 0;

    /// <inheritdoc/>
    public int ChannelOf(int score) => score == _margins.Length - 1 ? Channel : -1;

    /// <summary>The last value of each channel, units of the feed, [channels]; NaN: none.</summary>
    public ReadOnlySpan<double> Before => _before;

    /// <inheritdoc cref="Judge.StepEarly"/>
    public bool Step(ReadOnlySpan<double> frame, bool muted, Span<double> usual)
    {
        if (muted) Skip();
        else Step(frame);
        if (Score < 1) return false;
        usual[Channel] = _of[Channel].From;
        double off = Math.Abs(_of[Channel].Seen - _of[Channel].From);
        // What stands still does not deviate.
        return off == 0 || _alarm.MinimumDeviation.Count == 0 || off >= _alarm.MinimumOf(Channel);
    }

    /// <inheritdoc cref="Judge.SeenEarly"/>
    public ReadOnlySpan<double> SeenIn(ReadOnlySpan<double> frame)
    {
        if (Score < 1) return frame;
        frame.CopyTo(_seen);
        _seen[Channel] = _of[Channel].Seen;
        return _seen;
    }

    // A frame that is to be judged.
    void Step(ReadOnlySpan<double> frame)
    {
        _leaps.Step(frame, _before, frozen: false, warmingUp: false);
        _stills.Step(frame, _before, frozen: false, warmingUp: false);
        double most = 0;
        int channel = Channel;
        for (int c = 0; c < frame.Length; c++)
        {
            if (double.IsNaN(frame[c])) continue;
            double told = _of[c].Take(frame[c], _before[c], _leaps.ScoreOf(c), _stills.ScoreOf(c));
            _before[c] = frame[c];
            if (told > most) (most, channel) = (told, c);
        }
        if (most >= 1) (Score, Channel, _held) = (Math.Min(Most, most), channel, _hold);
        else if (--_held <= 0) (Score, _held) = (0, 0);
        _margins[^1] = Score * _nats;
    }

    void Skip()
    {
        _leaps.Skip();
        _stills.Skip();
        _before.AsSpan().Fill(double.NaN);
        for (int c = 0; c < _of.Length; c++) _of[c].Since = 0;
        (Score, _held, _margins[^1]) = (0, 0, 0);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _leaps.Carry(ref state);
        _stills.Carry(ref state);
        state.Carry<Of>(_of);
        state.Carry(_before);
        state.Carry(ref _held);
        Score = state.Carried(Score);
        Channel = state.Carried(Channel);
        if (state.Loading) _margins[^1] = Score * _nats;
    }

    struct Of
    {
        public double Count, Moved;  // values that have one before them; of these, others than that
        public double From, Seen;    // what it was before it leapt, or stands at; what it was at its furthest
        public double Told;          // what the leap is worth
        public double Run;           // values in a row that are the very same
        public int Since;            // values since it leapt; 0: it is back, or stayed

        public double Take(double x, double before, double leap, double still)
        {
            if (double.IsNaN(before)) return 0;
            Count++;
            Run = x == before ? Run + 1 : 0;
            if (Run == 0) Moved++;
            double told = 0;
            if (Since > 0)
            {
                bool back = Math.Abs(x - From) <= Near * Math.Abs(Seen - From);
                if (Math.Abs(x - From) > Math.Abs(Seen - From)) Seen = x;
                told = back ? Told : 0;
                Since = back || Since == Back ? 0 : Since + 1;
            }
            else if (leap >= 1 && Moved >= Moves * Count) (From, Seen, Told, Since) = (before, x, leap, 1);
            if (told > 0 || still < 1 || Moved < Lives * (Count - Run)) return told;
            (From, Seen) = (x, x);
            return still;
        }
    }
}
