namespace Esn;

/// <summary>What was kept of the last steps, a row a step: a new row takes the place of the oldest.</summary>
/// <param name="steps">Rows, ≥ 1.</param>
/// <param name="width">Length of a row, ≥ 1.</param>
sealed class RecentSteps<T>(int steps, int width = 1) where T : unmanaged
{
    readonly T[] _rows = new T[steps * width];
    int _oldest;  // where its row begins

    /// <summary>The row of as many steps ago as there are rows, which this step's is to overwrite; 0 until there was such a step.</summary>
    public Span<T> Oldest => _rows.AsSpan(_oldest, width);

    /// <summary>All rows, [steps×width]; where <see cref="Advance"/> completed a turn, from the oldest to the newest.</summary>
    public Span<T> Rows => _rows;

    /// <summary>Ends the step.</summary>
    /// <returns>Whether a turn is complete: as many steps were taken as there are rows, or a multiple.</returns>
    public bool Advance()
    {
        _oldest += width;
        if (_oldest < _rows.Length) return false;
        _oldest = 0;
        return true;
    }

    /// <summary>As if no step had been taken.</summary>
    public void Clear()
    {
        Array.Clear(_rows);
        _oldest = 0;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_rows);
        state.Carry(ref _oldest, 0, _rows.Length - width);
    }
}
