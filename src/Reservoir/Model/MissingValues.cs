namespace Esn;

/// <summary>The values that a frame does not have, and what is taken in their place. NaN is no value.</summary>
/// <param name="channels">Of the feed.</param>
sealed class MissingValues(int channels)
{
    readonly bool[] _which = new bool[channels];
    readonly double[] _known = new double[channels];

    /// <summary>Of the last frame: which channels have no value, [channels].</summary>
    public ReadOnlySpan<bool> Which => _which;

    /// <summary>Of the last frame: y(t), [channels], NaN where there is no value.</summary>
    public ReadOnlySpan<double> Known => _known;

    /// <summary>What has no value becomes what was foretold.</summary>
    /// <param name="y">[channels], scaled.</param>
    /// <param name="foretold">ŷ, [channels], scaled; NaN: 0 is.</param>
    /// <param name="reach">What is foretold is clipped at ± this.</param>
    /// <returns>How many have none.</returns>
    public int Impute(Span<double> y, ReadOnlySpan<double> foretold, double reach)
    {
        int count = 0;
        y.CopyTo(_known);
        for (int c = 0; c < y.Length; c++)
        {
            _which[c] = double.IsNaN(y[c]);
            if (!_which[c]) continue;
            count++;
            y[c] = double.IsNaN(foretold[c]) ? 0 : Math.Clamp(foretold[c], -reach, reach);
        }
        return count;
    }

    /// <summary>A value of the same frame is taken for none, and becomes what was foretold.</summary>
    /// <param name="channel">That has a value so far.</param>
    /// <param name="y">[channels], scaled.</param>
    /// <param name="foretold">ŷ, [channels], scaled; NaN: 0 is.</param>
    /// <param name="reach">What is foretold is clipped at ± this.</param>
    public void Leave(int channel, Span<double> y, ReadOnlySpan<double> foretold, double reach)
    {
        (_which[channel], _known[channel]) = (true, double.NaN);
        y[channel] = double.IsNaN(foretold[channel]) ? 0 : Math.Clamp(foretold[channel], -reach, reach);
    }

    /// <summary>Whether a value is missing.</summary>
    public static bool Any(ReadOnlySpan<double> frame)
    {
        foreach (double value in frame)
            if (double.IsNaN(value)) return true;
        return false;
    }

    /// <summary>Whether there is none.</summary>
    public static bool AreAll(ReadOnlySpan<double> frame)
    {
        foreach (double value in frame)
            if (!double.IsNaN(value)) return false;
        return true;
    }

    /// <summary>
    /// Frames that can be announced together: a frame with a value missing waits for what is foretold of it, so it is alone.
    /// </summary>
    /// <param name="frames">[≥ most×channels].</param>
    /// <param name="channels">Of each.</param>
    /// <param name="most">≥ 1.</param>
    /// <returns>1 … most.</returns>
    public static int Together(ReadOnlySpan<double> frames, int channels, int most)
    {
        int count = 0;
        while (count < most && !Any(frames.Slice(count * channels, channels))) count++;
        return Math.Max(1, count);
    }

    /// <summary>
    /// Frames that a scaling can be fixed by: what is missing is as the value before, at the beginning as the first, and 0 in a
    /// channel that has none.
    /// </summary>
    /// <param name="frames">[count×channels].</param>
    /// <param name="channels">Of each.</param>
    /// <returns>The same array where nothing is missing.</returns>
    public static double[] Filled(double[] frames, int channels)
    {
        if (!Any(frames)) return frames;
        double[] filled = [.. frames];
        for (int c = 0; c < channels; c++)
        {
            double last = 0;
            for (int i = c; i < frames.Length; i += channels)
            {
                if (double.IsNaN(frames[i])) continue;
                last = frames[i];
                break;
            }
            for (int i = c; i < frames.Length; i += channels)
            {
                if (double.IsNaN(frames[i])) filled[i] = last;
                else last = frames[i];
            }
        }
        return filled;
    }
}
