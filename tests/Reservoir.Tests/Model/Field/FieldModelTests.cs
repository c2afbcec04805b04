using Xunit;

namespace Esn.Tests;

public sealed class FieldModelTests
{
    const int Rows = 16, Columns = 24, Cells = Rows * Columns, Steps = 1600, Onset = 1300;

    static FieldModelSpec Spec(TileSpec? tiles) => new()
    {
        Grid = new GridSpec { Rows = Rows, Columns = Columns }, Tiles = tiles, Reservoir = new ReservoirSpec { Units = 200 },
        ScalingSteps = 100, CalibrateFrom = 500, WarmUp = 800, Calibrator = new BudgetSpec { AlarmsPerStep = 1e-3 },
    };

    static List<AlarmEvent> Events(FieldModelSpec spec, double[] feed)
    {
        var detector = new Detector(spec, Cells);
        var results = new StepResult[Steps];
        detector.StepMany(Feeds.Times(Steps), feed, results, new double[feed.Length]);
        return [.. results.Where(result => result.Alarm is not null).Select(result => result.Alarm!)];
    }

    [Theory]
    [InlineData(4, 6, false)]
    [InlineData(12, 19, false)]
    [InlineData(4, 6, true)]
    [InlineData(12, 19, true)]
    public void A_lifted_patch_is_found_in_time_and_in_space(int row, int column, bool coarse)
    {
        var tiles = new TileSpec { Coarse = new CoarseSpec { Every = coarse ? 2 : 0 } };
        List<AlarmEvent> events = Events(Spec(tiles), Fields.Waves(Rows, Columns, Steps, Onset, row, column, lift: .3));
        AlarmEvent opened = Assert.Single(events, e => e.Change == AlarmChange.Opened && e.Position >= Onset - 100);
        Assert.InRange(opened.Position, Onset, Onset + 1);
        FieldRegion region = opened.Field!.Regions[0];
        Assert.InRange(region.Row, row - 1.5, row + 1.5);
        Assert.InRange(region.Column, column - 1.5, column + 1.5);
        Assert.True(region.Top <= region.PeakRow && region.PeakRow <= region.Bottom && region.Left <= region.PeakColumn
            && region.PeakColumn <= region.Right);
        Assert.Equal(Cells, opened.Field.Heat.Count);
        Assert.Equal(region.Peak, opened.Field.Heat[region.PeakRow * Columns + region.PeakColumn], 1e-3 * region.Peak);
    }

    [Theory]
    [InlineData("lift", 820)]
    [InlineData("freeze", 820)]
    [InlineData("lift", 1400)]
    [InlineData("freeze", 1400)]
    public void A_catastrophe_is_told_at_once_and_for_what_it_is_however_young_the_model(string fault, int onset)
    {
        double[] feed = Fields.Waves(Rows, Columns, Steps);
        for (int t = onset; t < onset + 20; t++)
            for (int i = 0; i < Cells; i++)
            {
                if (fault == "freeze") feed[t * Cells + i] = feed[(onset - 1) * Cells + i];
                else if (i / Columns < 4 && i % Columns < 4) feed[t * Cells + i] += 50;
            }
        List<AlarmEvent> events = Events(Spec(new TileSpec { Coarse = new CoarseSpec() }), feed);
        AlarmEvent opened = Assert.Single(events, e => e.Change == AlarmChange.Opened && e.Position < onset + 20);
        Assert.InRange(opened.Position, onset, onset + 2);
        Assert.Contains(events, e => e.Severity == Severity.Critical && e.Position <= onset + 3);
        if (fault == "lift") Assert.True(opened.Field!.Regions[0] is { Row: < 5, Column: < 5 });
    }

