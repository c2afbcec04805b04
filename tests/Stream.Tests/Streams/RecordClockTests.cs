using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class RecordClockTests
{
    const int Interval = 10;  // s

    static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    sealed record Stamped(DateTime Time, DateTime Sent);

    // Records are sent some tenths of a second after their stamps, in an order of their own.
    static Stamped[] Live(int count, double offset = 0)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(i => Start.AddSeconds(Interval * i))
            .Select(time => new Stamped(time.AddHours(offset), time.AddSeconds(.1 + .5 * random.NextDouble())))];
    }

    static (Rejection?[] Refused, int Runs) Through(Stamped[] frames, bool restarts = false)
    {
        var slot = new StreamSlot(new StreamId("topic", 0, "pump"), Pipelines.Config().Detector, new Gate(1));
        var refused = new Rejection?[frames.Length];
        int runs = 0;
        for (int i = 0; i < frames.Length; i++)
        {
            var frame = new Frame(new FeedRecord("topic", 0, i, new DateTimeOffset(frames[i].Sent).ToUnixTimeMilliseconds(), null, null),
                slot.Stream, frames[i].Time, [i]);
            refused[i] = slot.Take(frame, frame.Sent, out string detail);
            Assert.Equal(refused[i] is null, detail.Length == 0);
            if (slot.DueCount > 0) runs += slot.Step([], TimeProvider.System).NewRuns;
            if (restarts) slot = StreamSlot.Restore(slot.Capture(i + 1), Pipelines.Config().Detector);
        }
        return (refused, runs);
    }

    static int[] Refused(Rejection?[] refused) => [.. Enumerable.Range(0, refused.Length).Where(i => refused[i] is not null)];

    [Theory]
    [InlineData(250)]
    [InlineData(3600)]
    [InlineData(23 * 3600)]
    [InlineData(3600, 2)]   // a feed that stamps in its own time zone
    [InlineData(3600, -5)]
    public void One_stamp_ahead_of_its_neighbours_costs_its_frame_and_no_other(int seconds, double offset = 0)
    {
        Stamped[] frames = Live(300, offset);
        frames[200] = frames[200] with { Time = frames[200].Time.AddSeconds(seconds) };
        (Rejection?[] refused, int runs) = Through(frames);
        Assert.Equal([200], Refused(refused));
        Assert.Equal(Rejection.FarAhead, refused[200]);
        Assert.Equal(0, runs);
        Assert.Equal(refused, Through(frames, restarts: true).Refused);
    }

    [Fact]
    public void Where_the_record_was_stamped_by_the_same_wrong_clock_those_after_it_are_right_at_once()
    {
        Stamped[] frames = Live(300);
        frames[200] = new Stamped(frames[200].Time.AddHours(1), frames[200].Sent.AddHours(1));
        (Rejection?[] refused, int runs) = Through(frames);
        Assert.Empty(Refused(refused));
        Assert.Equal(1, runs);
        Assert.Equal(refused, Through(frames, restarts: true).Refused);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(5, false)]
    public void Stamps_of_the_year_3000_at_a_streams_start_are_outvoted_by_as_many_right_ones(int wrong, bool sentToo)
    {
        Stamped[] frames = Live(300);
        for (int i = 0; i < wrong; i++)
            frames[i] = new Stamped(frames[i].Time.AddYears(974), sentToo ? frames[i].Sent.AddYears(974) : frames[i].Sent);
        (Rejection?[] refused, int runs) = Through(frames);
        Assert.Equal(Enumerable.Range(wrong, wrong - 1), Refused(refused));
        Assert.Equal(1, runs);
        Assert.Equal(refused, Through(frames, restarts: true).Refused);
    }

    [Fact]
    public void After_an_outage_all_is_taken()
    {
        Stamped[] frames = [.. Live(300), .. Live(100).Select(frame =>
            new Stamped(frame.Time.AddHours(9), frame.Sent.AddHours(9)))];
        (Rejection?[] refused, int runs) = Through(frames);
        Assert.Empty(Refused(refused));
        Assert.Equal(0, runs);
    }

    [Fact]
    public void What_was_kept_in_an_outage_and_comes_after_it_is_late()
    {
        Stamped[] frames = [.. Live(300), .. Live(400).Skip(300).Select(frame => frame with { Sent = Start.AddSeconds(Interval * 401) }),
            .. Live(500)[401..]];
        (frames[300], frames[400]) = (frames[400], frames[300]);  // the first after it is of now
        (Rejection?[] refused, int runs) = Through(frames[..320]);
        Assert.Equal(19, refused.Count(reason => reason == Rejection.Late));
        Assert.Equal(0, runs);
    }

    [Fact]
    public void Of_a_past_that_is_sent_in_one_go_and_of_a_simulation_nothing_is_refused()
    {
        Stamped[] nights = [.. Enumerable.Range(0, 2000).Select(i =>
            new Stamped(Start.AddSeconds(60 * i).AddHours(15 * (i / 500)), Start.AddYears(1).AddMilliseconds(i)))];
        Stamped[] fast = [.. Enumerable.Range(0, 500).Select(i =>
            new Stamped(Start.AddYears(70).AddHours(i < 300 ? i : i + 22), Start.AddSeconds(i)))];
        Assert.Empty(Refused(Through(nights).Refused));
        Assert.Empty(Refused(Through(fast).Refused));
    }

    [Fact]
    public void A_clock_that_is_put_forward_for_good_costs_one_frame()
    {
        Stamped[] frames = Live(300);
        for (int i = 200; i < 300; i++) frames[i] = frames[i] with { Time = frames[i].Time.AddHours(1) };
        (Rejection?[] refused, int runs) = Through(frames);
        Assert.Equal([200], Refused(refused));
        Assert.Equal(0, runs);
    }

    [Fact]
    public void Of_two_clocks_that_take_turns_the_one_ahead_is_the_streams()
    {
        Stamped[] frames = Live(300);
        for (int i = 0; i < 300; i += 2) frames[i] = frames[i] with { Time = frames[i].Time.AddMinutes(2) };
        (Rejection?[] refused, int runs) = Through(frames);
        Assert.InRange(runs, 0, 1);
        Assert.All(Refused(refused)[10..], i => Assert.True(i % 2 == 1));
    }

    // Of a program that kept no clock of records: the 26 bytes of it are missing.
    [Fact]
    public void A_stream_from_a_snapshot_without_a_clock_does_not_begin()
    {
        StreamId stream = new("topic", 0, "pump");
        Frame At(int i, DateTime time) => new(new FeedRecord("topic", 0, i,
            new DateTimeOffset(Start.AddSeconds(Interval * i)).ToUnixTimeMilliseconds(), null, null), stream, time, [i]);
        var slot = new StreamSlot(stream, Pipelines.Config().Detector, new Gate(1));
        for (int i = 0; i < 300; i++)
        {
            Frame frame = At(i, Start.AddSeconds(Interval * i).AddMinutes(30));
            Assert.Null(slot.Take(frame, frame.Sent, out _));
            slot.Step([], TimeProvider.System);
        }
        SlotSnapshot kept = slot.Capture(300);
        slot = StreamSlot.Restore(kept with { Order = kept.Order[..^26] }, Pipelines.Config().Detector);
        // Of two clocks the one that is ahead is the stream's, as ever.
        for (int i = 300; i < 330; i++)
        {
            bool other = i % 2 == 1;
            Frame frame = At(i, Start.AddSeconds(Interval * i).AddMinutes(other ? 0 : 30));
            Assert.Equal(other ? Rejection.Late : null, slot.Take(frame, frame.Sent, out _));
            if (!other) Assert.Equal(0, slot.Step([], TimeProvider.System).NewRuns);
        }
    }
}
