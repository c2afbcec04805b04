namespace Esn.Streaming.Wire;

/// <summary>Numbers that JSON does not know, and that programs write nevertheless: NaN, Infinity, -Infinity.</summary>
static class BareNumbers
{
    static readonly byte[][] Words = ["NaN"u8.ToArray(), "-Infinity"u8.ToArray(), "Infinity"u8.ToArray()];

    /// <summary>The same with these words as texts; null: there are none.</summary>
    public static byte[]? TryQuote(ReadOnlySpan<byte> json)
    {
        var quoted = new List<byte>(json.Length + 16);
        bool text = false, any = false;
        for (int i = 0; i < json.Length; i++)
        {
            if (text && json[i] == (byte)'\\' && i + 1 < json.Length) quoted.Add(json[i++]);
            else if (json[i] == (byte)'"') text = !text;
            else if (!text && Word(json[i..]) is { } word)
            {
                quoted.AddRange([(byte)'"', .. word, (byte)'"']);
                i += word.Length - 1;
                any = true;
                continue;
            }
            quoted.Add(json[i]);
        }
        return any ? [.. quoted] : null;
    }

    static byte[]? Word(ReadOnlySpan<byte> at)
    {
        foreach (byte[] word in Words)
            if (at.StartsWith(word)) return word;
        return null;
    }
}
