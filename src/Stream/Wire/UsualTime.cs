using System.Text.Json;

namespace Esn.Streaming.Wire;

/// <summary>
/// Times as most feeds write them, read without a text made of them: 2026-01-05T13:00:00.25Z, and numbers that are no date.
/// </summary>
/// <remarks>Not thread-safe: the last one is kept, as streams that are measured together have the same time.</remarks>
sealed class UsualTime
{
    const int Longest = 40;  // bytes: longer ones are not kept

    readonly byte[] _text = new byte[Longest];
    int _length;
    DateTime _time;

    /// <summary>The time that the reader is at, UTC; null: it may be written in any other way.</summary>
    public DateTime? Read(ref Utf8JsonReader reader, FieldsRead read)
    {
        if (reader.HasValueSequence) return null;
        if (reader.TokenType == JsonTokenType.String) return Text(ref reader);
        if (reader.TokenType != JsonTokenType.Number || TimeText.MayBeCompact(reader.ValueSpan.Length)
            || !reader.TryGetDouble(out double since)) return null;
        read.MayBeDays = FeedTime.MayBeDays(since);
        return FeedTime.FromNumber(since);
    }

    DateTime? Text(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> text = reader.ValueSpan;
        if (text is not [.., (byte)'Z'] || reader.ValueIsEscaped) return null;
        if (text.SequenceEqual(_text.AsSpan(0, _length))) return _time;
        if (!reader.TryGetDateTimeOffset(out DateTimeOffset stamp)) return null;
        if (text.TryCopyTo(_text)) (_length, _time) = (text.Length, stamp.UtcDateTime);
        return stamp.UtcDateTime;
    }
}
