using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// Weights by bin. Only the stretch that was entered takes memory: a fleet has many histograms, and each of them lies within
/// a small part of what is possible.
/// </summary>
/// <param name="count">Bins that are possible.</param>
sealed class SparseHistogram(int count)
{
    const int Piece = 16;  // by which the stretch grows at least

    readonly GrowingBuffer _weights = new();
    int _low;

    /// <summary>First bin of the stretch.</summary>
    public int Low => _low;

    /// <summary>First bin beyond it.</summary>
    public int High => _low + _weights.Length;

    /// <summary>The weight in a bin, 0 outside of the stretch.</summary>
    public float this[int bin] => (uint)(bin - _low) < (uint)_weights.Length ? _weights.Values[bin - _low] : 0;

    /// <summary>Adds to a bin in [0, count).</summary>
    public void Add(int bin, float weight)
    {
        if ((uint)(bin - _low) >= (uint)_weights.Length) Grow(bin);
        _weights.Values[bin - _low] += weight;
    }

    /// <summary>Every weight times a factor.</summary>
    public void Scale(float factor) => TensorPrimitives.Multiply(_weights.Values, factor, _weights.Values);

    /// <summary>Of all weights.</summary>
    public float Sum() => TensorPrimitives.Sum<float>(_weights.Values);

    void Grow(int bin)
    {
        int length = _weights.Length, below = 0;
        if (length == 0) _low = Math.Max(0, bin - Piece);
        else if (bin < _low) below = _low - Math.Max(0, bin - Piece);
        _low -= below;
        _weights.Resize(Math.Max(High + below, Math.Min(count, bin + 1 + (below > 0 ? 0 : Piece))) - _low);
        if (below == 0) return;
        _weights.Values[..length].CopyTo(_weights.Values[below..]);
        _weights.Values[..below].Clear();
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(ref _low, 0, count);
        _weights.Carry(ref state, count - _low);
    }
}
