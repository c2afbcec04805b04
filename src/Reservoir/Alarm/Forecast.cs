namespace Esn;

/// <summary>What normal would have looked like: the forecast from before the onset, running free.</summary>
/// <param name="Start">Step of the first point.</param>
/// <param name="Expected">[points×channels], units of the feed, a point a step.</param>
public sealed record Forecast(long Start, double[] Expected);
