using System.CommandLine;
using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;

namespace Esn.Streaming.Commands;

/// <summary>What backtest and tune have in common: the feeds, their labels, and the model they run through.</summary>
sealed class ModelOptions
{
    readonly Argument<string[]> _files =
        new("FILE")
        {
            Description =
                "Files of CSV, of one JSON object a line, Parquet or Arrow, packed by gzip or zstd or not; - reads standard input. "
                + "Or fields: netCDF-4, HDF5, npy.",
            Arity = ArgumentArity.OneOrMore,
        };
    readonly FileOptions _file = new();
    readonly Option<string[]> _labels =
        new("--label-column") { Description = "A column that is not 0 where the feed is anomalous; may be repeated." };
    readonly Option<string?> _windows =
        new("--windows")
        {
            Description = "Labelled spans of time: {\"folder/file.csv\": [[\"start\", \"end\"], …]} in JSON. "
                + "A feed's are those of the name its path ends with.",
        };
    readonly Option<string[]> _variables =
        new("--var") { Description = "A quantity of a file of fields (netCDF-4, HDF5); may be repeated. Default: the only one." };
    readonly Option<string?> _preset =
        new("--preset")
        {
            Description = "What kind of feed it is: signal (physical, chaotic), sensors (a plant's, each by its own level), "
                + "metric (operational: seasonal, bursty) or field (on a grid). "
                + "Default: that of the configuration, whose detector it takes the place of; without one signal.",
        };
    readonly Option<string?> _budget =
        new("--budget")
        {
            Description = "Alarms that may come from a feed in which nothing happens, as \"1 per 10000 steps\" or \"2 per day\". "
                + "Default: that of the configuration.",
        };

    public void AddTo(Command command)
    {
        _preset.AcceptOnlyFromAmong([.. Presets.Names]);
        _budget.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && AlarmBudget.Parse(text) is null)
                result.AddError("--budget must be such as \"1 per 10000 steps\" (between 1e-9 and .05 a step) or \"2 per day\", was "
                    + $"\"{text}\"");
        });
        // What begins with a dash and is none of the options would be taken for a file.
        _files.Validators.Add(result =>
        {
            if (result.Tokens.Select(token => token.Value).FirstOrDefault(LooksLikeOption) is { } option)
                result.AddError($"unknown option {option}: --help lists them (a file of that name is ./{option})");
        });
        command.Add(_files);
        _file.AddTo(command);
        foreach (Option option in new Option[] { _labels, _windows, _variables, _preset, _budget, RunCommand.Config }) command.Add(option);
    }

    static bool LooksLikeOption(string word) => word.Length > 1 && word[0] == '-' && !File.Exists(word);

    /// <param name="parsed">What was said.</param>
    /// <param name="config">Whose numbers for no value hold where none are said.</param>
    public BacktestSet Feeds(ParseResult parsed, EsnConfig config)
    {
        FeedOptions options = _file.Read(parsed);
        if (options.Missing.Count == 0) options = options with { Missing = config.Source.Fields.Missing };
        return new BacktestSet(parsed.GetValue(_files)!, options.Values, parsed.GetValue(_labels) ?? [],
            parsed.GetValue(_windows) is { } windows ? WindowsFile.Load(windows) : null)
            {
                Options = options,
                Variables = parsed.GetValue(_variables) ?? [],
            };
    }

    /// <summary>Of the word alone, not of a configuration: rows of numbers are no fields.</summary>
    /// <exception cref="FeedException">A file has rows and the preset is for fields.</exception>
    public void Fits(ParseResult parsed, BacktestSet feeds)
    {
        if (parsed.GetValue(_preset) == "field" && feeds.Files.FirstOrDefault(file => !FieldFeed.Is(file)) is { } rows)
            throw new FeedException($"{rows} holds rows, and --preset field is for fields (netCDF-4, HDF5, npy): take signal, sensors or "
                + "metric");
    }

    /// <summary>Whether anybody said which preset a stream has, by the word or by a configuration.</summary>
    public bool SaysPreset(ParseResult parsed, EsnConfig config, string stream) =>
        parsed.GetValue(_preset) is not null || config.SaysPreset(stream);

    public EsnConfig Config(ParseResult parsed)
    {
        EsnConfig config = RunCommand.Load(parsed);
        if (parsed.GetValue(_preset) is { } preset && preset != config.Preset)
            config = config with { Preset = preset, Detector = EsnConfig.Of(preset).Detector };
        if (parsed.GetValue(_preset) is not null) config = config with { Models = [] };  // said for every feed
        if (parsed.GetValue(_budget) is { } budget)
            config = config with
            {
                Alarms = config.Alarms with { Budget = AlarmBudget.Parse(budget) },
                Models = [.. config.Models.Select(entry => entry with { Budget = null })],
            };
        return config;
    }
}
