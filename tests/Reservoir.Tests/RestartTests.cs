using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>A detector that is saved and loaded goes on as if nothing had happened.</summary>
public sealed class RestartTests
{
    const int Steps = 3600, Spike = 2600, MutedFrom = 3100, MutedTo = 3140;

    // Before the scaling is fixed, in the alarm, in the muted stretch and shortly after its washout.
    static readonly int[] Wanted = [3, Spike + 1, Spike + 2, Spike + 7, MutedFrom + 20, MutedTo + 60];

    static readonly JsonSerializerOptions Named = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static TheoryData<string, int> All => new()
    {
        { "signal", 1 }, { "signal", 3 }, { "sensors", 1 }, { "sensors", 3 }, { "metric", 1 }, { "metric", 3 },
        { "sensors with models", 3 }, { "every score", 2 }, { "two slabs", 1 }, { "many outputs", 40 }, { "signal by day", 1 },
            { "metric by day", 1 }, { "tiles", 48 }, { "coarse tiles", 48 }, { "wide tiles", 48 }, { "whole field", 48 },
    };

    static ModelSpec Spec(string name) => name switch
    {
        "signal" => Feeds.Small(),
        "sensors" => Presets.Sensors(),
        "metric" => Presets.Metric(),
        "sensors with models" => Presets.Sensors() with { Scores = Presets.SensorModelScores },
        // What no preset has: learnt late, forgotten, several horizons, ranges.
        "every score" => Feeds.Small() with
        {
            Readout = new ReadoutSpec { ForgettingFactor = .999, Delay = 3, Horizons = [1, 4] },
            Scores = [.. Presets.SignalScores, new OutOfRangeSpec(), new LevelSpec(),
                new MeanErrorSpec { Horizon = 4, Average = 2, Window = 5 }],
        },
        // A fold that is spread over a period, and one whose updates of W_out wait.
        "two slabs" => Presets.Signal()
            with { Reservoir = new ReservoirSpec { Units = 520 }, Readout = new ReadoutSpec { ForgettingFactor = .999 },
            Scores = [new MeanErrorSpec()] },
        "many outputs" => Feeds.Small() with { Scores = [new MeanErrorSpec(), new FreeRunErrorSpec()] },
        "tiles" => Fields.Small(new TileSpec { Rows = 3, Columns = 4, Halo = 1 }),
        "coarse tiles" => Fields.Small(new TileSpec { Rows = 3, Columns = 4, Halo = 1, Coarse = new CoarseSpec() }),
        "wide tiles" => Fields.Small(new TileSpec { Rows = 6, Columns = 6, Halo = 1 }),  // of whose first outputs updates wait
        "whole field" => Fields.Small(tiles: null),
        "signal by day" => Feeds.Small().WithDailyBudget(20),
        "metric by day" => Presets.Metric().WithDailyBudget(20),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    // Of a metric the days are seen, and in them a job.
    static (double[] Frames, DateTime[] Times, bool[] Muted) Feed(int channels, string name = "")
    {
        bool metric = name.StartsWith("metric", StringComparison.Ordinal);
        double[] frames = Feeds.Sines(Steps, channels, noise: .3);
        for (int t = Spike; t < Spike + 30; t++) frames[t * channels] += 12;
        for (int t = 30 * 48 + 6; t < Steps && metric; t += 48) frames[t * channels] += 30;
        for (int t = MutedFrom; t < MutedTo && metric; t++) frames[t * channels] = 1e6;
        DateTime[] times = metric ? [.. Enumerable.Range(0, Steps).Select(t => DateTime.UnixEpoch.AddMinutes(30 * t))] : Feeds.Times(Steps);
        return (frames, times, [.. Enumerable.Range(0, Steps).Select(t => t is >= MutedFrom and < MutedTo or 5)]);
    }

    static byte[] Save(Detector detector)
    {
        var buffer = new ArrayBufferWriter<byte>();
        detector.Save(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    [Fact]
    public void A_snapshot_goes_out_and_comes_back_in_pieces_of_any_size()
    {
        var detector = new Detector(Feeds.Small(), 1);
        (double[] frames, DateTime[] times, _) = Feed(1);
        detector.StepMany(times.AsSpan(0, 1500), frames.AsSpan(0, 1500), new StepResult[1500], new double[1500]);
        byte[] whole = Save(detector);
        foreach (int size in new[] { 1, 7, 4096, 1 << 20 })
        {
            var pieces = new SmallPieces(size);
            detector.Save(pieces);
            Assert.Equal(whole, pieces.Written);
            Detector back = Detector.Load(Feeds.Small(), 1, Cut(whole, size));
            Assert.Equal(whole, Save(back));
        }
        Assert.Throws<InvalidDataException>(() => Detector.Load(Feeds.Small(), 1, Cut(whole[..^1], 7)));
    }

    static ReadOnlySequence<byte> Cut(byte[] bytes, int size)
    {
        Piece first = new(bytes.AsMemory(0, Math.Min(size, bytes.Length)), 0), last = first;
        for (int at = size; at < bytes.Length; at += size) last = last.Before(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long before) => (Memory, RunningIndex) = (memory, before);

        public Piece Before(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }

    // Gives no more room at once than it has.
    sealed class SmallPieces(int size) : IBufferWriter<byte>
    {
        readonly byte[] _room = new byte[size];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_room.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => sizeHint <= size ? _room
            : throw new ArgumentOutOfRangeException(nameof(sizeHint), sizeHint, "all at once");

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_run_that_is_restarted_at_any_steps_gives_the_same_bits(string name, int channels)
    {
        ModelSpec spec = Spec(name);
        (double[] frames, DateTime[] times, bool[] muted) = Feed(channels, name);
        StepResult[] whole = new StepResult[Steps], parts = new StepResult[Steps];
        double[] expected = new double[frames.Length], same = new double[frames.Length];
        var uninterrupted = new Detector(spec, channels);
        uninterrupted.StepMany(times, frames, whole, expected, muted);

        var random = new Xoshiro256StarStar(7, threadSafe: false);
        var detector = new Detector(spec, channels);
        bool restartedInAlarm = false, restartedMuted = false;
        int restarts = 0;
        for (int done = 0, count; done < Steps; done += count)
        {
            // Half of the batches are short: restarts fall on all steps of a period.
            count = Math.Min(Steps - done, random.Next(random.Next(2) == 0 ? 8 : 130));
            foreach (int wanted in Wanted)
                if (done < wanted && done + count > wanted) count = wanted - done;
            detector.StepMany(times.AsSpan(done, count), frames.AsSpan(done * channels, count * channels), parts.AsSpan(done, count),
                same.AsSpan(done * channels, count * channels), muted.AsSpan(done, count));
            int next = done + count;
            if (!Wanted.Contains(next) && random.Next(3) > 0) continue;
            detector = Detector.Load(spec, channels, Save(detector));
            restarts++;
            restartedInAlarm |= next > 0 && parts[next - 1].AlarmOpen;
            restartedMuted |= next > 0 && muted[next - 1];
        }
        Assert.True(restarts > 10 && restartedInAlarm
            && restartedMuted, $"{restarts} restarts, in an alarm: {restartedInAlarm}, muted: {restartedMuted}");
        Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), same.Select(BitConverter.DoubleToInt64Bits));
        for (int t = 0; t < Steps; t++) Assert.Equal(JsonSerializer.Serialize(whole[t], Named), JsonSerializer.Serialize(parts[t], Named));
        // W_out, P and all else that either of them would go on with.
        Assert.Equal(Save(uninterrupted), Save(detector));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_field_is_what_it_was(string name, int channels)
    {
        ModelSpec spec = Spec(name);
        (double[] frames, DateTime[] times, bool[] muted) = Feed(channels, name);
        var detector = new Detector(spec, channels);
        int done = 0;
        foreach (int stop in (int[])[7, 1000, Spike + 4, Spike + 300, MutedFrom + 20, MutedTo + 60])
        {
            Take(detector, stop - done);
            Detector restarted = Detector.Load(spec, channels, Save(detector));
            // With one more step both have made anew what a step needs for itself alone.
            Take(detector, 1);
            done -= 1;
            Take(restarted, 1);
            Assert.Empty(StateGraph.Differences(detector, restarted));
        }

        void Take(Detector detector, int count)
        {
            detector.StepMany(times.AsSpan(done, count), frames.AsSpan(done * channels, count * channels), new StepResult[count],
                new double[count * channels], muted.AsSpan(done, count));
            done += count;
        }
    }

    [Theory]
    [InlineData("metric", 1)]
    [InlineData("signal", 3)]
    public void A_restart_in_a_gap_in_an_alarm_goes_on_with_its_score(string name, int after)
    {
        (double[] frames, DateTime[] times, _) = Feed(1, name);
        frames[Spike] += 200;
        Array.Fill(frames, double.NaN, Spike + after, 5);
        var whole = new StepResult[Spike + 40];
        new Detector(Spec(name), 1).StepMany(times.AsSpan(0, whole.Length), frames.AsSpan(0, whole.Length), whole,
            new double[whole.Length]);
        Assert.Contains(whole[(Spike + after)..(Spike + after + 5)], result => result is { AlarmOpen: true, Score: > 0 });
        var restarted = new Detector(Spec(name), 1);
        for (int t = 0; t < whole.Length; t++)
        {
            if (t >= Spike) restarted = Detector.Load(Spec(name), 1, Save(restarted));
            Assert.Equal(whole[t].Score, restarted.Step(times[t], frames.AsSpan(t, 1), new double[1]).Score);
        }
    }

    [Fact]
    public void The_snapshot_does_not_depend_on_how_frames_were_batched()
    {
        // With steps that are skipped while a fold is spread over a period, a block folds ahead of single steps.
        ModelSpec spec = Spec("two slabs");
        (double[] frames, DateTime[] times, _) = Feed(1);
        bool[] muted = [.. Enumerable.Range(0, Steps).Select(t => t % 96 == 5)];
        spec = (ErrorModelSpec)spec with { Washout = 3 };
        Detector ones = new(spec, 1), blocks = new(spec, 1);
        for (int done = 0; done < 1200; done += 40)
        {
            for (int t = done; t < done + 40; t++) ones.Step(times[t], frames.AsSpan(t, 1), new double[1], muted[t]);
            blocks.StepMany(times.AsSpan(done, 40), frames.AsSpan(done, 40), new StepResult[40], new double[40], muted.AsSpan(done, 40));
            Assert.Equal(Save(ones), Save(blocks));
        }
    }

    [Fact]
    public void A_snapshot_that_is_cut_off_or_damaged_is_refused()
    {
        ModelSpec spec = Presets.Sensors() with { Reservoir = new ReservoirSpec { Units = 5, Degree = 2 }, ScalingSteps = 10 };
        var detector = new Detector(spec, 1);
        (double[] frames, DateTime[] times, _) = Feed(1);
        detector.StepMany(times.AsSpan(0, 50), frames.AsSpan(0, 50), new StepResult[50], new double[50]);
        byte[] snapshot = Save(detector);
        Assert.Equal(50, Detector.Load(spec, 1, snapshot).Position);

        for (int length = 0; length < snapshot.Length; length++)
            Assert.Contains("the stream without",
                Assert.Throws<InvalidDataException>(() => Detector.Load(spec, 1, snapshot.AsSpan(0, length))).Message);
        Assert.Throws<InvalidDataException>(() => Detector.Load(spec, 1, (byte[])[.. snapshot, 0]));
        for (int i = 0; i < snapshot.Length; i++)
        {
            snapshot[i] ^= 16;
            Assert.Throws<InvalidDataException>(() => Detector.Load(spec, 1, snapshot));
            snapshot[i] ^= 16;
        }
        Assert.Equal(snapshot, Save(Detector.Load(spec, 1, snapshot)));
    }

    [Fact]
    public void A_snapshot_of_another_specification_or_format_is_refused_and_says_so()
    {
        ErrorModelSpec spec = Feeds.Small();
        byte[] snapshot = Save(new Detector(spec, 2));
        Assert.Contains("2 channels, this one has 3", Refused(spec, 3));
        Assert.Contains("another specification", Refused(spec with { Reservoir = spec.Reservoir with { Seed = 2 } }, 2));
        Assert.Contains("another specification", Refused(spec with { Reservoir = spec.Reservoir with { LeakRates = [.5, .4] } }, 2));
        Assert.Contains("another specification",
            Refused(spec with { Scores = [.. spec.Scores.SkipLast(1), new SlowRiseSpec { Delay = 1501, Tail = TailPrior.Logarithmic }] },
            2));
        Assert.Contains("another specification", Refused(Presets.Metric(), 2));
        // Equal values are the same specification, whoever made them.
        Detector.Load(Feeds.Small() with { Scores = [.. spec.Scores] }, 2, snapshot);

        snapshot[8]++;
        Assert.Contains($"has format {Snapshot.Version + 1}, this program reads {Snapshot.Oldest} to {Snapshot.Version}", Refused(spec, 2));
        snapshot[0]++;
        Assert.Contains("no snapshot of a detector", Refused(spec, 2));

        string Refused(ModelSpec spec, int channels) =>
            Assert.Throws<InvalidDataException>(() => Detector.Load(spec, channels, snapshot)).Message;
    }
}
