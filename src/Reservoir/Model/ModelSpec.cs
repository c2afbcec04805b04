namespace Esn;

/// <summary>What a kind of feed is judged by; a preset names one, and every constant of it can be overridden.</summary>
public abstract record ModelSpec
{
    /// <summary>When an alarm opens and ends.</summary>
    public AlarmSpec Alarm { get; init; } = new();

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public abstract void Validate();

    /// <summary>The same with another alarm budget.</summary>
    /// <param name="alarmsPerStep">Alarms a step that can be borne, [1e-9, .05].</param>
    public abstract ModelSpec WithBudget(double alarmsPerStep);

    /// <summary>The same with an alarm budget a day: the steps of a day are counted from the frames that fix the scaling.</summary>
    /// <param name="alarmsPerDay">Alarms a day that can be borne, above 0.</param>
    public abstract ModelSpec WithDailyBudget(double alarmsPerDay);

    /// <summary>The same with the budget divided by a number of streams that share it.</summary>
    /// <param name="streams">≥ 1.</param>
    public abstract ModelSpec SharedBy(int streams);

    /// <summary>D, length of z.</summary>
    /// <remarks>
    /// A stream takes 8·D(D+1)/2 bytes for P, with D rounded up to 8; for columns that wait beside it 64·D below D = 128, up to
    /// 384·D above; and what its windows need. Together P and its columns take up to 1.25 times 8·D(D+1)/2 from D = 200 on, up
    /// to twice that at D = 50. Of preset signal at D = 52 the windows of its scores take 57 kB beside the 20 kB of the readout.
    /// </remarks>
    /// <param name="channels">Of the feed.</param>
    public abstract int Regressors(int channels);

    /// <summary>The state of one stream.</summary>
    internal abstract StreamModel Create(int channels);
}

/// <summary>What went wrong with a stream's model itself, in numbers since it began.</summary>
/// <param name="Recoveries">Times that learning began anew with W_out as it was, as <see cref="Readout.Recoveries"/> says.</param>
/// <param name="Refusals">Frames that were too large to be learnt, as <see cref="Readout.Refusals"/> says.</param>
/// <param name="Rescalings">
/// Times that the feed had left the range of its scaling for good: most of its frames lay beyond the limit, for as long as an
/// alarm may be open. The model began anew then, with a scaling of what came next.
/// </param>
public readonly record struct ModelHealth(long Recoveries, long Refusals, long Rescalings);

/// <summary>State of one stream's model.</summary>
abstract class StreamModel
{
    /// <summary>Steps taken so far.</summary>
    public abstract long Position { get; }

    /// <summary>What went wrong with the model itself so far.</summary>
    public abstract ModelHealth Health { get; }

    /// <summary>Takes n frames, each finite and of the right length, as <see cref="Detector.StepMany"/> says.</summary>
    public abstract void Take(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted);

    /// <summary>What the forecast from before the onset of the open alarm foretold for the last step, if there is one.</summary>
    public abstract bool TryForecast(Span<double> expected);

    /// <summary>All that the next steps depend on, out into a snapshot or back, into a model that has taken none.</summary>
    public abstract void Carry(ref StateCarrier state);
}

/// <summary>How densely a feed is sampled.</summary>
static class Sampling
{
    /// <summary>The median of the times between consecutive frames; a second where the feed's times stand still.</summary>
    public static TimeSpan Interval(ReadOnlySpan<DateTime> times)
    {
        var gaps = new long[Math.Max(0, times.Length - 1)];
        for (int t = 1; t < times.Length; t++) gaps[t - 1] = (times[t] - times[t - 1]).Ticks;
        gaps.AsSpan().Sort();
        return gaps.Length > 0 && gaps[gaps.Length / 2] > 0 ? TimeSpan.FromTicks(gaps[gaps.Length / 2]) : TimeSpan.FromSeconds(1);
    }
}
