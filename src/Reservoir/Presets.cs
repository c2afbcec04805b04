namespace Esn;

/// <summary>What a newcomer picks by one word; every constant can be overridden with <c>with</c>.</summary>
public static class Presets
{
    /// <summary>The raw scores of <see cref="Signal"/>.</summary>
    public static IReadOnlyList<ScoreSpec> SignalScores { get; } =
    [
        new MeanError { Average = 1, Window = 1 },
        new MeanError { Average = 1, Window = 10 },
        new MeanError { Average = 4, Window = 20 },
        new MeanError { Average = 8, Window = 24 },
        new MeanError { Average = 16, Window = 32 },
        new MeanError { Average = 1, Window = 25 },
        new FreeRunError { Length = 10 },
        new FreeRunError { Length = 25 },
        new SlowLevel { Delay = 4000, Tail = TailPrior.Central },
    ];

    /// <summary>Deterministic, physical or chaotic signals, sampled at their own scale.</summary>
    /// <param name="budget">Alarms a step that can be borne.</param>
    public static DetectorSpec Signal(double budget = 1e-4) => new() { Calibrator = new BudgetSpec { AlarmsPerStep = budget } };
}
