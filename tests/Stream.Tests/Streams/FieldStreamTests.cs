using Esn.Streaming.Configuration;
using Esn.Streaming.State;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Streams whose frames are fields.</summary>
public sealed class FieldStreamTests
{
    static StreamTable Table(EsnConfig? config = null) => new(config ?? Waves.Config, TimeProvider.System);

    static DeadLetter Refused(FeedRecord second)
    {
        StreamTable table = Table();
        Assert.Single(table.Take(Pipelines.Batch(Waves.Record(0))).Frames);
        return Assert.Single(table.Take(Pipelines.Batch(second)).DeadLetters);
    }

    static FeedRecord With(Action<double[]> change, FieldLayout? layout = null)
    {
        double[] frame = Waves.Frame(1);
        change(frame);
        (byte[] value, IReadOnlyList<RecordHeader> headers) = FieldRecord.Encode(layout ?? Waves.Layout, frame, Waves.Time(1), wide: true);
        return Waves.Record(1) with { Value = value, Headers = headers };
    }

    [Fact]
    public void The_first_frame_brings_the_grid_and_an_alarm_says_where()
    {
        StreamTable table = Table();
        List<ScoredFrame> scored = [];
        for (int t = 0; t < Waves.Frames; t++) scored.AddRange(table.Take(Pipelines.Batch(Waves.Record(t))).Frames);
        Assert.Equal(Waves.Frames, scored.Count);
        ScoredFrame opened = Assert.Single(scored, frame => frame.Result.Alarm is { Change: AlarmChange.Opened });
        Assert.InRange(opened.Result.Position, Waves.Onset, Waves.Onset + 3);
        FieldRegion region = opened.Result.Alarm!.Field!.Regions[0];
        Assert.True(Waves.InBump(region.Row, region.Column), $"{region}");
        Assert.Equal(Enumerable.Range(0, Waves.Rows * Waves.Columns).Select(Waves.IsLand), opened.Grid!.Land);
        Assert.All(scored, frame => Assert.All(frame.Frame.Values, value => Assert.True(double.IsFinite(value))));
    }

    [Fact]
    public void What_is_to_come_is_told_beside_the_steps_and_comes_and_whoever_looks_ahead_changes_no_bit()
    {
        (StreamTable table, StreamTable bold) = (new(Waves.Config, TimeProvider.System), new(Waves.Config, new FakeTimeProvider()));
        var foretold = new List<FieldAhead>();
        for (int t = 0; t < Waves.Onset; t++)
        {
            FeedRecord record = Waves.Record(t);
            // By a clock that stands still looking ahead costs nothing, so it is done at every step.
            StreamSteps steps = Assert.Single(bold.Take(Pipelines.Batch(record)).Streams);
            Assert.Equal(steps.Frames[0].Result.WarmingUp, steps.Ahead is null);
            if (steps.Ahead is { } ahead) foretold.Add(ahead);
            Assert.Equal(table.Take(Pipelines.Batch(record)).Frames[0].Result.Score, steps.Frames[0].Result.Score);
        }
        FieldAhead last = foretold.Last(ahead => ahead.From + ahead.Steps < Waves.Onset);
        Assert.Equal(8, last.Steps);
        double[] came = Waves.Frame((int)last.From + last.Steps), before = Waves.Frame((int)last.From);
        double missed = Sum(last.Values, came), moved = Sum(before, came);
        Assert.True(missed < .1 * moved, $"{missed} of {moved}");

        static double Sum(double[] a, double[] b) => a.Zip(b, (x, y) => double.IsNaN(y) ? 0 : (x - y) * (x - y)).Sum();
    }

    [Fact]
    public void A_value_that_is_missing_in_the_sea_is_told_with_its_place()
    {
        DeadLetter letter = Refused(With(frame => frame[3 * Waves.Columns + 5] = double.NaN));
        Assert.Equal(Rejection.MaskChanged, letter.Reason);
        Assert.Equal("height at row 3, column 5 is NaN, where the stream's first frame has a value", letter.Detail);
    }

