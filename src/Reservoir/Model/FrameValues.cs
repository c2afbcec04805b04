namespace Esn;

/// <summary>
/// What of a stream's frames is a value to its model. What is missing is taken to be as it was foretold; so is, while the model still
/// learns, what may be the code of a fault, and later what has been beyond the scaling for long, where other channels are not. Of a frame
/// that is not to be judged the reservoir sees what might have been foretold.
/// </summary>
/// <param name="spec">Of the model.</param>
/// <param name="channels">Of the feed.</param>
/// <remarks>Such a frame is alone in its block: it waits for what is foretold of it.</remarks>
sealed class FrameValues(ModelSpec spec, int channels)
{
    [ThreadStatic] static double[]? s_believed;  // a frame without what is doubted [channels]: scratch that streams share

    readonly int _young = spec.Schedule.AlarmFrom;
    readonly double _mutedReach = spec.MutedReach;
    MissingValues? _missing;  // made with the first value that is missing
    int _doubts;              // frames with a value that was taken for none
    bool _any;                // something is set aside
    readonly bool[] _aside = new bool[channels];

    /// <summary>Channels without a value, of the last frame that was alone.</summary>
    public int Missing { get; private set; }

    /// <summary>Which they are, [channels]; empty: none.</summary>
    public ReadOnlySpan<bool> Which => Missing == 0 ? default : _missing!.Which;

    /// <summary>Which are set aside, whether the frame has a value of them or not, [channels]; empty: none.</summary>
    public ReadOnlySpan<bool> Aside => _any ? _aside : default;

    /// <summary>The frame has values, but of what is set aside alone.</summary>
    public bool OnlyAside { get; private set; }

    /// <summary>What is known of a frame, [channels], NaN where there is no value.</summary>
    /// <param name="y">The frame, [channels], scaled, what is missing imputed.</param>
    public ReadOnlySpan<double> Known(ReadOnlySpan<double> y) => Missing == 0 ? y : _missing!.Known;

    /// <summary>Frames that make a block: until the first that is to be alone, or that one.</summary>
    /// <param name="frames">[≥ most×channels], units of the feed; NaN: no value.</param>
    /// <param name="most">≥ 1.</param>
    /// <param name="scaler">That has scaled those before.</param>
    /// <param name="step">Frames that the model has taken.</param>
    /// <param name="whole">No value is missing.</param>
    /// <param name="muted">[≥ most]; empty: none is.</param>
    /// <param name="beyond">What has been beyond the scaling for long is set aside.</param>
    /// <param name="away">Something is.</param>
    /// <returns>1 … most.</returns>
    public int Together(ReadOnlySpan<double> frames, int most, Scaler scaler, long step, bool whole = false,
        ReadOnlySpan<bool> muted = default, bool beyond = false, bool away = false)
    {
        if (away) return 1;
        int count = scaler.Steady(frames, most);
        if (step < _young || beyond) count = scaler.Near(frames, count);
        if (!whole) count = MissingValues.Together(frames, channels, count);
        if (!muted.IsEmpty && double.IsFinite(_mutedReach) && muted[..count].IndexOf(true) is >= 0 and var mute) count = Math.Max(1, mute);
        return count;
    }

    /// <summary>A block is taken.</summary>
    public void Begin() => (Missing, _any, OnlyAside) = (0, false, false);

    /// <summary>
    /// Channels that have been beyond the scaling for long are as if they had no value: what the model, which sees them at its limit, makes
    /// of the others is not to be led astray. Where no others are, or none that still have values, they are not.
    /// </summary>
    /// <param name="y">[channels], scaled.</param>
    /// <param name="left">Which are.</param>
    /// <param name="foretold">ŷ, [channels], scaled.</param>
    /// <param name="reach">What is foretold is clipped at ± this.</param>
    public void SetAside(Span<double> y, LeftScalings left, ReadOnlySpan<double> foretold, double reach)
    {
        (int aside, int others) = (0, 0);
        for (int c = 0; c < channels; c++)
        {
            _aside[c] = left.IsAway(c);
            if (_aside[c]) aside++;
            else if (!left.IsSilent(c)) others++;
        }
        if (aside == 0 || others == 0) return;
        _any = true;
        if (Missing == 0) Impute(y, foretold, reach);
        int missing = Missing;
        for (int c = 0; c < channels; c++)
        {
            if (!_aside[c] || _missing!.Which[c]) continue;
            _missing.Leave(c, y, foretold, reach);
            Missing++;
        }
        OnlyAside = Missing == channels && missing < channels;
    }

    /// <summary>
    /// A model that still is learning would be led astray for good by a code of a fault, and no alarm keeps it from that: a value far
    /// beyond the scaling is none, until it has lasted, or many are.
    /// </summary>
    /// <param name="frame">[channels], units of the feed.</param>
    /// <param name="y">The same, scaled; NaN afterwards for what is none.</param>
    /// <param name="scaler">That has scaled it.</param>
    /// <param name="step">Frames that the model took before.</param>
    /// <returns>What the model is to believe of the frame, [channels]: itself, or scratch.</returns>
    public ReadOnlySpan<double> Doubt(ReadOnlySpan<double> frame, Span<double> y, Scaler scaler, long step)
    {
        if (step >= _young || _doubts > FaultCodes.MostCodes * _young) return frame;
        if (s_believed is null || s_believed.Length < channels) s_believed = new double[channels];
        Span<double> believed = s_believed.AsSpan(0, channels);
        frame.CopyTo(believed);
        bool any = false;
        for (int c = 0; c < channels; c++)
        {
            if (!scaler.IsDoubtful(c) || double.IsNaN(frame[c])) continue;
            believed[c] = y[c] = double.NaN;
            any = true;
        }
        if (!any) return frame;
        _doubts++;
        return believed;
    }

    /// <summary>What has no value is taken to be as it was foretold.</summary>
    /// <param name="y">[channels], scaled; NaN: no value.</param>
    /// <param name="foretold">ŷ, [channels], scaled.</param>
    /// <param name="reach">What is foretold is clipped at ± this.</param>
    public void Impute(Span<double> y, ReadOnlySpan<double> foretold, double reach)
    {
        _missing ??= new MissingValues(channels);
        Missing = _missing.Impute(y, foretold, reach);
    }

    /// <summary>Of a feed that is not to be judged the reservoir sees what might have been foretold.</summary>
    /// <param name="y">[channels], scaled.</param>
    /// <param name="foretold">ŷ, [channels], scaled.</param>
    /// <param name="reach">What is foretold is clipped at ± this.</param>
    public void Withhold(Span<double> y, ReadOnlySpan<double> foretold, double reach)
    {
        for (int c = 0; c < y.Length; c++)
            if (Math.Abs(y[c] - foretold[c]) > _mutedReach) y[c] = Math.Clamp(foretold[c], -reach, reach);
    }

    /// <summary>Whether anything of a frame that is not to be judged is withheld.</summary>
    public bool Withholds => double.IsFinite(_mutedReach);

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state) => state.Carry(ref _doubts);
}
