using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class GateTests
{
    static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Frames_pass_in_order_and_only_once()
    {
        var gate = new Gate(0);
        Assert.Null(gate.Check(Start, [1, 2], out _));
        Assert.Equal(2, gate.Channels);
        Assert.Equal(Rejection.Duplicate, gate.Check(Start, [1, 2], out _));
        Assert.Null(gate.Check(Start, [1, 3], out _));  // a coarse clock
        Assert.Equal(Rejection.WrongDimension, gate.Check(Start.AddSeconds(1), [1], out _));
        Assert.Null(gate.Check(Start.AddSeconds(1), [1, 3], out _));
        Assert.Equal(Rejection.Late, gate.Check(Start, [1, 4], out string detail));
        Assert.Contains("2026-01-01T00:00:01Z", detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_dimension_can_be_given_beforehand() =>
        Assert.Equal(Rejection.WrongDimension, new Gate(3).Check(Start, [1, 2], out _));

    [Fact]
    public void One_wrong_clock_does_not_make_the_rest_late()
    {
        var gate = new Gate(1);
        for (int i = 0; i < 100; i++)
        {
            DateTime time = Start.AddSeconds(10 * i);
            bool wrong = i == 50;
            Assert.Equal(wrong ? Rejection.FarAhead : null,
                gate.Check(wrong ? time.AddHours(36) : time, [i], out string detail, sent: time));
            if (wrong) Assert.Contains("source.times.maxAheadSeconds", detail, StringComparison.Ordinal);
            Assert.False(gate.BeginsRun);
        }
    }

    [Fact]
    public void A_feed_that_lives_in_another_time_than_its_records_is_let_through()
    {
        var gate = new Gate(1);
        for (int i = 0; i < 100; i++) Assert.Null(gate.Check(Start.AddYears(80).AddHours(i), [i], out _, sent: Start.AddSeconds(i)));
        // Nor is a gap one.
        Assert.Null(gate.Check(Start.AddYears(90), [1], out _, sent: Start.AddYears(90)));
        // A record that no clock stamped says nothing.
        Assert.Null(gate.Check(Start.AddYears(95), [1], out _, sent: DateTime.UnixEpoch));
    }

    [Theory]
    [InlineData(-3600)]      // started again at its beginning
    [InlineData(-63_000_000)]
    public void A_stream_that_is_late_for_good_begins_a_new_run(int seconds)
    {
        var gate = new Gate(1);
        for (int i = 0; i < 30; i++) Assert.Null(gate.Check(Start.AddSeconds(i), [i], out _));
        int late = 0;
        for (int i = 0; i < 100; i++)
        {
            Rejection? refused = gate.Check(Start.AddSeconds(seconds + i), [i], out _);
            if (refused == Rejection.Late) late++;
            else Assert.Null(refused);
            Assert.Equal(refused is null && i == 20, gate.BeginsRun);
            gate = Gate.Load(gate.Save());  // a restart in between changes nothing
            if (i == 20) Assert.Equal(20, late);
        }
        Assert.Equal(20, late);
    }

    [Fact]
    public void Rows_that_come_twice_or_in_disorder_are_late_and_begin_nothing()
    {
        var gate = new Gate(1);
        int late = 0;
        for (int i = 0; i < 1000; i++)
        {
            int t = i < 500 ? i : i - 12;  // an hour of a logger of 5 minutes, once more
            if (i % 100 == 50) t++;        // and two neighbours swapped
            if (i % 100 == 51) t--;
            if (gate.Check(Start.AddMinutes(5 * t), [i], out _) == Rejection.Late) late++;
            Assert.False(gate.BeginsRun);
        }
        Assert.Equal(10 + 11, late);  // the twelfth has the time of the last one, with another value
    }

    [Fact]
    public void With_no_new_runs_what_is_late_stays_late()
    {
        var gate = new Gate(1, new TimesConfig { NewRunAfter = 0 });
        Assert.Null(gate.Check(Start, [0], out _));
        for (int i = 0; i < 1000; i++) Assert.Equal(Rejection.Late, gate.Check(Start.AddDays(-1).AddSeconds(i), [i], out _));
        // Nor where their records say that they are right.
        for (int i = 0; i < 100; i++)
        {
            DateTime time = Start.AddDays(-1).AddSeconds(i);
            Assert.Equal(Rejection.Late, gate.Check(time, [i], out _, time));
        }
    }
}