    [Fact]
    public void Tiles_predict_what_one_readout_of_all_cells_predicts_where_they_see_all_of_it()
    {
        // One tile of all cells, without products: the recursion is ridge regression on [1; u; u₋₁ − u].
        var spec = Spec(new TileSpec { Rows = 4, Columns = 6, Halo = 10, Advection = false });
        GridSpec grid = spec.Grid with { Rows = 4, Columns = 6 };
        var tiles = new TilePredictor(grid, spec.Tiles!, new ReadoutSpec { Regularisation = 1e-2, Delay = 1 });
        var twin = new Readout(1 + 2 * 24, 24, new ReadoutSpec { Regularisation = 1e-2, Delay = 1 });
        double[] feed = Fields.Waves(4, 6, 300), errors = new double[24], expected = new double[24], last = new double[24];
        for (int t = 0; t < 300; t++)
        {
            double[] frame = feed[(t * 24)..((t + 1) * 24)];
            tiles.Begin([DateTime.UnixEpoch.AddSeconds(t)], frame);
            tiles.Settle(frame, errors);
            twin.Settle([.. frame.Zip(last, (now, then) => now - then)], expected);
            Assert.Equal(expected, errors);
            tiles.Learn();
            tiles.Predict();
            twin.Learn();
            twin.Push([1, .. frame, .. last.Zip(frame, (then, now) => then - now)]);
            last = frame;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_free_run_goes_on_where_the_field_does(bool coarse)
    {
        FieldModelSpec spec = Spec(new TileSpec { Advection = false, Coarse = new CoarseSpec { Every = coarse ? 2 : 0 } }) with
        {
            Readout = new ReadoutSpec { Regularisation = 1e-4, Delay = 1 },
        };
        double[] feed = Fields.Waves(Rows, Columns, Steps);
        var detector = new Detector(spec, Cells);
        int known = Steps - 20;
        detector.StepMany(Feeds.Times(known), feed.AsSpan(0, known * Cells), new StepResult[known], new double[known * Cells]);
        double[] forecast = new double[20 * Cells];
        Assert.True(detector.TryRunFree(forecast));
        double square = 0, variance = 0;
        for (int i = 0; i < forecast.Length; i++)
        {
            double truth = feed[known * Cells + i];
            (square, variance) = (square + (truth - forecast[i]) * (truth - forecast[i]), variance + truth * truth);
        }
        Assert.True(square < .01 * variance, $"{square / variance}");
    }

    [Fact]
    public void Results_do_not_depend_on_how_frames_come_or_on_threads()
    {
        const int Count = 1200;
        double[] feed = Fields.Waves(Rows, Columns, Count, onset: 1000, row: 4, column: 6, lift: 2);
        for (int t = 150; t < Count; t += 37) feed[t * Cells + t % Cells] = double.NaN;  // imputed
        feed.AsSpan(700 * Cells, 3 * Cells).Fill(double.NaN);                            // a gap
        bool[] muted = [.. Enumerable.Range(0, Count).Select(t => t is >= 850 and < 860)];
        (StepResult[] Results, double[] Expected) live = Run(1, oneThread: true);
        Assert.Contains(live.Results, result => result.AlarmOpen);
        foreach ((int block, bool oneThread) in new[] { (1, false), (7, false), (64, true), (64, false) })
        {
            (StepResult[] results, double[] expected) = Run(block, oneThread);
            Assert.Equal(live.Results.Select(result => result.Score), results.Select(result => result.Score));
            Assert.Equal(live.Expected, expected);
        }

        (StepResult[], double[]) Run(int block, bool oneThread)
        {
            var detector = new Detector(Spec(new TileSpec { Rows = 4, Columns = 8, Coarse = new CoarseSpec() }), Cells);
            var (times, results, expected) = (Feeds.Times(Count), new StepResult[Count], new double[feed.Length]);
            TilePredictor.OneThread = oneThread;
            for (int t = 0, count; t < Count; t += count)
            {
                count = Math.Min(block, Count - t);
                detector.StepMany(times.AsSpan(t, count), feed.AsSpan(t * Cells, count * Cells), results.AsSpan(t, count),
                    expected.AsSpan(t * Cells, count * Cells), muted.AsSpan(t, count));
            }
            TilePredictor.OneThread = false;
            return (results, expected);
        }
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        double[] feed = Fields.Waves(Rows, Columns, 1100);
        var detector = new Detector(Spec(new TileSpec { Coarse = new CoarseSpec() }), Cells);
        var (times, results, expected) = (Feeds.Times(1100), new StepResult[1000], new double[1000 * Cells]);
        detector.StepMany(times.AsSpan(0, 1000), feed.AsSpan(0, 1000 * Cells), results, expected);
        TilePredictor.OneThread = true;  // the queue of the thread pool grows at times, for whoever adds to it
        detector.StepMany(times.AsSpan(1000, 1), feed.AsSpan(1000 * Cells, Cells), results.AsSpan(0, 1), expected.AsSpan(0, Cells));
        int next = 1001;
        long bytes = Allocations.Least(() =>
        {
            for (int end = next + 19; next < end; next++)
                detector.StepMany(times.AsSpan(next, 1), feed.AsSpan(next * Cells, Cells), results.AsSpan(0, 1), expected.AsSpan(0, Cells));
        });
        TilePredictor.OneThread = false;
        Assert.Equal(0, bytes);
    }

    [Fact]
    public void A_frame_of_another_size_than_the_grid_is_refused() =>
        Assert.Contains("a frame must have", Assert.Throws<ArgumentException>(() => new Detector(Spec(new TileSpec()), 7)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_delay_is_twice_the_lag_at_which_frames_have_half_decorrelated()
    {
        double[] slow = [.. Enumerable.Range(0, 400).Select(t => Math.Cos(2 * Math.PI * t / 60))];  // a half at 10
        Assert.Equal(2 * 11, Decorrelation.LateBy(slow, 1), 2.0);
        var random = new MathNet.Numerics.Random.Xoshiro256StarStar(1, threadSafe: false);
        Assert.Equal(0, Decorrelation.LateBy([.. random.NextDoubles(400).Select(x => x - .5)], 1));
    }
}
