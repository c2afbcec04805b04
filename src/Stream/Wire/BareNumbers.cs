namespace Esn.Streaming.Wire;

/// <summary>
/// Numbers that JSON does not know, and that programs write nevertheless where they have no value: NaN, Infinity, -Infinity.
/// </summary>
static class BareNumbers
{
    static readonly byte[][] Words = ["NaN"u8.ToArray(), "-Infinity"u8.ToArray(), "Infinity"u8.ToArray()];

    /// <summary>The same with null for each of these words, but for those in texts; null: there are none.</summary>
    public static byte[]? TryReplace(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("NaN"u8) < 0 && json.IndexOf("Infinity"u8) < 0) return null;
        var replaced = new List<byte>(json.Length + 4);
        bool text = false, any = false;
        for (int i = 0; i < json.Length; i++)
        {
            if (text && json[i] == (byte)'\\' && i + 1 < json.Length) replaced.Add(json[i++]);
            else if (json[i] == (byte)'"') text = !text;
            else if (!text && Word(json[i..]) is { } word)
            {
                replaced.AddRange("null"u8);
                i += word.Length - 1;
                any = true;
                continue;
            }
            replaced.Add(json[i]);
        }
        return any ? [.. replaced] : null;
    }

    static byte[]? Word(ReadOnlySpan<byte> at)
    {
        foreach (byte[] word in Words)
            if (at.StartsWith(word)) return word;
        return null;
    }
}
