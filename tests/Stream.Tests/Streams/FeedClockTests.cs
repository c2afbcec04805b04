using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class FeedClockTests
{
    static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    static Rejection?[] Through(IEnumerable<DateTime> times)
    {
        StreamSlot slot = Slot();
        return [.. times.Select((time, i) => Take(slot, time, i))];
    }

    static StreamSlot Slot() => new(new StreamId("topic", 0, "pump"), Pipelines.Config().Detector, new Gate(1));

    static Rejection? Take(StreamSlot slot, DateTime time, int i) =>
        slot.Take(new Frame(new FeedRecord("topic", 0, i, 0, null, null), slot.Stream, time, [i]), null, out _);

    static DateTime[] Regular(int count, double seconds = 10) => [.. Enumerable.Range(0, count).Select(i => Start.AddSeconds(seconds * i))];

    [Theory]
    [InlineData(36)]
    [InlineData(24 * 365 * 70)]
    public void One_wrong_stamp_costs_one_frame_and_not_all_after_it(int hours)
    {
        DateTime[] times = Regular(2000);
        times[1000] += TimeSpan.FromHours(hours);
        Rejection?[] refused = Through(times);
        Assert.Equal(Rejection.FarAhead, refused[1000]);
        Assert.Equal(1, refused.Count(reason => reason is not null));
    }

    [Fact]
    public void A_clock_that_is_wrong_at_a_streams_start_costs_as_many_frames_as_were_wrong()
    {
        DateTime[] times = Regular(1000);
        for (int i = 0; i < 5; i++) times[i] = Start.AddYears(10).AddSeconds(i);
        Rejection?[] refused = Through(times);
        Assert.Equal(5, refused.Count(reason => reason == Rejection.Late));
        Assert.All(refused[10..], reason => Assert.Null(reason));
    }

    [Fact]
    public void A_long_outage_is_believed_from_its_second_frame_on()
    {
        DateTime[] times = [.. Regular(1000).Select((time, i) => i < 500 ? time : time.AddDays(4))];
        Rejection?[] refused = Through(times);
        Assert.Equal([500], Enumerable.Range(0, 1000).Where(i => refused[i] is not null));
    }

    [Fact]
    public void Pauses_as_a_stream_always_has_them_are_no_leap()
    {
        DateTime[] times = [.. Enumerable.Range(0, 1000).Select(i => Start.AddSeconds(.01 * i).AddHours(2 * (i / 50)))];
        Assert.InRange(Through(times).Count(reason => reason is not null), 0, 1);
    }

    [Fact]
    public void An_hour_that_is_sent_again_stays_late()
    {
        DateTime[] times = [.. Regular(500, 300), .. Regular(500, 300)[^12..], .. Enumerable.Range(500, 100)
            .Select(i => Start.AddSeconds(300 * i))];
        // The last one is not late, it is of the same time.
        Assert.Equal(11, Through(times).Count(reason => reason == Rejection.Late));
    }

    [Fact]
    public void What_is_known_of_a_feeds_clock_outlasts_a_restart()
    {
        DateTime[] times = Regular(400);
        for (int i = 0; i < 5; i++) times[i] = Start.AddYears(10).AddSeconds(i);
        times[300] = Start.AddYears(73);
        Rejection?[] whole = Through(times);
        StreamSlot slot = Slot();
        for (int i = 0; i < times.Length; i++)
        {
            // Between the late ones that are right, and between a leap and what would confirm it.
            if (i is 8 or 301)
            {
                _ = slot.Step([], TimeProvider.System);
                slot = StreamSlot.Restore(slot.Capture(i), Pipelines.Config().Detector);
            }
            Assert.Equal(whole[i], Take(slot, times[i], i));
        }
    }
}
