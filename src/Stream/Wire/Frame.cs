namespace Esn.Streaming.Wire;

/// <summary>One timestep of a stream.</summary>
/// <param name="Record">Where it came from.</param>
/// <param name="Stream">Whose it is.</param>
/// <param name="Time">Feed time, UTC.</param>
/// <param name="Values">[channels], finite, units of the feed.</param>
public sealed record Frame(FeedRecord Record, StreamId Stream, DateTime Time, double[] Values);
