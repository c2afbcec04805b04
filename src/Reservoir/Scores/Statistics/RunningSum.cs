namespace Esn;

/// <summary>Sum over the last steps, channel by channel; made anew once a turn, so that rounding errors do not gather.</summary>
/// <param name="channels">≥ 1.</param>
/// <param name="steps">Of the sum, ≥ 1.</param>
sealed class RunningSum(int channels, int steps)
{
    readonly RecentSteps<double> _recent = new(steps, channels);
    readonly double[] _sums = new double[channels];

    /// <summary>[channels]; what came before the first step counts as 0.</summary>
    public ReadOnlySpan<double> Values => _sums;

    /// <summary>Takes a step.</summary>
    /// <param name="values">[channels].</param>
    /// <returns>Whether the sums were made anew, as once in as many steps as they are of.</returns>
    public bool Add(ReadOnlySpan<double> values)
    {
        Span<double> oldest = _recent.Oldest;
        for (int c = 0; c < oldest.Length; c++)
        {
            _sums[c] += values[c] - oldest[c];
            oldest[c] = values[c];
        }
        if (!_recent.Advance()) return false;
        ReadOnlySpan<double> rows = _recent.Rows;
        Array.Clear(_sums);
        for (int i = 0; i < rows.Length; i += _sums.Length)
            for (int c = 0; c < _sums.Length; c++) _sums[c] += rows[i + c];
        return true;
    }

    /// <summary>As if no step had been taken.</summary>
    public void Clear()
    {
        _recent.Clear();
        Array.Clear(_sums);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        _recent.Carry(ref state);
        state.Carry(_sums);
    }
}
