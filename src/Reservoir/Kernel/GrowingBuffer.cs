using System.Runtime.InteropServices;

namespace Esn;

/// <summary>Numbers outside the managed heap that may become more: growing leaves no garbage.</summary>
/// <remarks>
/// The memory lives as long as this object: whoever works on <see cref="Values"/> keeps it alive, as a detector does for its step.
/// </remarks>
sealed unsafe class GrowingBuffer
{
    float* _values;

    ~GrowingBuffer() => NativeMemory.Free(_values);

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>Until the next <see cref="Resize"/>.</summary>
    public Span<float> Values => new(_values, Length);

    /// <summary>Changes the number; what is kept keeps its place, what is new is 0.</summary>
    /// <param name="length">≥ 0.</param>
    public void Resize(int length)
    {
        if (length == Length) return;
        _values = (float*)NativeMemory.Realloc(_values, (nuint)length * sizeof(float));
        if (length > Length) new Span<float>(_values + Length, length - Length).Clear();
        Length = length;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state, int most)
    {
        int length = Length;
        state.Carry(ref length, 0, most);
        Resize(length);
        state.Carry(Values);
    }
}
