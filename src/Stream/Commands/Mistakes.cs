using System.CommandLine;
using System.Text.RegularExpressions;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Commands;

/// <summary>What was wrong with a command line, in words of whoever typed it: the library's name the types of the program.</summary>
static partial class Mistakes
{
    /// <summary>A line each.</summary>
    public static IEnumerable<string> Of(ParseResult parsed) =>
        parsed.Errors.Select(error => Said(error.Message, parsed.CommandResult.Command));

    static string Said(string message, Command command)
    {
        if (Unreadable().Match(message) is { Success: true } value)
            return Kind(value.Groups["type"].Value) is { } kind
                ? $"{value.Groups["option"].Value} must be {kind}, was \"{value.Groups["value"].Value}\"" : message;
        if (Unknown().Match(message) is not { Success: true } word) return message;
        string typed = word.Groups["word"].Value;
        string? near = typed.StartsWith('-') ? Spelling.Nearest(typed, command.Options.Where(option => !option.Hidden).Select(o => o.Name))
            : Spelling.Nearest(typed, command.Subcommands.Select(sub => sub.Name));
        string what = typed.StartsWith('-') ? "there is no option" : command.Subcommands.Count > 0 ? "there is no command" : "unexpected:";
        return $"{what} {typed}" + (near is null ? "" : $", did you mean {near}?");
    }

    static string? Kind(string type) => type switch
    {
        _ when type.Contains("Double") || type.Contains("Single") => "a number",
        _ when type.Contains("Int") => "a whole number",
        _ when type.Contains("Boolean") => "true or false",
        _ when type.Contains("Date") => "a date and time, such as 2026-01-31T12:00Z",
        _ => null,
    };

    [GeneratedRegex(@"^Cannot parse argument '(?<value>.*)' for \w+ '(?<option>.*)' as expected type '(?<type>.*)'\.")]
    private static partial Regex Unreadable();

    [GeneratedRegex(@"^Unrecognized command or argument '(?<word>.*)'\.")]
    private static partial Regex Unknown();
}
