using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>What people say holds from one record on, and a replay does the same again, however its batches are cut.</summary>
public sealed class ControlReplayTests
{
    static readonly EsnConfig Config = Pipelines.Config() with { State = new StateConfig { IntervalSeconds = 1 } };
    static readonly PartitionId Partition = new("steps", 0);

    // Of two streams by turns; one jumps at 600, 900 and 1200, the same each time.
    static FeedRecord Record(long offset, (long At, double By) jump = default)
    {
        long t = offset / 2;
        double value = Pipelines.Value(t % 300 is var u && t >= 600 && u < 10 ? 600 + u : Math.Min(t, 599) + (t >= 600 ? 1000 + t : 0));
        if (t >= jump.At && t < jump.At + 10 && offset % 2 == 0) value += jump.By;
        return Pipelines.Record(t, offset % 2 == 0 ? "a" : "b", value) with { Offset = offset };
    }

    sealed class Process(FakeTimeProvider time)
    {
        readonly StreamTable _table = new(Config, time);

        public List<ControlCommand> Log { get; } = [];  // as the topic of commands has it

        public List<(long Offset, string Stream, StepResult Result, bool Muted, AnomalyCloudEvent.EndedByData? EndedBy)> Told { get; } = [];

        public List<(long Offset, string Alarm, string? By)> Changes { get; } = [];

        /// <summary>Of stream a for ten steps more.</summary>
        public (long At, double By) Jump { get; set; } = (-100, 0);

        public PartitionSnapshot? Last { get; private set; }

        public void Give(params ControlCommand[] commands)
        {
            Log.AddRange(commands);
            Note(_table.Take(new CommandsGiven(commands)));
        }

        public void Run(long from, long to, int batch)
        {
            for (long next = from; next < to; next += batch)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                Note(_table.Take(Pipelines.Batch([.. Enumerable.Range(0, (int)Math.Min(batch, to - next))
                    .Select(i => Record(next + i, Jump))])));
            }
        }

        public void Assign(PartitionSnapshot? snapshot, long told) =>
            Note(_table.Take(new PartitionsAssigned([Partition]) { Starts = [new PartitionStart(Partition, snapshot, told)] }));

