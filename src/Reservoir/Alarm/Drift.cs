namespace Esn;

/// <summary>A slow change that an alarm told of, estimated at the step of the event. Positions are steps of the stream.</summary>
/// <param name="Kind">What changes.</param>
/// <param name="Channel">Index of the channel; of the model's errors that with the largest part.</param>
/// <param name="Since">Estimated step of its onset; the oldest step that is kept, some 16,000 steps ago, where it may be older.</param>
/// <param name="SinceTime">Feed time of <paramref name="Since"/>, by the interval between the first frames of the feed.</param>
/// <param name="PerStep">
/// Pace per step: of a level in units of the feed; of errors the growth of ln(mean squared error), above 0. Of a channel that grows
/// without bound the level is its growth a step.
/// </param>
/// <param name="LeadSteps">
/// Steps from the event until, at this pace, a level leaves the range that the frames before the onset kept to, or the
/// mean squared error reaches the height at which the same error alarms by itself; 0: that is past, null: not known.
/// </param>
/// <param name="Lead"><paramref name="LeadSteps"/> as time, by the same interval; null where that is or it is beyond 10,000 years.</param>
public sealed record Drift(DriftKind Kind, int Channel, long Since, DateTime SinceTime, double PerStep, double? LeadSteps, TimeSpan? Lead);
