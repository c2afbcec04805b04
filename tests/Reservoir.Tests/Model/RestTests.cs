using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>Feeds that hardly ever move: what a model errs by in between is its own.</summary>
public sealed class RestTests
{
    const int Steps = 5000, Channels = 3, Near = 20;

    // Values that stay, but for moves that last a few rows.
    static double[] Resting(params (int At, int Count, int Channel, double By)[] moves)
    {
        double[] feed = [.. Enumerable.Range(0, Steps).SelectMany(_ => (double[])[5, 10, 2])];
        foreach ((int at, int count, int channel, double by) in moves)
            for (int t = at; t < at + count; t++) feed[t * Channels + channel] += by;
        return feed;
    }

    static readonly (int, int, int, double)[] Ticks = [(3000, 1, 2, 1), (3500, 1, 2, 1), (4000, 10, 2, 1), (4500, 3, 1, 50)];

    static (int, int, int, double)[] Moves(int seed)
    {
        if (seed == 0) return Ticks;
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, 5).Select(i => (2100 + 500 * i + random.Next(200), random.Next(1, 12), random.Next(Channels),
            (double)random.Next(1, 4)))];
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Only_where_it_moves_is_anything_told(int seed)
    {
        (int At, int Count, int Channel, double By)[] moves = Moves(seed);
        List<AlarmEvent> told = [.. Feeds.Run(Presets.Signal(), Resting(moves), Channels).Events().Where(e => e.Announced)];
        Assert.NotEmpty(told);
        Assert.All(told, e => Assert.Contains(moves, m => e.Position >= m.At && e.Position < m.At + m.Count + Near));
        if (seed > 0) return;
        // Ten ticks in a row are none, and fifty is none at all.
        Assert.Contains(told, e => e.Position is >= 4000 and < 4010);
        Assert.Contains(told, e => e.Position is >= 4500 and < 4503 && e.Contributions[0].Channel == 1);
    }
}
