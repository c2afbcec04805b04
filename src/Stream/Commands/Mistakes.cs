using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Esn.Streaming.Configuration;

namespace Esn.Streaming.Commands;

/// <summary>What was wrong with a command line, in words of whoever typed it: the library's name the types of the program.</summary>
static partial class Mistakes
{
    const string NoCommand = "Required command was not provided.", NoArgument = "Required argument missing";  // as the library says it

    /// <summary>A line each; none: it can be done as it was said. Who asks for help is told alone what nobody can help with.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        if (parsed.Action is not ParseErrorAction)
            return [.. parsed.UnmatchedTokens.Select(typed => NoSuch(typed, parsed.CommandResult.Command))];
        ParseError[] unknown = [.. parsed.Errors.Where(error => Unknown().IsMatch(error.Message))];
        // The command that is missing is the one that was mistyped.
        IEnumerable<ParseError> others = parsed.Errors.Except(unknown).Where(error => unknown.Length == 0 || error.Message != NoCommand);
        return [.. unknown.Concat(others).Select(error => Said(error, parsed))];
    }

    static string Said(ParseError error, ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (error.Message == NoCommand)
            return $"say which command: {string.Join(", ", command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name))}";
        if (error.Message.StartsWith(NoArgument, StringComparison.Ordinal)) return Missing(error.SymbolResult, parsed);
        if (RequiredOption().IsMatch(error.Message) && error.SymbolResult is OptionResult required)
            return $"{required.Option.Name} is missing: {FirstSentence(required.Option.Description)}";
        if (OneOf().Match(error.Message) is { Success: true } choice) return Choice(choice, error.SymbolResult);
        if (Unreadable().Match(error.Message) is { Success: true } value)
            return Kind(value.Groups["type"].Value) is { } kind
                ? $"{value.Groups["option"].Value} must be {kind}, was \"{value.Groups["value"].Value}\"" : error.Message;
        return Unknown().Match(error.Message) is { Success: true } word ? NoSuch(word.Groups["word"].Value, command) : error.Message;
    }

    static string NoSuch(string typed, Command command)
    {
        string? near = typed.StartsWith('-') ? Spelling.Nearest(typed, command.Options.Where(option => !option.Hidden).Select(o => o.Name))
            : Spelling.Nearest(typed, command.Subcommands.Select(sub => sub.Name));
        string what = typed.StartsWith('-') ? "there is no option" : command.Subcommands.Count > 0 ? "there is no command" : "unexpected:";
        return $"{what} {typed}" + (near is null ? "" : $", did you mean {near}?");
    }

    static string Missing(SymbolResult? of, ParseResult parsed)
    {
        if (of is OptionResult option) return $"{option.Option.Name} must have a value: {FirstSentence(option.Option.Description)}";
        Argument? missing = parsed.CommandResult.Command.Arguments
            .FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > (parsed.GetResult(argument)?.Tokens.Count ?? 0));
        return missing is null ? NoArgument : $"{missing.Name} is missing: {FirstSentence(missing.Description)}";
    }

    static string Choice(Match match, SymbolResult? of)
    {
        string[] words = [.. match.Groups["of"].Captures.Select(word => word.Value)];
        string typed = match.Groups["value"].Value;
        string name = of switch
        {
            OptionResult option => option.Option.Name,
            ArgumentResult { Parent: OptionResult owner } => owner.Option.Name,
            ArgumentResult argument => argument.Argument.Name,
            _ => "it",
        };
        return $"{name} must be one of {string.Join(", ", words)}, was \"{typed}\""
            + (Spelling.Nearest(typed, words) is { } near ? $": did you mean {near}?" : "");
    }

    static string FirstSentence(string? text)
    {
        string line = (text ?? "").ReplaceLineEndings(" ");
        int end = line.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? line.TrimEnd('.') : line[..end];
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

    [GeneratedRegex(@"^Option '.*' is required\.$")]
    private static partial Regex RequiredOption();

    [GeneratedRegex(@"^Argument '(?<value>.*)' not recognized\. Must be one of:(\s+'(?<of>[^']*)')+")]
    private static partial Regex OneOf();

    [GeneratedRegex(@"^Unrecognized command or argument '(?<word>.*)'\.")]
    private static partial Regex Unknown();
}
