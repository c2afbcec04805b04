namespace Esn;

/// <summary>
/// What is larger than all before is told as no less than what was the largest when it was told: how heavy the tail is, and how much of
/// the budget is spent, are others by then.
/// </summary>
/// <param name="channels">Of the feed.</param>
sealed class RecordScores(int channels)
{
    const double Memory = 100_000;  // steps in which a record fades by a factor e, as those of what is unprecedented

    readonly Record[] _of = new Record[channels];  // [channels]

    /// <summary>Takes a step that is judged, and no part of an alarm which is open.</summary>
    /// <param name="score">Of the step, ≥ 0.</param>
    /// <param name="of">The channel that it is of; −1: of all, and so of the one that breaks its record by the most.</param>
    /// <param name="frame">[channels], units of the feed; NaN: no value.</param>
    /// <param name="expected">The same; NaN: nothing was.</param>
    /// <returns>
    /// The score, or where one of 1 and above comes with a record error that of the channel's record before, if that is higher.
    /// </returns>
    public double Step(double score, int of, ReadOnlySpan<double> frame, ReadOnlySpan<double> expected)
    {
        // What is shaken by the fault of another breaks its record too.
        (int channel, double most) = (-1, 1);
        for (int c = 0; c < _of.Length; c++)
        {
            double error = Math.Abs(frame[c] - expected[c]), before = _of[c].Error;
            if (double.IsNaN(error)) continue;  // what is known of it waits
            if (error > most * before && (of < 0 || of == c)) (channel, most) = (c, error / before);
            _of[c].Error = error > before ? error : before * (1 - 1 / Memory);
        }
        return channel < 0 || score < 1 ? score : _of[channel].Score = Math.Max(score, _of[channel].Score);
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state) => state.Carry<Record>(_of);

    struct Record
    {
        public double Error;  // the largest, units of the feed
        public double Score;  // of the last that alarmed, alone or the most of all; 0: none did
    }
}
