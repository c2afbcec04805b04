namespace Esn;

/// <summary>The rows of the last steps; a new step takes the place of the oldest.</summary>
/// <param name="steps">Rows kept, ≥ 1.</param>
/// <param name="width">Doubles of a row, a multiple of 8; zero until written.</param>
sealed unsafe class Ring(int steps, int width)
{
    readonly AlignedBuffer _rows = new((long)steps * width);

    /// <summary>Rows kept.</summary>
    public int Steps => steps;

    /// <summary>Bytes of state.</summary>
    public long Bytes => sizeof(double) * _rows.Length;

    /// <summary>The row of a step, ≥ 0.</summary>
    public double* this[long step] => _rows.Pointer + step % steps * width;

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_rows);
    }
}