        void Note(ScoredBatch batch)
        {
            Log.AddRange(batch.Taken);
            if (batch.Snapshots is [.., var last]) Last = last;
            Changes.AddRange(batch.Alarms.Select(frame => (frame.Frame.Record.Offset, frame.AlarmId, frame.EndedBy?.By)));
            Told.AddRange(batch.Frames.Select(frame =>
                (frame.Frame.Record.Offset, frame.Frame.Stream.Key, frame.Result with { Alarm = null },
                frame.Muted, frame.EndedBy)));
        }
    }

    static FakeTimeProvider Clock() => new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    static ControlMute Mute(FakeTimeProvider time, TimeSpan length) =>
        new("one", time.GetUtcNow(), "alice", "belt is off", "b", null, time.GetUtcNow() + length);

    static ControlFeedback Normal(FakeTimeProvider time, Process process, string stream)
    {
        long opened = process.Told.First(step => step.Stream == stream && step.Result.AlarmOpen).Offset;
        return new ControlFeedback(FormattableString.Invariant($"steps/0/{stream}/{opened}"), time.GetUtcNow(), "alice", "a test", false,
            0);
    }

    static bool Alarms(Process process, string stream, long from) =>
        process.Told.Any(step => step.Stream == stream && step.Offset >= 2 * from && step.Offset < 2 * (from + 60)
            && step.Result.AlarmOpen);

    [Fact]
    public void What_was_no_anomaly_is_not_told_again_of_that_stream_alone()
    {
        FakeTimeProvider time = Clock();
        var process = new Process(time);
        process.Run(0, 1300, 100);
        Assert.True(Alarms(process, "a", 600) && Alarms(process, "b", 600));
        process.Give(Normal(time, process, "a"));
        ControlTaken taken = Assert.IsType<ControlTaken>(process.Log[^1]);
        Assert.Equal((1300, "steps", 0), (taken.From, taken.Topic, taken.Partition));
        process.Run(1300, 2000, 100);
        Assert.False(Alarms(process, "a", 900));
        Assert.True(Alarms(process, "b", 900));

        process.Give(Normal(time, process, "a") with { Anomaly = true });  // it was one after all
        process.Run(2000, 2600, 100);
        Assert.True(Alarms(process, "a", 1200));
    }

    [Fact]
    public void The_event_of_an_alarm_that_a_person_has_ended_says_who_how_and_why()
    {
        FakeTimeProvider time = Clock();
        var process = new Process(time);
        process.Run(0, 1210, 10);
        Assert.True(Alarms(process, "a", 600) && Alarms(process, "b", 600));
        Assert.DoesNotContain(process.Told, step => step.EndedBy is not null);
        process.Give(Mute(time, TimeSpan.FromHours(1)), Normal(time, process, "a"));
        process.Run(1210, 1300, 10);
        (string, AnomalyCloudEvent.EndedByData?)[] ended = [.. process.Told.Where(step => step.EndedBy is not null)
            .Select(step => (step.Stream, step.EndedBy)).OrderBy(one => one.Stream)];
        AnomalyCloudEvent.EndedByData mute = new("muted", "alice", "belt is off");
        Assert.Equal([("a", new("denied", "alice", "a test")), ("b", mute)], ended);
        var alarm = new AlarmEvent
        {
            Change = AlarmChange.Closed, Position = 1, Start = 0, Peak = 0, Time = default, StartTime = default, PeakTime = default,
            Score = 1, PeakScore = 1, Severity = Severity.Minor, Normality = 1, Expected = [1], Observed = [1], Contributions = [],
            Scores = [], Forecast = null, Drift = null,
        };
        FeedRecord record = Record(1);
        var written = AnomalyCloudEvent.Of(new Frame(record, new StreamId("steps", 0, "b"), default, [1]), alarm, "steps/0/b/1", [],
            ended: mute);
        var told = AnomalyCloudEvent.Read(AnomalyCloudEvent.Binary(written).Data.Span);
        Assert.Equal(mute, told.EndedBy);
    }

    [Fact]
    public void An_alarm_that_ends_as_its_feed_was_away_says_so()
    {
        var process = new Process(Clock());
        process.Run(0, 1210, 10);
        Assert.True(Alarms(process, "a", 600));
        process.Run(9000, 9020, 10);
        AnomalyCloudEvent.EndedByData gap = new("gap", null, null);
        Assert.Equal([("a", gap), ("b", gap)], process.Told.Where(step => step.EndedBy is not null)
            .Select(step => (step.Stream, step.EndedBy)).OrderBy(one => one.Stream));
    }

    [Theory]
    [InlineData(3, true)]     // it was one after all
    [InlineData(3000, false)]  // far beyond what was denied
    public void An_alarm_that_opens_again_and_ends_by_itself_was_ended_by_nobody_whatever_was_said_before(double jump, bool anomaly)
    {
        FakeTimeProvider time = Clock();
        var process = new Process(time);
        long closed = 1210;
        process.Run(0, closed, 10);
        for (; process.Told[^2].Result.AlarmOpen; closed += 10) process.Run(closed, closed + 10, 10);
        process.Jump = (closed / 2 + 5, jump);
        ControlFeedback normal = Normal(time, process, "a");
        process.Give(normal);
        time.Advance(TimeSpan.FromSeconds(1));
        if (anomaly) process.Give(Normal(time, process, "a") with { Anomaly = true });
        process.Run(closed, closed + 400, 10);  // what opens again takes longer to close
        (long, string?)[] changes = [.. process.Changes.Where(one => one.Alarm == normal.Alarm && one.Offset >= closed)
            .Select(one => (one.Offset, one.By))];
        Assert.True(changes.Length >= 2, "it did not open again and close");
        Assert.False(process.Told.Last(step => step.Stream == "a").Result.AlarmOpen);
        Assert.All(changes, change => Assert.Null(change.Item2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(1000)]
    public void A_replay_from_a_snapshot_does_the_same_to_the_same_records(int batch)
    {
        FakeTimeProvider time = Clock();
        var undisturbed = new Process(time);
        undisturbed.Run(0, 1100, 100);
        PartitionSnapshot snapshot = undisturbed.Last!;
        undisturbed.Run(1100, 1250, 50);
        undisturbed.Give(Mute(time, TimeSpan.FromSeconds(4)));
        undisturbed.Run(1250, 1330, 10);  // the mute ends within
        undisturbed.Give(Normal(time, undisturbed, "a"));
        undisturbed.Run(1330, 2000, 100);
        Assert.Contains(undisturbed.Told, step => step.Muted);
        Assert.False(Alarms(undisturbed, "a", 900));

        // Another process, later, with the log that the first one left: nothing is told twice, and the rest is the same to the bit.
        time.Advance(TimeSpan.FromDays(1));
        var again = new Process(time);
        again.Give([.. undisturbed.Log]);
        again.Log.Clear();
        again.Assign(snapshot, told: 1500);
        again.Run(snapshot.Next, 2000, batch);
        Assert.Empty(again.Log);
        Assert.Equal(undisturbed.Told.Where(step => step.Offset >= 1500), again.Told);

        // And one that began with nothing, told of everything again.
        var fresh = new Process(time);
        fresh.Give([.. undisturbed.Log]);
        fresh.Run(0, 2000, batch);
        Assert.Equal(undisturbed.Told, fresh.Told);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void What_is_said_of_alarms_that_closed_long_ago_and_before_a_restart_is_heeded_and_done_again_by_a_replay(int batch)
    {
        FakeTimeProvider time = Clock();
        (Process undisturbed, Process silent) = (new Process(time), new Process(time));
        foreach (Process one in new[] { undisturbed, silent }) one.Run(0, 2100, 100);
        Assert.True(Alarms(undisturbed, "a", 900) && Alarms(undisturbed, "b", 900));
        PartitionSnapshot snapshot = undisturbed.Last!;
        Assert.InRange(snapshot.Next, 2000, 2100);
        // Both of their first alarms, each of which is followed by another; the peak is not known to who says so.
        undisturbed.Give(Normal(time, undisturbed, "a"), Normal(time, undisturbed, "b") with { Anomaly = true });
        foreach (Process one in new[] { undisturbed, silent }) one.Run(2100, 3000, 100);
        static double Highest(Process process, string stream) =>
            process.Told.Where(step => step.Stream == stream && step.Offset is >= 2400 and < 2440).Max(step => step.Result.Score);
        Assert.True(Highest(undisturbed, "a") < .8 * Highest(silent, "a"), $"{Highest(undisturbed, "a")}, {Highest(silent, "a")}");
        // What is unprecedented leads at the height of it, and no verdict changes that.
        static double Sum(Process process, string stream) =>
            process.Told.Where(step => step.Stream == stream && step.Offset is >= 2400 and < 2440).Sum(step => step.Result.Score);
        Assert.True(Sum(undisturbed, "b") > Sum(silent, "b"), $"{Sum(undisturbed, "b")}, {Sum(silent, "b")}");

        time.Advance(TimeSpan.FromDays(1));
        var again = new Process(time);
        again.Give([.. undisturbed.Log]);
        again.Assign(snapshot, told: snapshot.Next);
        again.Run(snapshot.Next, 3000, batch);
        Assert.Equal(undisturbed.Told.Where(step => step.Offset >= snapshot.Next), again.Told);
        Assert.Equal(undisturbed.Last!.Slots.Select(slot => slot.Digest), again.Last!.Slots.Select(slot => slot.Digest));
    }

    [Fact]
    public void An_alarm_that_was_told_over_a_bar_raises_it_by_what_it_would_have_been_without_it_though_another_followed()
    {
        FakeTimeProvider time = Clock();
        (Process denied, Process silent) = (new Process(time), new Process(time));
        foreach (Process one in new[] { denied, silent })
        {
            one.Run(0, 1000, 100);
            // Of an alarm that nobody knows any more: the bar is 1.4 times its peak.
            one.Give(new ControlFeedback("steps/0/a/2", time.GetUtcNow(), "alice", "", false, 1.05));
            one.Run(1000, 2100, 100);
            Assert.True(Alarms(one, "a", 600) && Alarms(one, "a", 900));
        }
        denied.Give(Normal(time, denied, "a"));
        foreach (Process one in new[] { denied, silent }) one.Run(2100, 2600, 100);
        double Highest(Process process, long from) => process.Told
            .Where(step => step.Stream == "a" && step.Offset >= from && step.Offset < from + 40).Max(step => step.Result.Score);
        // Over the new bar the peak itself would be 1/1.4; over one of 1.4 times what was told, much more.
        double bar = Highest(silent, 2400) / Highest(denied, 2400) * 1.47, peak = 1.47 * Highest(silent, 1200);
        Assert.InRange(bar, 1.3 * peak, 1.5 * peak);
    }

    [Fact]
    public void A_mute_that_ends_while_nobody_runs_holds_for_what_was_told_under_it()
    {
        FakeTimeProvider time = Clock();
        var first = new Process(time);
        first.Run(0, 1100, 100);
        PartitionSnapshot snapshot = first.Last!;
        first.Give(Mute(time, TimeSpan.FromHours(1)));
        first.Run(1100, 1300, 50);
        time.Advance(TimeSpan.FromHours(2));
        var next = new Process(time);
        next.Give([.. first.Log]);
        next.Log.Clear();
        next.Assign(snapshot, told: 1300);
        next.Run(snapshot.Next, 1500, 100);
        Assert.Equal(1300, Assert.IsType<ControlTaken>(Assert.Single(next.Log)).To);
        Assert.DoesNotContain(next.Told, step => step.Muted);
        // The jump was muted when it came, and is again: the model has learnt nothing else than it had.
        var fresh = new Process(time);
        fresh.Give([.. first.Log, .. next.Log]);
        fresh.Run(0, 1500, 100);
        Assert.Equal(fresh.Told.Where(step => step.Offset >= 1300), next.Told);
        Assert.All(fresh.Told.Where(step => step.Stream == "b"), step => Assert.Equal(step.Offset is >= 1100 and < 1300, step.Muted));
    }
}
