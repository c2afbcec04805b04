using Esn.Streaming.Simulation;
using Xunit;
using static Esn.Stream.Tests.PlainGyre;

namespace Esn.Stream.Tests;

/// <summary>What is seen of the basin, and what a patch does to it.</summary>
public sealed class DoubleGyreFrameTests
{
    [Theory]
    [InlineData(LocalAnomalyKind.Viscosity, 1)]
    [InlineData(LocalAnomalyKind.Friction, 4)]
    [InlineData(LocalAnomalyKind.Wind, .3)]
    [InlineData(LocalAnomalyKind.Wind, -.3)]
    [InlineData(LocalAnomalyKind.Topography, .02)]
    [InlineData(LocalAnomalyKind.Topography, -.02)]
    public void An_anomaly_changes_the_flow_in_its_patch_first(LocalAnomalyKind kind, double strength)
    {
        var gyre = new DoubleGyre(new DoubleGyreSpec(), 1);
        gyre.SpinUp(4000);
        DoubleGyre changed = gyre.Clone();
        var anomaly = new LocalAnomaly(kind, strength, .25, .5);
        changed.Anomaly = anomaly;
        double[] normal = new double[gyre.Rows * gyre.Columns], other = new double[normal.Length];
        gyre.Next(normal);
        changed.Next(other);

        (double inside, double outside, int cellsInside, int cellsOutside, double peak, double peakAt) = (0, 0, 0, 0, 0, 0);
        for (int k = 0; k < normal.Length; k++)
        {
            (double x, double y) = Centre(gyre, k);
            double distance = Math.Sqrt((x - anomaly.X) * (x - anomaly.X) + (y - anomaly.Y) * (y - anomaly.Y));
            double change = Math.Abs(normal[k] - other[k]);
            if (change > peak) (peak, peakAt) = (change, distance);
            if (distance <= anomaly.Radius) (inside, cellsInside) = (inside + change * change, cellsInside + 1);
            else if (distance > 3 * anomaly.Radius) (outside, cellsOutside) = (outside + change * change, cellsOutside + 1);
        }
        Assert.InRange(peakAt, 0, 1.3 * anomaly.Radius);  // topography shows as a dipole on the rim
        Assert.True(
            inside / cellsInside > 100 * (outside / cellsOutside),
            $"{inside / cellsInside:G3} inside, {outside / cellsOutside:G3} outside");
    }

    [Fact]
    public void A_frame_is_the_stream_function_averaged_round_the_odd_nodes()
    {
        var gyre = new DoubleGyre(Small, 17);
        gyre.SpinUp(20);
        double[] q = new double[gyre.StateLength], frame = new double[gyre.Rows * gyre.Columns];
        gyre.Save(q);
        gyre.Frame(frame);
        var grid = new PaddedGrid(32);
        double[] psi = Solve(grid, q, gyre.Spec.F);
        int[] weights = [1, 2, 1];
        for (int row = 0; row < 16; row++)
            for (int column = 0; column < 16; column++)
            {
                double expected = 0;
                for (int e = -1; e <= 1; e++)
                    for (int s = -1; s <= 1; s++)
                        expected += weights[e + 1] * weights[s + 1] / 16.0 * psi[grid[2 * column + 1 + e, 2 * row + 1 + s]];
                Assert.Equal(expected, frame[row * 16 + column], 1e-15);
            }
    }

    [Fact]
    public void A_frame_is_so_many_steps()
    {
        DoubleGyre framed = new(Small with { StepsPerFrame = 3 }, 18), stepped = framed.Clone();
        double[] frame = new double[framed.Rows * framed.Columns], expected = new double[frame.Length];
        framed.Next(frame);
        stepped.SpinUp(3);
        stepped.Frame(expected);
        Assert.Equal(expected, frame);
    }

    [Fact]
    public void Stepping_allocates_nothing()
    {
        var gyre = new DoubleGyre(Small, 19) { Anomaly = new LocalAnomaly(LocalAnomalyKind.Viscosity, 1, .3, .5) };
        double[] frame = new double[gyre.Rows * gyre.Columns], state = new double[gyre.StateLength];
        void Round()
        {
            for (int i = 0; i < 20; i++) gyre.Next(frame);
            gyre.Save(state);
            gyre.Restore(state);
        }
        Round();
        Assert.Equal(0, Allocations.Least(Round));
    }
}
