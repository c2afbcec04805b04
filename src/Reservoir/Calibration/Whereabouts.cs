namespace Esn;

/// <summary>Where the channels of an open alarm lie.</summary>
/// <param name="Displaced">One lies, of late, where it did not before the alarm, whatever was learnt since.</param>
/// <param name="Outside">It is not back there: so too is what lies elsewhere for the last few steps alone.</param>
/// <param name="Known">Such a channel is what alarms, and is back where it was, or half way, or where it has been since.</param>
/// <param name="Forgotten">It is remembered no more where such a channel was.</param>
readonly record struct Whereabouts(bool Displaced, bool Outside, bool Known, bool Forgotten);
