namespace Esn.Streaming.Wire;

/// <summary>The texts of keys that came of late, found by their bytes: most keys come again and again.</summary>
/// <remarks>Not thread-safe. A key has one place, by its hash, and what comes there later takes it: memory is bounded.</remarks>
sealed class KnownKeys
{
    const int Places = 1 << 16;
    const int Longest = 64;  // bytes: longer ones are not kept

    readonly (byte[] Key, string Text)[] _known = new (byte[], string)[Places];

    /// <summary>The text of a key; null: it is not known.</summary>
    public string? Find(ReadOnlySpan<byte> key)
    {
        if (key.Length > Longest) return null;
        (byte[] known, string text) = _known[Place(key)];
        return key.SequenceEqual(known) ? text : null;
    }

    /// <summary>What the text of a key is.</summary>
    public void Keep(byte[] key, string text)
    {
        if (key.Length <= Longest) _known[Place(key)] = (key, text);
    }

    static int Place(ReadOnlySpan<byte> key)
    {
        var hash = new HashCode();
        hash.AddBytes(key);
        return hash.ToHashCode() & (Places - 1);
    }
}
