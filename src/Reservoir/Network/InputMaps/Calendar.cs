namespace Esn;

/// <summary>Which rhythms of the calendar a model is told.</summary>
public sealed record CalendarSpec
{
    /// <summary>Harmonics of the day, 0 … 24.</summary>
    public int DailyHarmonics { get; init; } = 2;

    /// <summary>Harmonics of the week, Monday 00:00 first, 0 … 24.</summary>
    public int WeeklyHarmonics { get; init; } = 1;

    /// <summary>The reservoir's weights for these inputs are uniform in ± this, (0, 100].</summary>
    public double InputScale { get; init; } = .3;

    /// <summary>Length of τ.</summary>
    internal int Inputs => 2 * (DailyHarmonics + WeeklyHarmonics);

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(DailyHarmonics, 0, 24);
        Require.Range(WeeklyHarmonics, 0, 24);
        Require.Above(InputScale, 0, 100);
    }
}

/// <summary>τ(t): sine and cosine of the hour of the day and of the hour of the week, as the time stamp has them.</summary>
public sealed class Calendar
{
    readonly CalendarSpec _spec;

    /// <param name="spec">Validated here.</param>
    public Calendar(CalendarSpec spec)
    {
        spec.Validate();
        _spec = spec;
    }

    /// <summary>Length of τ.</summary>
    public int Inputs => _spec.Inputs;

    /// <summary>τ at a time.</summary>
    /// <param name="time">Taken as it stands, whatever its kind.</param>
    /// <param name="inputs">τ, [inputs], overwritten: sin, cos of each harmonic of the day, then of the week.</param>
    public void At(DateTime time, Span<double> inputs)
    {
        Require.Length(inputs.Length, Inputs, nameof(inputs));
        double day = (double)time.TimeOfDay.Ticks / TimeSpan.TicksPerDay;
        double week = (((int)time.DayOfWeek + 6) % 7 + day) / 7;
        for (int k = 1; k <= _spec.DailyHarmonics; k++) inputs = Put(inputs, 2 * Math.PI * k * day);
        for (int k = 1; k <= _spec.WeeklyHarmonics; k++) inputs = Put(inputs, 2 * Math.PI * k * week);
    }

    static Span<double> Put(Span<double> inputs, double phase)
    {
        (inputs[0], inputs[1]) = Math.SinCos(phase);
        return inputs[2..];
    }
}
