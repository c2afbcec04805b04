using System.Text;

namespace Esn.Streaming.Feeds;

/// <summary>
/// Takes bytes that are no UTF-8 for letters of Windows-1252, of which ISO 8859-1 is a part: a file without a mark of its encoding is read
/// as UTF-8 where it can be.
/// </summary>
sealed class Windows1252 : DecoderFallback
{
    const int First = 0x80;
    const string Letters =  // of 0x80 … 0x9f; those above are the same in Unicode
        "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

    /// <summary>Whether there were such bytes.</summary>
    public bool Used { get; private set; }

    /// <inheritdoc/>
    public override int MaxCharCount => 4;  // bytes that are found to be no letter together

    /// <inheritdoc/>
    public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(this);

    static char Letter(byte code) => code is >= First and < 0xa0 ? Letters[code - First] : (char)code;

    sealed class Buffer(Windows1252 owner) : DecoderFallbackBuffer
    {
        char[] _letters = [];
        int _next;

        public override int Remaining => _letters.Length - _next;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            (_letters, _next, owner.Used) = ([.. bytesUnknown.Select(Letter)], 0, true);
            return _letters.Length > 0;
        }

        public override char GetNextChar() => Remaining > 0 ? _letters[_next++] : '\0';

        public override bool MovePrevious()
        {
            if (_next == 0) return false;
            _next--;
            return true;
        }

        public override void Reset() => (_letters, _next) = ([], 0);
    }
}
