using Esn.Streaming.Configuration;

namespace Esn.Streaming.Streams;

/// <summary>Which model a stream gets: the first entry of the configuration that names it, else the file's own.</summary>
/// <remarks>Streams of one entry share one specification, and with it the weights of its reservoir.</remarks>
public sealed class ModelChoice
{
    readonly (StreamPattern Streams, ModelSpec Model)[] _models;
    readonly ModelSpec _model;

    /// <param name="config">Validated.</param>
    public ModelChoice(EsnConfig config)
    {
        _models = [.. config.Models.Select(entry => (new StreamPattern(entry.Streams), config.ModelOf(entry)))];
        _model = config.Model;
    }

    /// <summary>The model of a stream.</summary>
    /// <param name="stream">Its name.</param>
    public ModelSpec Of(string stream)
    {
        foreach ((StreamPattern streams, ModelSpec model) in _models)
            if (streams.Matches(stream)) return model;
        return _model;
    }
}
