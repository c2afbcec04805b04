namespace Esn;

/// <summary>What the channels do that have a part in the open alarm: where they lie, by what each remembers of before it.</summary>
/// <param name="calibrators">Of each channel, [channels].</param>
sealed class AlarmedChannels(MetricCalibrator[] calibrators)
{
    const int Silent = 20;  // rows without a value, from which on a channel holds no alarm open: as many as an alarm of a metric freezes

    readonly int[] _silent = new int[calibrators.Length];  // rows in a row without a value of it [channels]

    /// <summary>Of these channels, as of the last step; default: no alarm is open.</summary>
    public Whereabouts Whereabouts { get; private set; }

    /// <summary>Whether it is one that the open alarm was told of, from its beginning or later, or one that joined it.</summary>
    public static bool HasPart(Alarm alarm, int channel) =>
        alarm.Contributed[channel] || alarm.IsLater(channel) || (!alarm.Joined.IsEmpty && alarm.Joined[channel] > 0);

    /// <summary>
    /// Whether a channel of which nothing was told has been elsewhere since others were told of, or is for a few rows and would alarm by
    /// itself: a forecast that the others shook is no fault of its own.
    /// </summary>
    /// <param name="alarm">As it was before the step.</param>
    /// <param name="bystanders">After the step.</param>
    /// <param name="channel">Which.</param>
    /// <param name="level">Its score, were nothing told.</param>
    public bool Joins(Alarm alarm, Bystanders bystanders, int channel, double level) =>
        alarm.Open && _silent[channel] < Silent && bystanders.HasPart(channel) && !HasPart(alarm, channel)
        && (calibrators[channel].Displaced || (level >= 1 && calibrators[channel].Outside));

    /// <summary>No alarm is open that any channel could hold so.</summary>
    public void Clear() => Whereabouts = default;

    /// <summary>A channel has no value at a step that is to be judged.</summary>
    public void Miss(int channel) => _silent[channel] = Math.Min(_silent[channel], int.MaxValue - 1) + 1;

    /// <summary>A channel has a value.</summary>
    public void See(int channel) => _silent[channel] = 0;

    /// <summary>Takes a step, once each channel was placed.</summary>
    /// <param name="alarm">As it was before the step.</param>
    /// <param name="strongest">The channel that is told, if any is.</param>
    /// <param name="unprecedented">Something else than the evidence of a channel alarms.</param>
    public void Step(Alarm alarm, int strongest, bool unprecedented)
    {
        (bool displaced, bool outside, bool forgotten) = (false, false, false);
        for (int c = 0; c < calibrators.Length && alarm.Open; c++)
        {
            if (_silent[c] >= Silent || !HasPart(alarm, c)) continue;  // it does not tell where it is
            displaced |= calibrators[c].Displaced;
            outside |= calibrators[c].Outside;
            forgotten |= calibrators[c].Forgotten;
        }
        bool known = alarm.Open && HasPart(alarm, strongest) && calibrators[strongest].Known && !unprecedented;
        Whereabouts = new Whereabouts(displaced, outside, known, forgotten);
    }

    /// <summary>What it does now is the normal of each.</summary>
    public void Settle(Alarm alarm)
    {
        for (int c = 0; c < calibrators.Length; c++)
            if (HasPart(alarm, c)) calibrators[c].Settle();
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_silent);
        Whereabouts = new Whereabouts(state.Carried(Whereabouts.Displaced), state.Carried(Whereabouts.Outside),
            state.Carried(Whereabouts.Known), state.Carried(Whereabouts.Forgotten));
    }
}
