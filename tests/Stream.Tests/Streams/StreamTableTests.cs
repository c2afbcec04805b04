using System.Globalization;
using System.Text;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class StreamTableTests
{
    static StreamTable Table(EsnConfig config) => new(config, TimeProvider.System);

    [Fact]
    public void The_same_records_give_the_same_results_in_any_batches()
    {
        FeedRecord[] records = [.. Enumerable.Range(0, 1400)
            .Select(i => Pipelines.Record(i, i % 2 == 0 ? "a" : "b", Pipelines.Value(i / 2, i % 2)))];
        List<ScoredFrame> one = [], other = [];
        StreamTable ones = Table(Pipelines.Config()), others = Table(Pipelines.Config());
        foreach (FeedRecord record in records) one.AddRange(ones.Take(Pipelines.Batch(record)).Frames);
        foreach (FeedRecord[] chunk in records.Chunk(97)) other.AddRange(others.Take(Pipelines.Batch(chunk)).Frames);

        Assert.Equal(one.Select(frame => BitConverter.DoubleToInt64Bits(frame.Result.Score)),
            other.Select(frame => BitConverter.DoubleToInt64Bits(frame.Result.Score)));
        Assert.Equal(one.Select(frame => frame.Frame.Record.Offset), other.Select(frame => frame.Frame.Record.Offset));
        Assert.Contains(one, frame => frame.Result.Alarm is { Change: AlarmChange.Opened, Position: >= 600 and < 610 });
    }

    [Fact]
    public void What_is_told_of_a_batch_is_what_its_frames_tell()
    {
        // Of each stream some frames do not come, and are bridged.
        FeedRecord[] records = [.. Enumerable.Range(0, 1400).Where(i => i < 400 || i / 2 % 40 != 0)
            .Select(i => Pipelines.Record(i, i % 2 == 0 ? "a" : "b", Pipelines.Value(i / 2, i % 2)))];
        StreamTable table = Table(Pipelines.Config());
        (int alarms, int bridged) = (0, 0);
        foreach (FeedRecord[] chunk in records.Chunk(97))
        {
            ScoredBatch batch = table.Take(Pipelines.Batch(chunk));
            Assert.Equal(batch.Frames.Where(frame => frame.Result.Alarm is not null), batch.Alarms);
            Assert.Equal(batch.Frames.Where(frame => frame.Result.Model is not null), batch.ModelChanges);
            Assert.Equal(batch.Frames.Select(frame => frame.Frame.Record.Milliseconds).Order(),
                batch.Streams.SelectMany(steps => steps.Sent.ToArray()).Order());
            alarms += batch.Alarms.Count;
            bridged += batch.Streams.Sum(steps => steps.Bridged);
        }
        Assert.True(alarms > 0 && bridged > 0, $"{alarms} changes of alarms, {bridged} frames bridged");
    }

    [Fact]
    public void Bad_records_change_nothing_for_the_good_ones()
    {
        StreamTable clean = Table(Pipelines.Config()), disturbed = Table(Pipelines.Config());
        List<ScoredFrame> expected = [], found = [];
        for (int i = 0; i < 700; i++)
        {
            FeedRecord good = Pipelines.Record(i, "a", Pipelines.Value(i));
            expected.AddRange(clean.Take(Pipelines.Batch(good)).Frames);
            FeedRecord[] bad =
            [
                good with { Value = "{"u8.ToArray() }, good with { Key = null }, good with { Value = null },
                good with { Value = """{"values": [1, 2, 3]}"""u8.ToArray() },
                    good with { Key = "empty"u8.ToArray(), Value = "{}"u8.ToArray() },
            ];
            ScoredBatch batch = disturbed.Take(Pipelines.Batch([bad[0], bad[1], good, bad[2], bad[3], bad[4]]));
            Assert.Equal(5, batch.DeadLetters.Count);
            found.AddRange(batch.Frames);
        }
        Assert.Equal(expected.Select(frame => frame.Result.Score), found.Select(frame => frame.Result.Score));
    }

    [Fact]
    public void A_number_that_stands_for_no_value_is_taken_as_null()
    {
        double[] known = Scores("null"), named = Scores("-999");
        Assert.Equal(known, named);
        Assert.True(named.Max() < 10, $"{named.Max()}");

        static double[] Scores(string none)
        {
            StreamTable table = Table(Pipelines.Config(source => source with { Fields = new FrameFields { Missing = [-999, 65535] } }));
            List<double> scores = [];
            for (int i = 0; i < 700; i++)
            {
                // Of one channel some records are gaps, of another stream's two channels one goes on.
                string value = string.Create(CultureInfo.InvariantCulture, $"{Pipelines.Value(i):R}"), second = i % 50 == 20 ? none : value;
                ScoredBatch batch = table.Take(Pipelines.Batch(Said(2 * i, "a", $$"""{"value": {{second}}}"""),
                    Said(2 * i + 1, "b", $$"""{"values": [{{value}}, {{second}}]}""")));
                Assert.Empty(batch.DeadLetters);
                scores.AddRange(batch.Frames.Select(frame => frame.Result.Score));
            }
            return [.. scores];
        }

        static FeedRecord Said(long offset, string key, string value) =>
            new("steps", 0, offset, 1000 * offset, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
    }

    [Fact]
    public void Beyond_the_cap_a_new_stream_is_a_dead_letter()
    {
        StreamTable table = Table(Pipelines.Config(source => source with { MaxStreams = 2 }));
        ScoredBatch batch = table.Take(Pipelines.Batch(Pipelines.Record(0, "a", 1), Pipelines.Record(1, "b", 1),
            Pipelines.Record(2, "c", 1), Pipelines.Record(3, "a", 2)));
        Assert.Equal(Rejection.TooManyStreams, Assert.Single(batch.DeadLetters).Reason);
        Assert.Equal(3, batch.Frames.Count);
    }

    [Fact]
    public void A_key_in_two_partitions_is_two_streams_and_a_partition_takes_its_streams_along()
    {
        StreamTable table = Table(Pipelines.Config());
        table.Take(new PartitionsAssigned([new("steps", 0), new("steps", 1)]));
        table.Take(Pipelines.Batch(Pipelines.Record(0, "a", 1, partition: 0), Pipelines.Record(0, "a", 1, partition: 1),
            Pipelines.Record(0, "b", 1, partition: 1)));
        ScoredBatch gone = table.Take(new PartitionsRevoked([new("steps", 0)]));
        Assert.Equal([new StreamId("steps", 0, "a")], gone.Gone);
        Assert.Equal(2, gone.StreamCount);
        Assert.Equal(1, table.Take(Pipelines.Batch(Pipelines.Record(1, "a", 2, partition: 1))).Frames[0].Result.Position);
        Assert.Equal(0, table.Take(Pipelines.Batch(Pipelines.Record(1, "a", 2, partition: 0))).Frames[0].Result.Position);
        Assert.Equal(3, table.Take(new PartitionsLost([new("steps", 0), new("steps", 1)])).Gone.Count);
    }

    [Fact]
    public void Every_event_of_an_alarm_carries_the_place_of_the_record_that_opened_it_whatever_comes_between()
    {
        StreamTable table = Table(Pipelines.Config());
        var events = new List<ScoredFrame>();
        long offset = 0;
        for (int t = 0; t < 900; t++)
        {
            FeedRecord garbage = Pipelines.Record(offset++, "a", 0) with { Value = "{"u8.ToArray() };
            FeedRecord a = Pipelines.Record(t, "a", Pipelines.Value(t)) with { Offset = offset++ };
            FeedRecord b = Pipelines.Record(t, "b", Pipelines.Value(t, 1)) with { Offset = offset++ };
            SourceMessage batch = t % 3 == 0 ? Pipelines.Batch(garbage, a, b) : Pipelines.Batch(a, b);  // not a fixed stride either
            if (t % 3 != 0) offset--;
            events.AddRange(table.Take(batch).Frames.Where(frame => frame.Result.Alarm is not null));
        }
        foreach (string key in new[] { "a", "b" })
        {
            ScoredFrame[] own = [.. events.Where(frame => frame.Frame.Stream.Key == key)];
            Assert.True(own.Length >= 3, $"{own.Length} events of {key}");  // opened, updated, closed
            foreach (IGrouping<string, ScoredFrame> alarm in own.GroupBy(frame => frame.AlarmId))
            {
                ScoredFrame opened = Assert.Single(alarm, frame => frame.Result.Alarm!.Change == AlarmChange.Opened);
                Assert.Equal($"steps/0/{key}/{opened.Frame.Record.Offset}", alarm.Key);
                Assert.All(alarm, frame => Assert.Equal(opened.Result.Alarm!.Start, frame.Result.Alarm!.Start));
            }
        }
    }

    [Fact]
    public void A_simulation_that_is_started_again_goes_on_with_what_was_learnt_and_wakes_nobody()
    {
        StreamTable table = Table(Pipelines.Config());
        FeedRecord At(long offset, long t) => Pipelines.Record(t, "a", Math.Sin(.3 * t) + .01 * Math.Sin(12.9898 * t * t))
            with { Offset = offset };
        for (int t = 0; t < 1500; t++) table.Take(Pipelines.Batch(At(t, t)));
        ScoredBatch[] again = [.. Enumerable.Range(0, 30)
            .Select(i => table.Take(Pipelines.Batch([.. Enumerable.Range(0, 10).Select(j => At(1500 + 10 * i + j, 7 + 10 * i + j))])))];
        Assert.Equal(20, again.Sum(batch => batch.DeadLetters.Count));
        Assert.Equal(1, again.Sum(batch => batch.Streams.Sum(steps => steps.NewRuns)));
        ScoredFrame first = again.SelectMany(batch => batch.Frames).First();
        Assert.Equal((1500, true), (first.Result.Position, first.Muted));
        Assert.DoesNotContain(again.SelectMany(batch => batch.Frames), frame => frame.Result.Alarm is not null);
        Assert.InRange(again[^1].Frames[^1].Result.Score, 0, 1);
    }

    [Fact]
    public void A_frame_of_too_many_values_is_a_dead_letter_and_nothing_is_made_for_it()
    {
        StreamTable table = Table(Pipelines.Config(source => source with { MaxChannels = 10 }) with { Detector = Presets.Signal() });
        DeadLetter letter = Assert.Single(table.Take(Pipelines.Batch(Values(0, "wide", 39_000))).DeadLetters);
        Assert.Equal(Rejection.TooManyChannels, letter.Reason);
        Assert.Contains("39000 values: source.maxChannels allows 10", letter.Detail, StringComparison.Ordinal);
        Assert.Empty(table.Take(Pipelines.Batch(Values(1, "narrow", 10))).DeadLetters);
    }

    // A model that warms up beside one is made though there is no room, and keeps no stream out: neither what is scored nor who is
    // depends on how records came in batches.
    [Fact]
    public void A_second_model_of_a_stream_is_shown_and_keeps_no_stream_out()
    {
        const int Leaves = 1500;
        EsnConfig config = Pipelines.Config();
        config = config with { Detector = ((ErrorModelSpec)config.Detector) with { WarmUp = 1200 } };
        long one = config.Detector.EstimatedBytes(2);
        config = config with { Source = config.Source with { MaxMemory = new MemorySize("room for three", 3 * one + one / 2) } };
        StreamTable table = Table(config);
        var bytes = new List<long>();
        for (int t = 0; t < 5000; t++)
        {
            double first = t < Leaves ? Math.Sin(.3 * t) : 60;
            List<FeedRecord> records = [Two(t, "a", first, Pipelines.Value(t % 600))];
            if (t == 0) records.Add(Two(t, "b", 0, 0));
            // Another one finds its place while there are two models, and a fourth none.
            if (bytes is [.., var now] && now == 3 * one) records.AddRange([Two(t, "c", 0, 0), Two(t, "d", 0, 0)]);
            ScoredBatch batch = table.Take(Pipelines.Batch([.. records]));
            if (records.Count == 3) Assert.Equal(Rejection.NoMemory, Assert.Single(batch.DeadLetters).Reason);
            else Assert.Empty(batch.DeadLetters);
            bytes.Add(batch.ModelBytes);
        }
        Assert.Equal([2 * one, 3 * one, 4 * one, 3 * one], bytes.Where((count, t) => t == 0 || count != bytes[t - 1]));

        static FeedRecord Two(long t, string key, double first, double second) => new("steps", 0, (4 * t) + key[0] - 'a', 1000 * t,
            Encoding.UTF8.GetBytes(key),
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"values": [{{first:R}}, {{second:R}}]}""")));
    }

    [Fact]
    public void A_stream_that_no_longer_fits_into_memory_is_a_dead_letter_before_it_takes_any()
    {
        StreamTable table = Table(Pipelines.Config(source => source with { MaxChannels = 100_000, MaxMemory = MemorySize.Parse("2 MB") }));
        long before = GC.GetAllocatedBytesForCurrentThread();
        DeadLetter letter = Assert.Single(table.Take(Pipelines.Batch(Values(0, "wide", 39_000))).DeadLetters);
        Assert.Equal(Rejection.NoMemory, letter.Reason);
        Assert.Contains("raise source.maxMemory", letter.Detail, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);

        ScoredBatch many = table.Take(Pipelines.Batch([.. Enumerable.Range(0, 100).Select(i => Values(i, $"s{i}", 1))]));
        Assert.NotEmpty(many.Frames);
        Assert.NotEmpty(many.DeadLetters);
        Assert.All(many.DeadLetters, dead => Assert.Equal(Rejection.NoMemory, dead.Reason));
        Assert.InRange(many.ModelBytes, 1, 2_000_000);
        // Those that have a place go on.
        Assert.Single(table.Take(Pipelines.Batch(Values(200, "s0", 1))).Frames);
    }

    [Fact]
    public void A_model_that_can_not_be_made_is_a_dead_letter_with_the_reason()
    {
        EsnConfig config = Pipelines.Config();
        StreamTable table = Table(config
            with { Detector = config.Detector with { Alarm = new AlarmSpec { MinimumDeviation = [1, 2, 3] } } });
        ScoredBatch batch = table.Take(Pipelines.Batch(Values(0, "two", 2), Values(1, "three", 3)));
        Assert.Equal(Rejection.NoModel, Assert.Single(batch.DeadLetters).Reason);
        Assert.Single(batch.Frames);
    }

    [Fact]
    public void A_stream_gets_the_first_model_that_names_it()
    {
        EsnConfig config = Pipelines.Config() with
        {
            Models =
            [
                new ModelConfig { Streams = ["pump-1"], Detector = Presets.Sensors() with { ScalingSteps = 11 } },
                new ModelConfig { Streams = ["valve", "pump-*"], Detector = Presets.Metric(),
                    Budget = AlarmBudget.Parse("1 per 1000 steps") },
            ],
        };
        var choice = new ModelChoice(config);
        Assert.Equal(11, Assert.IsType<ErrorModelSpec>(choice.Of("pump-1")).ScalingSteps);
        Assert.IsType<MetricModelSpec>(choice.Of("pump-2"));
        Assert.Same(choice.Of("valve"), choice.Of("pump-3"));
        Assert.Equal(50, Assert.IsType<ErrorModelSpec>(choice.Of("my-pump-1")).ScalingSteps);

        // The gap between two scaled beginnings shows which model a stream runs through.
        StreamTable table = Table(config);
        StreamSteps[] steps = [.. Enumerable.Range(0, 30)
            .SelectMany(t => table.Take(Pipelines.Batch(Pipelines.Record(t, "pump-1", Pipelines.Value(t)),
            Pipelines.Record(t, "other", Pipelines.Value(t)))).Streams)];
        Assert.Contains(steps, step => step.Stream.Key == "pump-1" && !double.IsNaN(step.Frames[0].Expected.Span[0]));
        Assert.DoesNotContain(steps, step => step.Stream.Key == "other" && !double.IsNaN(step.Frames[0].Expected.Span[0]));
    }

    static FeedRecord Values(long offset, string key, int channels) =>
        Pipelines.Record(offset, key, 0)
            with { Value = Encoding.UTF8.GetBytes($$"""{"values": [{{string.Join(',', Enumerable.Repeat("1", channels))}}]}""") };
}
