using System.Globalization;

namespace Esn.Streaming.Feeds;

/// <summary>Lines of a text, each bounded in length, some of which can be looked at before they are taken.</summary>
/// <param name="text">Disposed with this.</param>
/// <param name="name">Of the file, for errors.</param>
sealed class LineReader(TextReader text, string name) : IDisposable
{
    /// <summary>Characters of a line at the most: what is longer is no row.</summary>
    public const int MostCharacters = 1 << 20;

    readonly char[] _buffer = new char[1 << 16];
    readonly List<string> _ahead = [];
    int _at, _end, _next;
    bool _afterReturn, _cut;

    /// <summary>Number of the line that was taken last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Whether the line that was taken last is the last of the text, and nothing says that it is whole.</summary>
    public bool EndsWithinLine => _cut && _next == _ahead.Count;

    /// <summary>The next line; null: there is none.</summary>
    public string? Take()
    {
        string? line = Peek(0);
        if (line is null) return null;
        _next++;
        Number++;
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
        return _ahead[_next + lines];
    }

    /// <inheritdoc/>
    public void Dispose() => text.Dispose();

    string? Read()
    {
        string? begun = null;
        while (true)
        {
            if (_at == _end)
            {
                (_at, _end) = (0, text.Read(_buffer, 0, _buffer.Length));
                if (_end == 0)
                {
                    _cut |= begun is not null;
                    return begun;
                }
            }
            if (_afterReturn && _buffer[_at] == '\n') _at++;
            _afterReturn = false;
            Span<char> rest = _buffer.AsSpan(_at, _end - _at);
            int length = rest.IndexOfAny('\n', '\r');
            string part = new(length < 0 ? rest : rest[..length]);
            begun = begun is null ? part : begun + part;
            if (begun.Length > MostCharacters)
                throw new FeedException(string.Create(CultureInfo.InvariantCulture,
                    $"{name}, line {Number + _ahead.Count - _next + 1}: a line of more than {MostCharacters} characters is no row "
                    + $"of a feed"));
            _at += length < 0 ? rest.Length : length + 1;
            if (length < 0)
            {
                if (rest.Length == 0) begun = begun.Length == 0 ? null : begun;
                continue;
            }
            _afterReturn = rest[length] == '\r';
            return begun;
        }
    }
}
