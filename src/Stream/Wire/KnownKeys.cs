using System.IO.Hashing;

namespace Esn.Streaming.Wire;

/// <summary>Keys that came of late and what is known of each, found by their bytes: most keys come again and again.</summary>
/// <remarks>Not thread-safe. A key has one place, by its hash, and what comes there later takes it: memory is bounded.</remarks>
/// <typeparam name="T">What is known of a key.</typeparam>
sealed class KnownKeys<T> where T : class
{
    const int Places = 1 << 16;
    const int Longest = 64;  // bytes: longer ones are not kept

    readonly (byte[] Key, T What)[] _known = new (byte[], T)[Places];

    /// <summary>What is known of a key; null: nothing.</summary>
    public T? Find(ReadOnlySpan<byte> key)
    {
        if (key.Length > Longest) return null;
        (byte[] known, T what) = _known[Place(key)];
        return key.SequenceEqual(known) ? what : null;
    }

    /// <summary>This is known of a key, which nobody writes to any more.</summary>
    public void Keep(byte[] key, T what)
    {
        if (key.Length <= Longest) _known[Place(key)] = (key, what);
    }

    static int Place(ReadOnlySpan<byte> key) => (int)XxHash3.HashToUInt64(key) & (Places - 1);
}
