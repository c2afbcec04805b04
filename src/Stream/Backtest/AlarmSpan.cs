namespace Esn.Streaming.Backtest;

/// <summary>One alarm of a backtest, in rows of the feed.</summary>
/// <param name="Start">Row at which it opened.</param>
/// <param name="End">Row after its last; one that is merged with a neighbour spans both.</param>
/// <param name="Peak">Row of its highest score.</param>
/// <param name="Score">Its highest score, 1 = threshold.</param>
/// <param name="Last">What on-call heard last of it.</param>
/// <param name="Forecast">What was foretold of all of it: each event brings the last few dozen points; null: nothing.</param>
public sealed record AlarmSpan(int Start, int End, int Peak, double Score, AlarmEvent Last, Forecast? Forecast)
{
    const int MostPoints = 2000;

    /// <summary>The slow change it is due to, as was told last; null: none.</summary>
    public Drift? Drift { get; init; } = Last.Drift;

    /// <summary>Rows at which it was news: it opened, reopened or was escalated; ascending.</summary>
    public IReadOnlyList<int> Told { get; init; } = [Start];

    /// <summary>Whether it was open at the last row that was taken: one that is refused tells nothing of it.</summary>
    public bool Open { get; init; } = true;

    /// <summary>The same alarm after another event.</summary>
    public AlarmSpan Hear(AlarmEvent heard)
    {
        int channels = heard.Observed.Length, known = (Forecast?.Expected.Length ?? 0) / channels;
        Forecast? forecast = Forecast ?? heard.Forecast;
        if (Forecast is not null && heard.Forecast is { } more && known < MostPoints)
        {
            // Steps between two events that no forecast tells of are gaps.
            long missing = Math.Max(0, more.Start - (Forecast.Start + known)), repeated = Math.Max(0, Forecast.Start + known - more.Start);
            forecast = Forecast with
                { Expected = [.. Forecast.Expected, .. Enumerable.Repeat(double.NaN, (int)Math.Min(missing, MostPoints) * channels),
                .. more.Expected.Skip((int)repeated * channels)] };
        }
        return this with { Last = heard, Forecast = forecast, Drift = heard.Drift ?? Drift };
    }

    /// <summary>Takes a row that gave a step into the alarms of its feed: one begins there, goes on or ends.</summary>
    /// <param name="alarms">Of the feed, so far.</param>
    /// <param name="row">From 0.</param>
    /// <param name="step">What the row gave.</param>
    internal static void Follow(List<AlarmSpan> alarms, int row, StepResult step)
    {
        if (step.Alarm is { Change: AlarmChange.Opened } opened)
            alarms.Add(new AlarmSpan(row, row + 1, row, step.Score, opened, opened.Forecast));
        else if (alarms.Count > 0 && (alarms[^1].Open || step.AlarmOpen || step.Alarm is not null))
        {
            AlarmSpan alarm = step.Alarm is null ? alarms[^1] : alarms[^1].Hear(step.Alarm);
            bool higher = step.Score > alarm.Score;
            bool news = step.Alarm?.Change is AlarmChange.Escalated or AlarmChange.Reopened || (step.AlarmOpen && !alarm.Open);
            alarms[^1] = alarm with
            {
                End = step.AlarmOpen ? row + 1 : alarm.End,
                Peak = higher ? row : alarm.Peak,
                Score = higher ? step.Score : alarm.Score,
                Open = step.AlarmOpen,
                Told = news ? [.. alarm.Told, row] : alarm.Told,
            };
        }
    }

    /// <summary>Whether it was open in a window, whatever was told there.</summary>
    /// <param name="window">Labelled.</param>
    /// <param name="alarmed">Row by row: one that is merged with a neighbour was not open between the two.</param>
    public bool Touches(NabWindow window, IReadOnlyList<bool> alarmed)
    {
        for (int row = Math.Max(Start, window.First); row < End && row <= window.Last; row++)
            if (alarmed[row]) return true;
        return false;
    }
}
