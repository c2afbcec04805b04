using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public sealed class FieldSeasonTests
{
    const int Cells = 6, Years = 12;

    static readonly GridSpec Grid = new() { Rows = 2, Columns = 3, Land = [false, false, false, false, true, false] };

    static readonly DateTime[] Months =
        [.. Enumerable.Range(0, 12 * Years).Select(t => new DateTime(2000, 1, 15, 0, 0, 0, DateTimeKind.Utc).AddMonths(t))];

    // 20 degrees, ± 3 over the year, another phase in each cell, and weather.
    static double[] Feed(int seed = 1)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, Months.Length * Cells).Select(i => i % Cells == 4 ? 0
            : 20 + 3 * Math.Sin(Math.PI / 6 * (i / Cells) + i % Cells) + .2 * (random.NextDouble() - .5))];
    }

    static FieldModelSpec Spec(FieldSeason season) => Presets.Field() with
    {
        Grid = Grid, Season = season, ScalingSteps = 24, WarmUp = 40, CalibrateFrom = 30,
        Tiles = new TileSpec { Rows = 2, Columns = 3, Halo = 0, Advection = false, Changes = 0 },
            Readout = new ReadoutSpec { Regularisation = 1e6, Delay = 1 },
    };

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_month_is_the_mean_of_its_frames_so_far(int memory)
    {
        double[] feed = Feed(), none = [.. Enumerable.Repeat(-1.0, Cells)];
        var climatology = new Climatology(FieldSeason.Month, Cells, memory);
        for (int t = 0; t < Months.Length; t++)
        {
            double[] before = climatology.Of(Months[t], none).ToArray();
            if (t < 12) Assert.Equal(none, before);
            if (t >= 12 && (memory == 0 || t < 12 * (memory + 1)))
                Assert.Equal(Enumerable.Range(0, t / 12).Average(year => feed[(12 * year + t % 12) * Cells + 2]), before[2], 1e-12);
            climatology.Learn(Months[t], feed.AsSpan(t * Cells, Cells));
        }
        // With a memory, the last frames count as much as they did then: 1 part in 3.
        if (memory == 0) return;
        double[] jump = [.. Enumerable.Repeat(100.0, Cells)], january = climatology.Of(Months[0], none).ToArray();
        climatology.Learn(Months[0], jump);
        Assert.Equal(january[0] + (100 - january[0]) / memory, climatology.Of(Months[0], none)[0], 1e-12);
    }

    [Fact]
    public void Hours_are_apart_from_each_other()
    {
        var climatology = new Climatology(FieldSeason.Hour, 1, 0);
        for (int hour = 0; hour < 72; hour++) climatology.Learn(DateTime.UnixEpoch.AddHours(hour), [hour % 24]);
        for (int hour = 0; hour < 24; hour++) Assert.Equal(hour, climatology.Of(DateTime.UnixEpoch.AddHours(hour + .5), [-1])[0], 1e-12);
    }

    [Fact]
    public void A_field_is_scaled_by_its_departure_from_the_month_which_the_frame_itself_does_not_change()
    {
        double[] feed = Feed(), y = new double[Cells], origin = new double[Cells], expected = new double[Cells];
        var scaler = new FieldScaler(feed.AsSpan(0, 24 * Cells), Months.AsSpan(0, 24), Grid, 20, FieldSeason.Month);
        for (int t = 0; t < 24; t++) scaler.Scale(Months[t], feed.AsSpan(t * Cells, Cells), y, origin, learn: true);  // they come once more
        double mean = .5 * (feed[5 * Cells] + feed[17 * Cells]);
        scaler.Scale(Months[29], feed.AsSpan(29 * Cells, Cells), y, origin, learn: true);
        Assert.Equal(mean, origin[0], 1e-9);
        Assert.Equal((feed[29 * Cells] - mean) / scaler.UnitOf(0), y[0], 1e-9);
        Assert.Equal(0, y[4]);
        Assert.InRange(scaler.UnitOf(0), .01, .2);  // that of the weather: the year's is 2
        origin.CopyTo(expected, 0);
        scaler.Expect(y, expected, new bool[expected.Length]);
        Assert.Equal(feed[29 * Cells], expected[0], 1e-9);
        scaler.Scale(Months[41], feed.AsSpan(41 * Cells, Cells), y, origin, learn: false);
        Assert.Equal((2 * mean + feed[29 * Cells]) / 3, origin[0], 1e-9);
    }

    // A readout that may learn nothing foretells what is usual: of the month, or of no time at all.
    [Theory]
    [InlineData(FieldSeason.None, .6, 3)]
    [InlineData(FieldSeason.Month, 0, .3)]
    public void What_is_expected_follows_the_season(FieldSeason season, double least, double most)
    {
        double[] feed = Feed(), expected = new double[feed.Length], ahead = new double[12 * Cells];
        var detector = new Detector(Spec(season), Cells);
        detector.StepMany(Months, feed, new StepResult[Months.Length], expected);
        double off = Enumerable.Range(60, 60).Average(t => Math.Abs(feed[t * Cells + 1] - expected[t * Cells + 1]));
        Assert.InRange(off, least, most);
        Assert.True(detector.TryRunFree(ahead));
        if (season == FieldSeason.Month)
            for (int month = 0; month < 12; month++)
                Assert.Equal(20 + 3 * Math.Sin(Math.PI / 6 * month + 2), ahead[month * Cells + 2], .5);
    }

    [Fact]
    public void Neither_batches_nor_a_restart_change_a_bit()
    {
        double[] feed = Feed(2), one = new double[feed.Length], many = new double[feed.Length];
        FieldModelSpec spec = Spec(FieldSeason.Month);
        Detector single = new(spec, Cells), batched = new(spec, Cells);
        StepResult[] results = new StepResult[Months.Length], others = new StepResult[Months.Length];
        for (int t = 0; t < Months.Length; t++) results[t] = single.Step(Months[t], feed.AsSpan(t * Cells, Cells),
            one.AsSpan(t * Cells, Cells));
        for (int t = 0, n; t < Months.Length; t += n)
        {
            n = Math.Min(1 + t % 37, Months.Length - t);
            batched.StepMany(Months.AsSpan(t, n), feed.AsSpan(t * Cells, n * Cells), others.AsSpan(t, n),
                many.AsSpan(t * Cells, n * Cells));
            var snapshot = new System.Buffers.ArrayBufferWriter<byte>();
            batched.Save(snapshot);
            batched = Detector.Load(spec, Cells, snapshot.WrittenSpan);
        }
        Assert.Equal(one.Select(BitConverter.DoubleToInt64Bits), many.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(results.Select(result => result.Score), others.Select(result => result.Score));
    }

    [Fact]
    public void Muted_frames_teach_no_season()
    {
        double[] feed = Feed(), expected = new double[Cells];
        var detector = new Detector(Spec(FieldSeason.Month), Cells);
        for (int t = 0; t < 60; t++) detector.Step(Months[t], feed.AsSpan(t * Cells, Cells), expected);
        double[] hot = [.. feed.AsSpan(60 * Cells, Cells).ToArray().Select(value => value + 1)];
        detector.Step(Months[60], hot, expected, muted: true);
        for (int t = 61; t < 72; t++) detector.Step(Months[t], feed.AsSpan(t * Cells, Cells), expected);
        detector.Step(Months[72], feed.AsSpan(72 * Cells, Cells), expected);
        Assert.Equal(Enumerable.Range(0, 5).Average(year => feed[12 * year * Cells]), expected[0],
            .1);  // with the muted frame it would be .17 higher
    }

    [Fact]
    public void A_short_file_is_given_a_short_warm_up_and_a_long_one_is_not()
    {
        FieldModelSpec spec = Presets.Field(), small = (FieldModelSpec)spec.ForFeedOf(300);
        Assert.Equal((100, 50, 83), (small.WarmUp, small.ScalingSteps, small.CalibrateFrom));
        small.Validate();
        ((FieldModelSpec)spec.ForFeedOf(10)).Validate();
        Assert.Same(spec, spec.ForFeedOf(3 * spec.WarmUp));
    }
}
