using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Telemetry;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class ReadinessTests
{
    readonly FakeTimeProvider _time = new();
    readonly Readiness _readiness;

    public ReadinessTests() => _readiness = new Readiness(_time, TimeSpan.FromSeconds(30));

    static string Statistics(string broker, long end, long next, string state = "active", int queued = 0) => $$"""
        { "brokers": { "b:1/1": { "state": "{{broker}}", "nodeid": 1 } },
          "topics": { "t": { "partitions": {
            "0": { "fetch_state": "{{state}}", "ls_offset": {{end}}, "next_offset": {{next}}, "fetchq_cnt": {{queued}} },
            "1": { "fetch_state": "none", "ls_offset": -1001, "next_offset": -1001, "fetchq_cnt": 0 },
            "2": { "fetch_state": "{{state}}", "ls_offset": {{end}}, "next_offset": {{end}}, "fetchq_cnt": {{queued}} },
            "-1": { "fetch_state": "none", "ls_offset": -1001, "next_offset": -1001, "fetchq_cnt": 0 } } } } }
        """;

    [Fact]
    public void Not_ready_before_the_group_has_assigned() => Assert.NotNull(_readiness.Missing);

    [Fact]
    public void What_is_missing_before_the_group_has_assigned_is_the_broker_then_the_topic_then_the_group()
    {
        var readiness = new Readiness(_time, TimeSpan.FromSeconds(30), "kafka:9092");
        Assert.Equal("no broker of kafka:9092 is connected", readiness.Missing);
        readiness.Reached();
        Assert.Equal("the consumer group has not assigned partitions yet", readiness.Missing);
        readiness.Told([], gone: null, absent: "topic steps does not exist");
        Assert.Equal("topic steps does not exist", readiness.Missing);
        // The group may assign nothing of a topic that is gone, and the broker may go with the next breath.
        readiness.Joined();
        Assert.Equal("topic steps does not exist", readiness.Missing);
        // What it told is not known any more once it is away.
        readiness.Heard(Statistics("DOWN", end: 10, next: 10));
        Assert.Equal("no broker of kafka:9092 is connected", readiness.Missing);
        readiness.Left();
        Assert.Equal("no broker of kafka:9092 is connected", readiness.Missing);
        readiness.Heard(Statistics("UP", end: 10, next: 10));
        readiness.Told([new GroupPartition(Partition, 10, 10, Held: true)], gone: null);
        Assert.Equal("the consumer group has not assigned partitions yet", readiness.Missing);
        // Statistics of before are of no partition: it is not ready and then not again.
        readiness.Joined();
        Assert.Equal("the end of the partitions is not known yet", readiness.Missing);
        readiness.Heard(Statistics("UP", end: 10, next: 10));
        Assert.Null(readiness.Missing);
    }

    [Fact]
    public void Records_that_wait_before_any_was_consumed_have_waited_for_no_time_that_could_be_told()
    {
        _readiness.Joined();
        _readiness.Heard(Statistics("UP", end: 10, next: 9));
        Assert.Equal("1 records wait and none was consumed yet", _readiness.Missing);
    }

    [Fact]
    public async Task Records_that_wait_are_no_number_before_the_group_has_assigned_and_after_it_was_left()
    {
        var metrics = new EsnMetrics(new HttpConfig(), [], _time);
        metrics.ShowBeforeCollecting(_readiness);
        async Task<string[]> Shown()
        {
            using var text = new MemoryStream();
            await metrics.Registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken);
            return [.. System.Text.Encoding.UTF8.GetString(text.ToArray()).Split('\n')
                .Where(line => line.StartsWith("esn_consumer_lag_records ", StringComparison.Ordinal))];
        }
        Assert.Empty(await Shown());
        _readiness.Heard(Statistics("UP", end: 10, next: 10));
        Assert.Empty(await Shown());
        _readiness.Joined();
        Assert.Empty(await Shown());
        _readiness.Heard(Statistics("UP", end: 10, next: 10));
        Assert.Equal(["esn_consumer_lag_records 0"], await Shown());
        _readiness.Heard(Statistics("UP", end: 10, next: 4));
        Assert.Equal(["esn_consumer_lag_records 6"], await Shown());
        _readiness.Left();
        Assert.Empty(await Shown());
    }

    [Fact]
    public void An_idle_topic_is_ready_for_ever()
    {
        _readiness.Joined();
        for (int minute = 0; minute < 60; minute++)
        {
            _time.Advance(TimeSpan.FromSeconds(20));
            _readiness.Heard(Statistics("UP", end: 10, next: 10));
            Assert.Null(_readiness.Missing);
        }
    }

    [Fact]
    public void An_empty_topic_is_ready()
    {
        _readiness.Joined();
        _readiness.Heard(Statistics("UP", end: 0, next: 0));
        Assert.Null(_readiness.Missing);
    }

    [Fact]
    public void Records_that_wait_without_progress_are_not_ready()
    {
        _readiness.Joined();
        _readiness.Progressed();
        _time.Advance(TimeSpan.FromSeconds(29));
        _readiness.Heard(Statistics("UP", end: 100, next: 60, queued: 5));
        Assert.Null(_readiness.Missing);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Contains("45 records wait", _readiness.Missing, StringComparison.Ordinal);
        _readiness.Progressed();
        Assert.Null(_readiness.Missing);
    }

    [Fact]
    public void A_dead_broker_or_a_silent_client_is_not_ready()
    {
        _readiness.Joined();
        _readiness.Heard(Statistics("DOWN", end: 10, next: 10));
        Assert.Equal("no broker is connected", _readiness.Missing);
        _readiness.Heard(Statistics("UP", end: 10, next: 10));
        Assert.Null(_readiness.Missing);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Contains("silent", _readiness.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_partition_that_is_still_looking_for_its_offset_is_not_idle()
    {
        _readiness.Joined();
        _readiness.Heard(Statistics("UP", end: -1001, next: -1001, state: "offset-query"));
        Assert.NotNull(_readiness.Missing);
    }

    static readonly PartitionId Partition = new("t", 3);

    [Fact]
    public void Records_of_a_partition_that_no_member_reads_are_not_ready_whoever_asks()
    {
        _readiness.Joined();
        for (int second = 0; second <= 40; second += 5)
        {
            _readiness.Heard(Statistics("UP", end: 10, next: 10));
            _readiness.Progressed();
            _readiness.Told([new GroupPartition(Partition, 100, 160, Held: false)], gone: null);
            if (second <= 30) Assert.Null(_readiness.Missing);
            _time.Advance(TimeSpan.FromSeconds(5));
        }
        Assert.Equal("60 records of t[3] wait and the group has read none for 45 s: no member holds it", _readiness.Missing);
        _readiness.Told([new GroupPartition(Partition, 101, 160, Held: true)], gone: null);
        Assert.Null(_readiness.Missing);
    }

    [Fact]
    public void A_member_that_does_not_get_on_is_told_while_more_comes_but_the_mark_of_a_transaction_is_no_record()
    {
        _readiness.Joined();
        void Minute(long end)
        {
            _readiness.Told([new GroupPartition(Partition, 100, end, Held: true)], gone: null);
            _time.Advance(TimeSpan.FromSeconds(60));
            _readiness.Heard(Statistics("UP", end: 10, next: 10));
            _readiness.Told([new GroupPartition(Partition, 100, end, Held: true)], gone: null);
        }
        Minute(end: 101);
        Minute(end: 101);
        Assert.Null(_readiness.Missing);
        Minute(end: 500);
        Assert.Contains("400 records of t[3] wait", _readiness.Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_lost_its_membership_or_a_topic_of_its_sink_is_not_ready()
    {
        _readiness.Reached();
        _readiness.Joined();
        _readiness.Progressed();
        _readiness.Told([], gone: "events");
        Assert.Equal("topic events is gone", _readiness.Missing);
        _readiness.Told([], gone: null);
        Assert.Null(_readiness.Missing);
        _readiness.Left();
        Assert.NotNull(_readiness.Missing);
    }

    [Fact]
    public void Brokers_that_do_not_answer_are_told_by_when_they_were_asked_not_by_how_seldom_they_are()
    {
        _readiness.Joined();
        _readiness.Asked();
        _readiness.Told([new GroupPartition(Partition, 10, 10, Held: true)], gone: null);
        void Wait(double seconds)
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            _readiness.Heard(Statistics("UP", end: 10, next: 10));
        }
        Wait(45);
        Assert.Null(_readiness.Missing);  // nothing was asked meanwhile
        _readiness.Asked();
        Wait(20);
        Assert.Null(_readiness.Missing);
        _readiness.Asked();  // again, as the first was not answered
        Wait(20);
        Assert.Equal("the brokers have not said how far the group is for 40 s", _readiness.Missing);
        _readiness.Told([new GroupPartition(Partition, 10, 10, Held: true)], gone: null);
        Assert.Null(_readiness.Missing);
    }
}
