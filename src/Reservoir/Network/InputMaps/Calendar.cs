namespace Esn;

/// <summary>τ(t): sine and cosine of the hour of the day and of the hour of the week, as the time stamp has them.</summary>
/// <param name="spec">Valid.</param>
sealed class Calendar(CalendarWeightsSpec spec)
{
    /// <summary>τ at a time.</summary>
    /// <param name="time">Taken as it stands, whatever its kind.</param>
    /// <param name="inputs">τ, overwritten: sin, cos of each harmonic of the day, then of the week.</param>
    public void At(DateTime time, Span<double> inputs)
    {
        Require.Length(inputs.Length, spec.Rhythms, nameof(inputs));
        double day = (double)time.TimeOfDay.Ticks / TimeSpan.TicksPerDay;
        double week = (((int)time.DayOfWeek + 6) % 7 + day) / 7;
        for (int k = 1; k <= spec.DailyHarmonics; k++) inputs = Put(inputs, 2 * Math.PI * k * day);
        for (int k = 1; k <= spec.WeeklyHarmonics; k++) inputs = Put(inputs, 2 * Math.PI * k * week);
    }

    static Span<double> Put(Span<double> inputs, double phase)
    {
        (inputs[0], inputs[1]) = Math.SinCos(phase);
        return inputs[2..];
    }
}
