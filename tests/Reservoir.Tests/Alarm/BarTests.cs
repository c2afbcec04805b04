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
            Assert.Equal(-1, one.LastAlarm);
            Assert.True(Opened(Run(one, First + 200)));
        }
        Assert.Equal(1, detector.Bar);
        detector.DenyAlarm(detector.LastAlarm);
        double bar = detector.Bar;
        Assert.True(bar > 1.1);
        detector.DenyAlarm(detector.LastAlarm);  // said twice
        Assert.Equal(bar, detector.Bar);
        confirmed.DenyAlarm(confirmed.LastAlarm);
        confirmed.ConfirmAlarm(confirmed.LastAlarm);
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
        detector.DenyAlarm(detector.LastAlarm);
        StepResult next = Run(detector, First + 4)[0];
        Assert.False(next.AlarmOpen);
        Assert.Equal(AlarmChange.Adapted, next.Alarm?.Change);
    }

    [Fact]
    public void What_goes_far_beyond_what_was_denied_is_told_nonetheless()
    {
        var detector = new Detector(Spec, 1);
        Run(detector, First + 200);
        detector.DenyAlarm(-1, 1.2);
        Assert.Equal(1.4 * 1.2, detector.Bar, 12);
        Assert.True(Opened(Run(detector, Second + 200)));
        detector.DenyAlarm(-1, 1e6);
        Assert.Equal(10, detector.Bar);
    }

    [Fact]
    public void The_bar_fades()
    {
        var detector = new Detector(Spec with { Alarm = Spec.Alarm with { DeniedMemory = 100 } }, 1);
        Run(detector, First - 100);
        detector.DenyAlarm(-1, 5);
        Run(detector, First);
        Assert.Equal(1 + 6 / Math.E, detector.Bar, .03);
    }

    // The same jump each 600 steps, far too often for the budget: what people say decides whether it is told.
    static List<bool> Recurring(int times, Action<Detector, long> said)
    {
        var detector = new Detector(Spec, 1);
        var told = new List<bool>();
        double expected = 0;
        for (int k = 0; k < times; k++)
        {
            long opened = -1;
            for (int i = 0; i < 600; i++)
            {
                long t = detector.Position;
                double value = Math.Sin(.3 * t) + .03 * Math.Sin(12.9898 * t * t) + (k > 0 && i is >= 400 and < 410 ? 3 : 0);
                StepResult result = detector.Step(DateTime.UnixEpoch.AddSeconds(t), [value], new Span<double>(ref expected));
                if (i is >= 400 and < 450 && result.Alarm is { Change: AlarmChange.Opened } alarm) opened = alarm.Start;
            }
            if (k == 0) continue;
            told.Add(opened >= 0);
            if (opened >= 0) said(detector, opened);
        }
        return told;
    }

    [Fact]
    public void A_fault_that_comes_again_is_told_again_where_it_was_confirmed_and_becomes_what_the_feed_does_where_nobody_says_so()
    {
        List<bool> confirmed = Recurring(25, (detector, alarm) => detector.ConfirmAlarm(alarm)), silent = Recurring(25, (_, _) => { });
        Assert.True(confirmed.Count(told => told) >= 23, $"{confirmed.Count(told => told)} of {confirmed.Count}");
        Assert.True(silent.Count(told => told) <= 8, $"{silent.Count(told => told)} of {silent.Count}");
    }

    [Fact]
    public void What_was_confirmed_and_then_denied_is_as_if_it_had_been_denied_alone()
    {
        (Detector detector, Detector other, Detector undone) = (new(Spec, 1), new(Spec, 1), new(Spec, 1));
        foreach (Detector one in new[] { detector, other, undone }) Run(one, First + 300);  // closed, and its episode over
        detector.DenyAlarm(detector.LastAlarm);
        other.ConfirmAlarm(other.LastAlarm);
        other.DenyAlarm(other.LastAlarm);
        undone.ConfirmAlarm(undone.LastAlarm);
        double[] denied = [.. Run(detector, Last).Select(result => result.Score)], changed = [.. Run(other, Last).Select(one => one.Score)];
        Assert.All(denied.Zip(changed), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.True(Run(undone, Last).Max(result => result.Score) > 1.5 * denied.Max());
    }

    [Fact]
    public void What_is_said_of_an_alarm_that_closed_long_ago_is_kept_by_a_restart()
    {
        var detector = new Detector(Spec, 1);
        Run(detector, First + 300);
        long alarm = detector.LastAlarm;
        Run(detector, Second + 300);
        Assert.NotEqual(alarm, detector.LastAlarm);
        var snapshot = new ArrayBufferWriter<byte>();
        detector.Save(snapshot);
        Detector again = Detector.Load(Spec, 1, snapshot.WrittenSpan);
        foreach (Detector one in new[] { detector, again })
        {
            Assert.True(one.ConfirmAlarm(alarm));
            Assert.False(one.ConfirmAlarm(alarm + 1));
            Assert.False(one.DenyAlarm(-1));
        }
        Assert.Equal(Run(detector, Last + 100).Select(result => (result.Position, result.Score, result.AlarmOpen)),
            Run(again, Last + 100).Select(result => (result.Position, result.Score, result.AlarmOpen)));
    }

    [Fact]
    public void A_restart_keeps_what_was_said()
    {
        var detector = new Detector(Spec, 1);
        Run(detector, First + 3);
        detector.DenyAlarm(detector.LastAlarm);
        var snapshot = new ArrayBufferWriter<byte>();
        detector.Save(snapshot);
        Detector again = Detector.Load(Spec, 1, snapshot.WrittenSpan);
        again.DenyAlarm(again.LastAlarm);  // a replay says it again at the same place
        Assert.Equal(Run(detector, Last).Select(result => (result.Position, result.Score, result.AlarmOpen)),
            Run(again, Last).Select(result => (result.Position, result.Score, result.AlarmOpen)));
    }
}
