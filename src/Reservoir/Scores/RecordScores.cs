namespace Esn;

/// <summary>
/// What is larger than all before is told as no less than what was the largest when it was told: how heavy the tail is, and how much of
/// the budget is spent, are others by then.
/// </summary>
/// <param name="channels">Of the feed.</param>
sealed class RecordScores(int channels)
{
    const double Memory = 100_000;  // steps in which a record fades by a factor e, as those of what is unprecedented

    readonly double[] _largest = new double[channels];  // error, units of the feed [channels]
    readonly double[] _told = new double[channels];     // score of the last record that was told; 0: of none [channels]

    /// <summary>Takes a step that is judged, and no part of an alarm which is open.</summary>
    /// <param name="score">Of the step, ≥ 0.</param>
    /// <param name="frame">[channels], units of the feed; NaN: no value.</param>
    /// <param name="expected">The same; NaN: nothing was.</param>
    /// <returns>The score, or where one of 1 and above comes with a record error that of the record before, if that is higher.</returns>
    public double Step(double score, ReadOnlySpan<double> frame, ReadOnlySpan<double> expected)
    {
        double least = score;
        for (int c = 0; c < _largest.Length; c++)
        {
            double error = Math.Abs(frame[c] - expected[c]);
            if (error > _largest[c]) least = Math.Max(least, _told[c]);
        }
        if (score < 1) least = score;
        for (int c = 0; c < _largest.Length; c++)
        {
            double error = Math.Abs(frame[c] - expected[c]);
            bool record = error > _largest[c];
            _largest[c] = record ? error : _largest[c] * (1 - 1 / Memory);
            if (record && score >= 1) _told[c] = least;
        }
        return least;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_largest);
        state.Carry(_told);
    }
}
