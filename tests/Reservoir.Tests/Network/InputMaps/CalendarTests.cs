using Xunit;

namespace Esn.Tests.Metric;

public sealed class CalendarTests
{
    [Fact]
    public void Monday_midnight_is_the_origin_of_day_and_week()
    {
        double[] inputs = new double[6];
        new Calendar(new CalendarWeightsSpec()).At(new DateTime(2014, 7, 7), inputs);  // a Monday
        Assert.Equal([0, 1, 0, 1, 0, 1], inputs);
    }

    [Fact]
    public void Six_in_the_morning_of_a_thursday_is_a_quarter_of_its_day_and_fourteen_quarters_less_one_of_its_week()
    {
        double[] inputs = new double[6];
        new Calendar(new CalendarWeightsSpec()).At(new DateTime(2014, 7, 10, 6, 0, 0), inputs);
        double week = 2 * Math.PI * 3.25 / 7;
        double[] expected = [1, 0, 0, -1, Math.Sin(week), Math.Cos(week)];
        for (int i = 0; i < 6; i++) Assert.Equal(expected[i], inputs[i], 12);
    }

    [Fact]
    public void The_same_hour_a_week_later_is_the_same()
    {
        var calendar = new Calendar(new CalendarWeightsSpec { DailyHarmonics = 3, WeeklyHarmonics = 2 });
        double[] now = new double[10], later = new double[10];
        var time = new DateTime(2026, 2, 26, 13, 37, 11);
        calendar.At(time, now);
        calendar.At(time.AddDays(7), later);
        for (int i = 0; i < 10; i++) Assert.Equal(now[i], later[i], 12);
    }
}