    [Fact]
    public void A_mask_that_changes_is_told_with_its_place()
    {
        DeadLetter letter = Refused(With(frame => frame[2 * Waves.Columns] = 1.5));
        Assert.Equal(Rejection.MaskChanged, letter.Reason);
        Assert.Equal("height at row 2, column 0 is 1.5, where the stream's first frame has land", letter.Detail);
    }

    [Fact]
    public void A_shape_of_as_many_values_is_another_shape()
    {
        DeadLetter letter = Refused(With(_ => { }, new FieldLayout(1, Waves.Columns, Waves.Rows)));
        Assert.Equal(Rejection.WrongDimension, letter.Reason);
        Assert.Equal("the stream's frames are 12×16, this one is 16×12", letter.Detail);
    }

    [Fact]
    public void A_frame_that_was_refused_changes_nothing()
    {
        StreamTable clean = Table(), disturbed = Table();
        for (int t = 0; t < 90; t++)
        {
            ScoredBatch one = clean.Take(Pipelines.Batch(Waves.Record(t)));
            if (t > 0) Assert.Single(disturbed.Take(Pipelines.Batch(With(frame => frame[17] = double.NaN))).DeadLetters);
            Assert.Equal(one.Frames[0].Result.Score, disturbed.Take(Pipelines.Batch(Waves.Record(t))).Frames[0].Result.Score);
        }
    }

    [Fact]
    public void A_first_frame_without_a_value_is_no_stream()
    {
        StreamTable table = Table();
        ScoredBatch batch = table.Take(Pipelines.Batch(With(frame => Array.Fill(frame, double.NaN))));
        Assert.Equal(Rejection.NotFinite, Assert.Single(batch.DeadLetters).Reason);
        Assert.Equal(0, batch.StreamCount);
    }

    [Fact]
    public void A_field_may_have_more_values_than_other_frames_but_not_more_than_the_memory()
    {
        EsnConfig config = Waves.Config with { Source = new SourceConfig { MaxChannels = 10, MaxMemory = MemorySize.Parse("5 MB") } };
        Assert.Single(Table(config).Take(Pipelines.Batch(Waves.Record(0))).Frames);
        var large = new FieldLayout(1, 300, 300);
        (byte[] value, IReadOnlyList<RecordHeader> headers) = FieldRecord.Encode(large, new double[large.Values], Waves.Time(0),
            wide: false);
        DeadLetter letter = Assert.Single(Table(config).Take(Pipelines.Batch(Waves.Record(0) with { Value = value, Headers = headers }))
            .DeadLetters);
        Assert.Equal(Rejection.NoMemory, letter.Reason);
        Assert.Contains("cut the field into tiles", letter.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_brings_the_grid_back_and_gives_the_same_bits()
    {
        StreamTable undisturbed = Table(), stopped = Table();
        FeedRecord[] records = [.. Enumerable.Range(0, 120).Select(t => Waves.Record(t))];
        IReadOnlyList<ScoredFrame> whole = undisturbed.Take(Pipelines.Batch(records)).Frames;
        stopped.Take(Pipelines.Batch(records[..90]));
        PartitionId partition = new("frames", 0);
        PartitionSnapshot snapshot = Assert.Single(stopped.Take(new PartitionsRevoked([partition])).Snapshots);

        StreamTable after = Table();
        Assert.Equal(1, after.Take(new PartitionsAssigned([partition]) { Starts = [new PartitionStart(partition, snapshot, 90)] })
            .Restored);
        ScoredBatch batch = after.Take(Pipelines.Batch(records[90..]));
        Assert.Equal(whole.Skip(90).Select(frame => frame.Result.Score), batch.Frames.Select(frame => frame.Result.Score));
        Assert.Equal(whole.Skip(90).Select(frame => frame.Expected.ToArray()), batch.Frames.Select(frame => frame.Expected.ToArray()));
        Assert.Equal(Waves.Layout.Latitudes, batch.Frames[0].Grid!.Latitudes);
        FeedRecord broken = With(frame => frame[17] = double.NaN) with { Offset = 200 };
        Assert.Equal(Rejection.MaskChanged, Assert.Single(after.Take(Pipelines.Batch(broken)).DeadLetters).Reason);
    }
}
