using System.Globalization;

namespace Esn.Streaming.Feeds;

/// <summary>Lines of a text, each bounded in length, some of which can be looked at before they are taken.</summary>
/// <param name="text">Disposed with this.</param>
/// <param name="others">Told of bytes that are no UTF-8.</param>
sealed class LineReader(TextReader text, Windows1252 others) : IDisposable
{
    /// <summary>Characters of a line at the most: what is longer is no row.</summary>
    public const int MostCharacters = 1 << 20;

    const int Kept = 1024;  // characters of such a line: to see what it is

    readonly char[] _buffer = new char[1 << 16];
    readonly List<(string Text, bool TooLong)> _ahead = [];
    int _at, _end, _next;
    bool _afterReturn, _cut;

    /// <summary>Number of the line that was taken last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Whether the line that was taken last is the last of the text, and nothing says that it is whole.</summary>
    public bool EndsWithinLine => _cut && _next == _ahead.Count;

    /// <summary>What is wrong with the line that was taken last, of which only the beginning is there; null: nothing.</summary>
    public string? Problem { get; private set; }

    /// <summary>What a person should know about how the text was read so far.</summary>
    public IReadOnlyList<string> Notes => !others.Used ? []
        : ["the file is no UTF-8: it is read as Windows-1252 (iconv -f ENCODING -t UTF-8 FILE where its letters look wrong)"];

    /// <summary>The next line; null: there is none.</summary>
    public string? Take()
    {
        string? line = Peek(0);
        if (line is null) return null;
        bool tooLong = IsTooLong(0);
        _next++;
        Number++;
        Problem = !tooLong ? null
            : string.Create(CultureInfo.InvariantCulture, $"line {Number} has more than {MostCharacters} characters");
        if (_next == _ahead.Count)
        {
            _ahead.Clear();
            _next = 0;
        }
        return line;
    }

    /// <summary>A line that is not taken yet; null: there are not so many.</summary>
    /// <param name="lines">How many come before it.</param>
    public string? Peek(int lines)
    {
        while (_ahead.Count - _next <= lines)
        {
            if (Read() is not { } line) return null;
            _ahead.Add(line);
        }
        return _ahead[_next + lines].Text;
    }

    /// <summary>Whether a line that is not taken yet is longer than any row, and only its beginning there.</summary>
    public bool IsTooLong(int lines) => Peek(lines) is not null && _ahead[_next + lines].TooLong;

    /// <inheritdoc/>
    public void Dispose() => text.Dispose();

    (string Text, bool TooLong)? Read()
    {
        string? begun = null;
        bool tooLong = false;
        while (true)
        {
            if (_at == _end)
            {
                (_at, _end) = (0, text.Read(_buffer, 0, _buffer.Length));
                if (_end == 0)
                {
                    _cut |= begun is not null;
                    return begun is null ? null : (begun, tooLong);
                }
            }
            if (_afterReturn && _buffer[_at] == '\n') _at++;
            _afterReturn = false;
            Span<char> rest = _buffer.AsSpan(_at, _end - _at);
            int length = rest.IndexOfAny('\n', '\r');
            if (!tooLong) begun = string.Concat(begun, length < 0 ? rest : rest[..length]);
            if (begun!.Length > MostCharacters) (begun, tooLong) = (begun[..Kept], true);
            _at += length < 0 ? rest.Length : length + 1;
            if (length < 0)
            {
                if (rest.Length == 0) begun = begun.Length == 0 ? null : begun;
                continue;
            }
            _afterReturn = rest[length] == '\r';
            return (begun, tooLong);
        }
    }
}
