using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Out of order, twice, and not at all: what a stream makes of the times of its frames.</summary>
public sealed class FrameOrderTests
{
    static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    // Seconds of the frames that came → what became of them.
    static (List<ScoredFrame> Frames, List<Rejection?> Refused, StreamSteps[] Steps) Through(IEnumerable<double> seconds,
        TimesConfig? times = null,
        Func<double, double>? value = null, ModelSpec? model = null)
    {
        times ??= new TimesConfig();
        var slot = new StreamSlot(new StreamId("topic", 0, "pump"), model ?? Pipelines.Config().Detector, new Gate(1, times), times);
        List<ScoredFrame> frames = [];
        List<Rejection?> refused = [];
        List<StreamSteps> steps = [];
        int at = 0;
        foreach (double second in seconds)
        {
            DateTime time = Start.AddSeconds(second);
            var record = new FeedRecord("topic", 0, at++, (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond, null, null);
            double[] values = [value?.Invoke(second) ?? Math.Sin(.3 * second)];
            refused.Add(slot.Take(new Frame(record, slot.Stream, time, values), time, out _));
            if (slot.DueCount == 0) continue;
            steps.Add(slot.Step([], TimeProvider.System));
            frames.AddRange(steps[^1].Frames);
        }
        slot.Flush(at);
        if (slot.DueCount > 0) frames.AddRange(slot.Step([], TimeProvider.System).Frames);
        return (frames, refused, [.. steps]);
    }

    static IEnumerable<double> Seconds(int from, int to) => Enumerable.Range(from, to - from).Select(second => (double)second);

    [Fact]
    public void What_comes_out_of_order_within_the_delay_is_put_in_order_and_later_is_late()
    {
        double[] swapped = [.. Seconds(0, 40), 42, 41, 40, 43, .. Seconds(44, 60), 50, .. Seconds(60, 80)];
        var (frames, refused, _) = Through(swapped, new TimesConfig { DelaySeconds = 3, BridgeSteps = 0 });
        Assert.Equal(Seconds(0, 80).Select(second => Start.AddSeconds(second)), frames.Select(frame => frame.Frame.Time));
        Assert.Equal([Rejection.Late], refused.OfType<Rejection>());
        // Each is taken with the record that is the delay later.
        Assert.All(frames.Where(frame => frame.Frame.Time < Start.AddSeconds(30)),
            frame => Assert.Equal(frame.Frame.Record.Offset + 3, frame.At));
        Assert.Equal(3, Through(swapped, new TimesConfig { BridgeSteps = 0 }).Refused.OfType<Rejection>().Count());
    }

    [Fact]
    public void A_frame_that_waits_is_a_duplicate_when_it_comes_again()
    {
        var (frames, refused, _) = Through([0, 1, 2, 3, 2, 3, 4, 5, 6], new TimesConfig { DelaySeconds = 3 });
        Assert.Equal([Rejection.Duplicate, Rejection.Duplicate], refused.OfType<Rejection>());
        Assert.Equal(7, frames.Count);
    }

    [Fact]
    public void Frames_that_do_not_come_are_bridged_where_they_would_have_been_and_tell_nothing()
    {
        var (frames, _, steps) = Through([.. Seconds(0, 700), .. Seconds(704, 800)]);
        Assert.Equal(4, steps.Sum(one => one.Bridged));
        Assert.Equal(Enumerable.Range(700, 4).Select(second => Start.AddSeconds(second)), frames.Where(frame => frame.Bridged)
            .Select(frame => frame.Frame.Time));
        Assert.All(frames.Where(frame => frame.Bridged), frame => Assert.True(double.IsNaN(frame.Frame.Values[0])));
        // The forecast of a sine is good enough to go on from, with its own phase.
        ScoredFrame[] after = [.. frames.Where(frame => frame.Frame.Time >= Start.AddSeconds(704))];
        Assert.All(after, frame => Assert.InRange(frame.Expected.Span[0] - frame.Frame.Values[0], -.2, .2));
        Assert.DoesNotContain(frames, frame => frame.Result.Alarm is not null);
        Assert.Equal(frames.Select((_, i) => (long)i), frames.Select(frame => frame.Result.Position));
    }

    [Fact]
    public void An_alarm_that_is_open_stays_open_over_a_gap()
    {
        IEnumerable<double> seconds = [.. Seconds(0, 605), .. Seconds(608, 900)];
        var (frames, _, _) = Through(seconds, value: second => Math.Sin(.3 * second) + .01 * Math.Sin(12.9898 * second * second)
            + (second is >= 600 and < 612 ? 3 : 0));
        Assert.Single(frames, frame => frame.Result.Alarm is { Change: AlarmChange.Opened });
        Assert.All(frames.Where(frame => frame.Frame.Time >= Start.AddSeconds(602) && frame.Frame.Time < Start.AddSeconds(611)),
            frame => Assert.True(frame.Result.AlarmOpen));
    }

    [Fact]
    public void After_a_long_gap_the_reservoir_is_washed_out_and_nothing_alarms()
    {
        // The feed comes back in another phase.
        var (frames, _, steps) = Through([.. Seconds(0, 700), .. Seconds(1005, 1400)]);
        Assert.Equal((0, 1), (steps.Sum(one => one.Bridged), steps.Sum(one => one.Gaps)));
        Assert.DoesNotContain(frames, frame => frame.Result.Alarm is not null);
        Assert.True(frames[700].Muted);
        Assert.False(frames[701].Muted);  // what it washes out by itself
        Assert.True(frames[701].Result.Unjudged);
    }

    // Frames every five minutes from eight to six, the clocks put forward in between.
    [Fact]
    public void A_night_that_the_feed_always_has_is_no_gap_to_a_model_that_knows_the_hour()
    {
        double[] days = [.. Enumerable.Range(0, 10).SelectMany(day =>
            Enumerable.Range(0, 120).Select(frame => 86400.0 * day + (day < 5 ? 8 : 7) * 3600 + 300 * frame))];
        Assert.Equal(2, Gaps(days, new MetricModelSpec()));  // the first two nights
        Assert.Equal(9, Gaps(days, Pipelines.Config().Detector));
    }

    [Fact]
    public void A_pause_is_a_gap_however_many_the_feed_had_at_other_hours()
    {
        double[] pieces = [.. Enumerable.Range(0, 10).SelectMany(piece => Seconds(1000 * piece, 1000 * piece + 100))];
        double[] hours = [.. pieces.Select(second => 60 * second)];  // 6,000 s between minutes
        Assert.Equal(9, Gaps(pieces, Pipelines.Config().Detector));
        Assert.Equal(9, Gaps(hours, new MetricModelSpec()));
        // Three outages of twenty minutes in a morning are no habit of the feed.
        double[] morning = [.. Enumerable.Range(0, 600).Where(minute => minute < 300 || (minute - 300) % 30 >= 20 || minute >= 390)
            .Select(minute => 60.0 * minute)];
        Assert.Equal(3, Gaps(morning, new MetricModelSpec()));
    }

    static int Gaps(double[] seconds, ModelSpec model)
    {
        var (_, _, steps) = Through(seconds, model: model);
        Assert.Equal(0, steps.Sum(one => one.Bridged));
        return steps.Sum(one => one.Gaps);
    }

    [Fact]
    public void A_feed_that_slows_down_or_has_no_interval_is_not_bridged()
    {
        var (_, _, slower) = Through([.. Seconds(0, 100), .. Seconds(20, 80).Select(second => 5 * second)]);
        Assert.InRange(slower.Sum(one => one.Bridged), 0, 8);
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        double now = 0;
        double[] irregular = [.. Enumerable.Range(0, 400).Select(_ => now += -Math.Log(1 - random.NextDouble()))];
        Assert.Equal(0, Through(irregular).Steps.Sum(one => one.Bridged + one.Gaps));
        // Unless it is said what its interval is.
        Assert.True(Through(irregular, new TimesConfig { IntervalSeconds = 1 }).Steps.Sum(one => one.Bridged) > 10);
    }

    [Fact]
    public void A_frame_without_any_value_is_a_gap()
    {
        var (frames, refused, steps) = Through(Seconds(0, 800), value: second => second is >= 700 and < 703 ? double.NaN
            : Math.Sin(.3 * second));
        Assert.Empty(refused.OfType<Rejection>());
        Assert.Equal(3, steps.Sum(one => one.Bridged));
        Assert.Equal(800, frames.Count);
    }
}
