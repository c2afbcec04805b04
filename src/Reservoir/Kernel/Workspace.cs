namespace Esn;

/// <summary>Scratch memory, grown when more is needed.</summary>
sealed unsafe class Workspace
{
    [ThreadStatic] static Workspace? t_own;

    AlignedBuffer? _buffer;
    long _taken;

    /// <summary>This thread's, for work that ends before the call does: a fleet of streams needs no scratch of its own.</summary>
    public static Workspace OfThread => t_own ??= new Workspace();

    /// <summary>Gives back all that was taken and makes room.</summary>
    /// <param name="length">Doubles that will be taken.</param>
    public void Reset(long length)
    {
        _taken = 0;
        if (_buffer is null || _buffer.Length < length) _buffer = new AlignedBuffer(length);
    }

    /// <summary>The next doubles, not cleared; a multiple of 8 keeps the alignment.</summary>
    public double* Take(long length)
    {
        double* start = _buffer!.Pointer + _taken;
        _taken += length;
        System.Diagnostics.Debug.Assert(_taken <= _buffer.Length);
        return start;
    }
}
