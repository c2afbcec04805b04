using System.Buffers.Text;

namespace Esn.Streaming.Wire;

/// <summary>
/// Records as most feeds write them, read in one pass over their bytes: {"timestamp": "2026-01-05T13:00:00.25Z", "value": 1.25}, in any
/// order, and nothing else. What is written in any other way is left to the <see cref="FrameDecoder"/>, which reads the same of these.
/// </summary>
/// <remarks>Not thread-safe: the last time is kept, as streams that are measured together have the same.</remarks>
sealed class UsualRecord
{
    const int MostDigits = 15;  // of a number that a double holds exactly, as it does each of these powers: their quotient is rounded once
    const int MostPlaces = 22;
    const int SecondsLength = 19;  // 2026-01-05T13:00:00

    static readonly double[] Powers = [.. Enumerable.Range(0, MostPlaces + 1).Select(k => double.Parse($"1e{k}"))];

    readonly byte[] _timestamp, _value;  // names with what stands around them
    byte[] _text = [];                   // the last time, and the quote behind it
    DateTime _time;

    UsualRecord(FrameFields fields) => (_timestamp, _value) = (Quoted(fields.Timestamp), Quoted(fields.Value));

    /// <summary>For fields of these names; null: their records are read in another way.</summary>
    public static UsualRecord? Of(FrameFields fields) =>
        fields.Stream.Count > 0 || fields.Channels.Count > 0 || fields.Measurements.Count > 0 || fields.Each.Length > 0
            || fields.TimestampFormat.Length > 0 || !IsPlain(fields.Timestamp) || !IsPlain(fields.Value) ? null : new UsualRecord(fields);

    // Of letters that stand in JSON as they are; a dot would be a path.
    static bool IsPlain(string name) => name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-');

    static byte[] Quoted(string name) => [(byte)'"', .. System.Text.Encoding.ASCII.GetBytes(name), (byte)'"'];

    /// <summary>Whether it is such a record.</summary>
    /// <param name="json">Of the record.</param>
    /// <param name="time">UTC.</param>
    /// <param name="value">Finite.</param>
    public bool TryRead(ReadOnlySpan<byte> json, out DateTime time, out double value)
    {
        (time, value) = (default, 0);
        int at = 0;
        bool timed = false, valued = false;
        byte next = Next(json, ref at);
        if (next != '{') return false;
        do
        {
            Skip(json, ref at);
            if (!timed && Is(json, _timestamp, ref at))
            {
                if (Next(json, ref at) != ':' || !Time(json, ref at, out time)) return false;
                timed = true;
            }
            else if (!valued && Is(json, _value, ref at))
            {
                if (Next(json, ref at) != ':' || !Number(json, ref at, out value)) return false;
                valued = true;
            }
            else return false;
            next = Next(json, ref at);
        }
        while (next == ',');
        if (next != '}' || !timed || !valued) return false;
        Skip(json, ref at);
        return at == json.Length;
    }

    static bool Is(ReadOnlySpan<byte> json, byte[] text, ref int at)
    {
        if (!json[at..].StartsWith(text)) return false;
        at += text.Length;
        return true;
    }

    // Behind the spaces; 0: there is none.
    static byte Next(ReadOnlySpan<byte> json, ref int at)
    {
        Skip(json, ref at);
        return at < json.Length ? json[at++] : (byte)0;
    }

    static void Skip(ReadOnlySpan<byte> json, ref int at)
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t') at++;
    }

    static bool Number(ReadOnlySpan<byte> json, ref int at, out double number)
    {
        Skip(json, ref at);
        number = 0;
        int start = at;
        bool negative = at < json.Length && json[at] == '-';
        if (negative) at++;
        int first = at;
        long digits = Digits(json, ref at, 0);
        int whole = at - first, places = 0;
        if (whole == 0 || (whole > 1 && json[first] == '0')) return false;
        if (at < json.Length && json[at] == '.')
        {
            int point = ++at;
            digits = Digits(json, ref at, digits);
            places = at - point;
            if (places == 0) return false;
        }
        if (at < json.Length && json[at] is (byte)'e' or (byte)'E') return false;
        if (whole + places <= MostDigits)
        {
            number = digits / Powers[places];
            if (negative) number = -number;
            return true;
        }
        ReadOnlySpan<byte> text = json[start..at];
        return Utf8Parser.TryParse(text, out number, out int read) && read == text.Length && double.IsFinite(number);
    }

    // Appends them to a number, which is of no use where they are too many.
    static long Digits(ReadOnlySpan<byte> json, ref int at, long number)
    {
        for (uint digit; at < json.Length && (digit = json[at] - (uint)'0') <= 9; at++) number = unchecked(10 * number + digit);
        return number;
    }

    bool Time(ReadOnlySpan<byte> json, ref int at, out DateTime time)
    {
        Skip(json, ref at);
        time = _time;
        if (at >= json.Length || json[at] != '"') return false;
        ReadOnlySpan<byte> text = json[++at..];
        if (_text.Length > 0 && text.StartsWith(_text))
        {
            at += _text.Length;
            return true;
        }
        int length = text.IndexOf((byte)'"') + 1;
        if (length == 0 || Parse(text[..(length - 1)]) is not { } parsed) return false;
        (_text, _time) = (text[..length].ToArray(), time = parsed);
        at += length;
        return true;
    }

    // 2026-01-05T13:00:00Z, with up to seven digits of a second.
    static DateTime? Parse(ReadOnlySpan<byte> text)
    {
        if (text.Length <= SecondsLength || text[^1] != 'Z' || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':'
            || text[16] != ':') return null;
        int year = Part(text[..4]), month = Part(text[5..7]), day = Part(text[8..10]), hour = Part(text[11..13]),
            minute = Part(text[14..16]), second = Part(text[17..19]), ticks = 0;
        ReadOnlySpan<byte> rest = text[SecondsLength..^1];
        if (!rest.IsEmpty)
        {
            if (rest[0] != '.' || rest.Length is < 2 or > 8 || (ticks = Part(rest[1..])) < 0) return null;
            for (int places = rest.Length - 1; places < 7; places++) ticks *= 10;
        }
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour is < 0 or > 23
            || minute is < 0 or > 59 || second is < 0 or > 59) return null;
        return new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).AddTicks(ticks);
    }

    // −1: not of digits alone.
    static int Part(ReadOnlySpan<byte> text)
    {
        int at = 0;
        long number = Digits(text, ref at, 0);
        return at == text.Length ? (int)number : -1;
    }
}
