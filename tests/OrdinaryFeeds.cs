using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn;

/// <summary>Feeds as people have them, in which nothing happens; frames each 10 minutes, noise of standard deviation 1.</summary>
static class OrdinaryFeeds
{
    /// <summary>Where the stepping feed steps, as part of its length, and by how much.</summary>
    public const double Onset = .6, Size = 8;

    const int Day = 144, Week = 7 * Day;

    /// <summary>Name → a feed of as many steps, seeded.</summary>
    public static readonly (string Name, Func<int, int, double[]> Make)[] All =
    [
        ("constant", (_, steps) => [.. Enumerable.Repeat(20.0, steps)]),
        ("noise", (seed, steps) => Feed(seed, steps, _ => 0)),
        ("drift of 5 σ in 100,000", (seed, steps) => Feed(seed, steps, t => 5e-5 * t)),
        ("weekly", (seed, steps) => Feed(seed, steps, Weekly)),
        ("missing at night", (seed, steps) => Feed(seed, steps, t => Weekly(Awake(t)))),
        ("square 20", (seed, steps) => Feed(seed, steps, t => Square(t, 20))),
        ("square 40", (seed, steps) => Feed(seed, steps, t => Square(t, 40))),
        ("square 40, noisy", (seed, steps) => Feed(seed, steps, t => Square(t, 40) / 5)),
        ("square 100", (seed, steps) => Feed(seed, steps, t => Square(t, 100))),
        ("square 200", (seed, steps) => Feed(seed, steps, t => Square(t, 200))),
        ("saw of 40", (seed, steps) => Feed(seed, steps, t => Swing * (t % 40) / 40)),
        ("pulses", (seed, steps) => Feed(seed, steps, t => t % 50 < 3 ? Swing : 0)),
        ("stairs", (seed, steps) => Feed(seed, steps, t => Swing * (t % 200 / 40))),
        ("on 1,000, off 500", (seed, steps) => Feed(seed, steps, t => t % 1500 < 1000 ? Machine(t) : 0)),
        ("step of 8 σ", (seed, steps) => Feed(seed, steps, t => t < Onset * steps ? 0 : Size)),
    ];

    const double Swing = 50;  // of what jumps

    static double Square(int t, int period) => t % period < period / 2 ? Swing : 0;

    static double Machine(int t) => 33 * (Math.Sin(Math.Tau * t / 60) + .4 * Math.Sin(2 * Math.Tau * t / 60 + 1));

    // Days of a half-sine, lower at the weekend.
    static double Weekly(int t) => (t % Week / Day >= 5 ? 4 : 8) * Math.Sin(Math.PI * (t % Day) / Day);

    // No frames between 22 and 6 o'clock: the frame after the last of an evening is the first of the morning.
    static int Awake(int t) => t / (Day * 2 / 3) * Day + Day / 4 + t % (Day * 2 / 3);

    static double[] Feed(int seed, int steps, Func<int, double> level)
    {
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        return [.. Enumerable.Range(0, steps).Select(t => 20 + level(t) + Normal.Sample(random, 0, 1))];
    }
}
