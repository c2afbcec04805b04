using System.CommandLine;
using System.Globalization;
using Esn.Streaming.Feeds;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Commands;

/// <summary>What can be said about a file where it does not say it: which column is what, how times and numbers are written.</summary>
sealed class FileOptions
{
    readonly Option<string[]> _values =
        new("--value-column")
        {
            Description = "A column that is a channel; may be repeated. Default: all columns of numbers but times, labels and indices.",
        };
    readonly Option<string?> _time =
        new("--time-column") { Description = "The column of times. Default: recognised by its name and by what it holds." };
    readonly Option<string?> _format =
        new("--time-format") { Description = $"How times are written: {TimeFormat.Said}. Default: recognised by all rows." };
    readonly Option<string?> _zone =
        new("--timezone") { Description = "Whose clock times without a zone are of, such as Europe/Copenhagen. Default: UTC." };
    readonly Option<string?> _key =
        new("--key-column")
        {
            Description = "The column that names the series of a row, in a file of several: each is a stream of its own.",
        };
    readonly Option<string?> _decimal =
        new("--decimal") { Description = "The decimal point, . or , (the other one may part thousands). Default: recognised by all rows." };
    readonly Option<string[]> _missing =
        new("--missing") { Description = "A number that stands for no value, such as -999; may be repeated." };
    readonly Option<bool> _sort = new("--sort")
    {
        Description = "Put rows in the order of their times first; the whole file is in memory then.",
    };

    public void AddTo(Command command)
    {
        _format.Must(format => format is null || ColumnTimes.Of(format, null) is not null,
            format => $"--time-format must be {TimeFormat.Said}, was \"{format}\"");
        _zone.Must(zone => zone is null || TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _),
            zone => $"--timezone must be a name such as Europe/Copenhagen or UTC, was \"{zone}\"");
        _decimal.Must(point => point is null or "." or ",", point => $"--decimal must be . or , was \"{point}\"");
        _missing.Must(numbers => Array.TrueForAll(numbers ?? [], text => Number(text) is not null),
            numbers => $"--missing must be a finite number such as -999, was \"{numbers!.First(text => Number(text) is null)}\"");
        foreach (Option option in new Option[] { _values, _time, _format, _zone, _key, _decimal, _missing, _sort }) command.Add(option);
    }

    static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && double.IsFinite(number) ? number : null;

    public FeedOptions Read(ParseResult parsed) => new()
    {
        Values = parsed.GetValue(_values) ?? [],
        TimeColumn = parsed.GetValue(_time),
        TimeFormat = parsed.GetValue(_format),
        Zone = parsed.GetValue(_zone) is { } zone ? TimeZoneInfo.FindSystemTimeZoneById(zone) : null,
        KeyColumn = parsed.GetValue(_key),
        DecimalPoint = parsed.GetValue(_decimal) is [var point, ..] ? point : null,
        Missing = [.. (parsed.GetValue(_missing) ?? []).Select(text => Number(text)!.Value)],
        Sort = parsed.GetValue(_sort),
    };
}
