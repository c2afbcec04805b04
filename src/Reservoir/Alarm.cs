namespace Esn;

/// <summary>What became of an alarm at a step.</summary>
public enum AlarmChange
{
    /// <summary>The score reached 1.</summary>
    Opened,

    /// <summary>The feed behaves again.</summary>
    Closed,

    /// <summary>The alarm was open for too long: what the feed does now is taken as its new normal, and learnt.</summary>
    Adapted,
}

/// <summary>When an alarm opens and ends.</summary>
public sealed record AlarmSpec
{
    /// <summary>Deviation (μ_short − μ_long)/σ_long at which an alarm opens, (0, 1000]: score 1.</summary>
    public double Enter { get; init; } = 6;

    /// <summary>Score below which a step counts as quiet, (0, 1].</summary>
    public double Leave { get; init; } = .6;

    /// <summary>Quiet steps in a row that close an alarm, 1 … 100,000.</summary>
    public int QuietSteps { get; init; } = 10;

    /// <summary>Steps after which an open alarm is ended and its regime learnt, 1 … 10,000,000.</summary>
    public int AdaptAfter { get; init; } = 500;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Above(Enter, 0, 1000);
        Require.Above(Leave, 0, 1);
        Require.Range(QuietSteps, 1, 100_000);
        Require.Range(AdaptAfter, 1, 10_000_000);
    }
}

/// <summary>The life of a stream's alarms, with hysteresis: one is opened, then closed or adapted to.</summary>
sealed class Alarm(AlarmSpec spec)
{
    int _quiet;

    /// <summary>Whether an alarm is open.</summary>
    public bool Open { get; private set; }

    /// <summary>Step at which the last alarm opened.</summary>
    public long Start { get; private set; }

    /// <summary>Step of the last alarm's highest score.</summary>
    public long Peak { get; private set; }

    /// <summary>Highest score of the last alarm.</summary>
    public double PeakScore { get; private set; }

    /// <summary>Takes the score of a step.</summary>
    /// <param name="position">Index of the step.</param>
    /// <param name="score">1 = threshold.</param>
    /// <returns>What changed, if anything.</returns>
    public AlarmChange? Step(long position, double score)
    {
        if (!Open)
        {
            if (!(score >= 1)) return null;
            (Open, Start, Peak, PeakScore, _quiet) = (true, position, position, score, 0);
            return AlarmChange.Opened;
        }
        if (score > PeakScore) (Peak, PeakScore) = (position, score);
        _quiet = score < spec.Leave ? _quiet + 1 : 0;
        if (_quiet >= spec.QuietSteps)
        {
            Open = false;
            return AlarmChange.Closed;
        }
        if (position - Start < spec.AdaptAfter) return null;
        Open = false;
        return AlarmChange.Adapted;
    }
}
