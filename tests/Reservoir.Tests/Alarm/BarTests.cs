using System.Buffers;
using Xunit;

namespace Esn.Tests;

/// <summary>What a person says of alarms.</summary>
public sealed class BarTests
{
    const int First = 1000, Second = 1600, Last = 2200;

    static readonly ModelSpec Spec = Presets.Signal() with
    {
        Reservoir = new ReservoirSpec { Units = 20, Degree = 4 },
        Calibrator = new BudgetSpec { Reach = 1000 },
        ScalingSteps = 50,
        ScoredFrom = 80,
        WarmUp = 400,
    };

    // A noisy sine that jumps for ten steps, the same each time.
    static double Value(long t) => Math.Sin(.3 * t) + .01 * Math.Sin(12.9898 * t * t)
        + (t is >= First and < First + 10 or >= Second and < Second + 10 or >= Last and < Last + 10 ? 3 : 0);

    static List<StepResult> Run(Detector detector, long to)
    {
        var results = new List<StepResult>();
        double expected = 0;
        while (detector.Position < to)
            results.Add(detector.Step(DateTime.UnixEpoch.AddSeconds(detector.Position), [Value(detector.Position)],
                new Span<double>(ref expected)));
        return results;
    }

    static bool Opened(IEnumerable<StepResult> results) => results.Any(result => result.Alarm?.Change == AlarmChange.Opened);

    [Fact]
    public void What_was_said_to_be_no_anomaly_is_not_told_again_unless_it_was_one_after_all()
    {
        Detector detector = new(Spec, 1), other = new(Spec, 1), confirmed = new(Spec, 1);
        foreach (Detector one in new[] { detector, other, confirmed })
        {
            Assert.False(one.DenyAlarm());  // there is none yet
            Assert.True(Opened(Run(one, First + 200)));
        }
        Assert.Equal(1, detector.Bar);
        Assert.True(detector.DenyAlarm());
        double bar = detector.Bar;
        Assert.True(bar > 1.1);
        Assert.True(detector.DenyAlarm());  // said twice
        Assert.Equal(bar, detector.Bar);
        confirmed.DenyAlarm();
        confirmed.ConfirmAlarm();
        Assert.Equal(1, confirmed.Bar);

        Assert.False(Opened(Run(detector, Second + 200)));
        Assert.True(Opened(Run(other, Second + 200)));
        Assert.True(Opened(Run(confirmed, Second + 200)));
    }

    [Fact]
    public void An_alarm_that_is_open_ends_and_what_the_feed_does_is_learnt()
    {
        var detector = new Detector(Spec, 1);
        Assert.True(Run(detector, First + 3)[^1].AlarmOpen);
        detector.DenyAlarm();
        StepResult next = Run(detector, First + 4)[0];
        Assert.False(next.AlarmOpen);
        Assert.Equal(AlarmChange.Adapted, next.Alarm?.Change);
    }

    [Fact]
    public void What_goes_far_beyond_what_was_denied_is_told_nonetheless()
    {
        var detector = new Detector(Spec, 1);
        Run(detector, First + 200);
        detector.RaiseBar(1.2);
        Assert.Equal(1.4 * 1.2, detector.Bar, 12);
        Assert.True(Opened(Run(detector, Second + 200)));
        detector.RaiseBar(1e6);
        Assert.Equal(10, detector.Bar);
    }

    [Fact]
    public void The_bar_fades()
    {
        var detector = new Detector(Spec with { Alarm = Spec.Alarm with { DeniedMemory = 100 } }, 1);
        Run(detector, First - 100);
        detector.RaiseBar(5);
        Run(detector, First);
        Assert.Equal(1 + 6 / Math.E, detector.Bar, .03);
    }

    [Fact]
    public void A_restart_keeps_what_was_said()
    {
        var detector = new Detector(Spec, 1);
        Run(detector, First + 3);
        detector.DenyAlarm();
        var snapshot = new ArrayBufferWriter<byte>();
        detector.Save(snapshot);
        Detector again = Detector.Load(Spec, 1, snapshot.WrittenSpan);
        again.DenyAlarm();  // a replay says it again at the same place
        Assert.Equal(Run(detector, Last).Select(result => (result.Position, result.Score, result.AlarmOpen)),
            Run(again, Last).Select(result => (result.Position, result.Score, result.AlarmOpen)));
    }
}
