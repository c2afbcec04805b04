using System.Runtime.InteropServices;

namespace Esn;

/// <summary>Doubles outside the managed heap, zeroed, aligned to a cache line; large ones ask for huge pages.</summary>
/// <remarks>The memory lives as long as this object: whoever works on <see cref="Pointer"/> keeps the object alive.</remarks>
sealed unsafe partial class AlignedBuffer
{
    const nuint CacheLine = 64;
    const nuint HugePage = 2 << 20;
    const int AdviseHugePage = 14;  // MADV_HUGEPAGE of Linux

    /// <param name="length">Doubles.</param>
    public AlignedBuffer(long length)
    {
        Length = length;
        nuint bytes = Math.Max((nuint)length * sizeof(double), CacheLine);
        bool large = bytes >= HugePage;
        Pointer = (double*)NativeMemory.AlignedAlloc(bytes, large ? HugePage : CacheLine);
        // A matrix of several MB is read once a step: with 4 kB pages the TLB misses cost more than the memory.
        // Advice only: a kernel without huge pages answers with an error that changes nothing.
        if (large && OperatingSystem.IsLinux()) _ = Advise(Pointer, bytes, AdviseHugePage);
        NativeMemory.Clear(Pointer, bytes);
        GC.AddMemoryPressure((long)bytes);
    }

    ~AlignedBuffer()
    {
        NativeMemory.AlignedFree(Pointer);
        GC.RemoveMemoryPressure(Math.Max(Length * sizeof(double), (long)CacheLine));
    }

    /// <summary>Doubles.</summary>
    public long Length { get; }

    /// <summary>The first double.</summary>
    public double* Pointer { get; }

    /// <summary>The doubles from <paramref name="start"/> on.</summary>
    public Span<double> Slice(long start, int length) => new(Pointer + start, length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
