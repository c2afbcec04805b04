using System.Buffers;
using Xunit;

namespace Esn.Tests;

/// <summary>NaN is no value: it is imputed by the forecast, and neither judged nor learnt, while the others go on.</summary>
public sealed class MissingValueTests
{
    const int Steps = 3500, Channels = 3;

    static double[] Feed(Func<int, int, bool> missing, bool fault = true)
    {
        double[] feed = Feeds.Sines(Steps, Channels);
        for (int t = 0; t < Steps; t++)
            for (int c = 0; c < Channels; c++)
            {
                if (fault && t is >= 2900 and < 2940 && c == 0) feed[t * Channels + c] += 2.5;
                if (missing(t, c)) feed[t * Channels + c] = double.NaN;
            }
        return feed;
    }

    public static TheoryData<string> Presets_ => ["signal", "sensors", "metric"];

    static ModelSpec Model(string preset) => preset == "metric" ? Presets.Metric() : Feeds.Small((ErrorModelSpec)Presets.Of(preset));

    [Theory]
    [MemberData(nameof(Presets_))]
    public void A_sensor_that_dies_leaves_the_others_judged(string preset)
    {
        StepResult[] whole = Feeds.Run(Model(preset), Feed((_, _) => false), Channels),
            dead = Feeds.Run(Model(preset), Feed((t, c) => c == 2 && t >= 2200), Channels);
        AlarmEvent[] Opened(StepResult[] results) =>
            [.. results.Events().Where(alarm => alarm is { Change: AlarmChange.Opened, Position: >= 2200 })];
        (AlarmEvent expected, AlarmEvent found) = (Opened(whole)[0], Opened(dead)[0]);
        Assert.True(Opened(dead).Length <= Opened(whole).Length);
        Assert.InRange(found.Position, 2900, expected.Position + 20);
        Assert.Equal(0, found.Contributions[0].Channel);
        Assert.All(dead, result => Assert.True(double.IsFinite(result.Score) && double.IsFinite(result.Normality)));
    }

    [Fact]
    public void A_sensor_that_comes_back_is_judged_again_and_its_return_is_no_alarm()
    {
        bool Missing(int t, int c) => c == 0 && t is >= 2200 and < 2700;
        Assert.Empty(Feeds.Run(Model("signal"), Feed(Missing, fault: false), Channels).Events());
        AlarmEvent found = Feeds.Run(Model("signal"), Feed(Missing), Channels).Events()[0];
        Assert.InRange(found.Position, 2900, 2920);
    }

    [Fact]
    public void One_value_in_ten_missing_blinds_nobody()
    {
        StepResult[] results = Feeds.Run(Model("signal"), Feed((t, c) => (7 * t + 3 * c) % 10 == 0), Channels);
        Assert.InRange(Assert.Single(results.Events(), alarm => alarm.Change == AlarmChange.Opened).Position, 2900, 2920);
    }

    [Fact]
    public void A_frame_of_nothing_is_bridged_and_an_open_alarm_stays_open()
    {
        StepResult[] results = Feeds.Run(Model("signal"), Feed((t, _) => t is >= 2910 and < 2914 or >= 2400 and < 2408), Channels);
        Assert.Single(results.Events(), alarm => alarm.Change == AlarmChange.Opened);
        for (int t = 2908; t < 2918; t++) Assert.True(results[t].AlarmOpen, $"{t}");
        for (int t = 2400; t < 2416; t++) Assert.Equal(0, results[t].Score);
        Assert.NotEqual(0, results[2416].Score);
    }

    [Theory]
    [MemberData(nameof(Presets_))]
    public void Batches_and_restarts_change_no_bit_where_values_are_missing(string preset)
    {
        double[] feed = Feed((t, c) => (t % 97 < 5 && c == 1) || t % 401 < 3 || (t is > 20 and < 60 && c == 2));
        double[] expected = new double[feed.Length], found = new double[feed.Length];
        var (whole, parts) = (new StepResult[Steps], new StepResult[Steps]);
        new Detector(Model(preset), Channels).StepMany(Feeds.Times(Steps), feed, whole, expected);
        var detector = new Detector(Model(preset), Channels);
        DateTime[] times = Feeds.Times(Steps);
        for (int t = 0, count; t < Steps; t += count)
        {
            count = Math.Min(Steps - t, 1 + t % 23);
            detector.StepMany(times.AsSpan(t, count), feed.AsSpan(t * Channels, count * Channels), parts.AsSpan(t, count),
                found.AsSpan(t * Channels, count * Channels));
            if (t % 5 != 0) continue;
            var snapshot = new ArrayBufferWriter<byte>();
            detector.Save(snapshot);
            detector = Detector.Load(Model(preset), Channels, snapshot.WrittenSpan);
        }
        Assert.Equal(whole.Select(result => BitConverter.DoubleToInt64Bits(result.Score)),
            parts.Select(result => BitConverter.DoubleToInt64Bits(result.Score)));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void A_channel_that_is_silent_from_the_first_frame_on_is_a_constant()
    {
        double[] feed = Feed((t, c) => c == 1);
        StepResult[] results = Feeds.Run(Model("signal"), feed, Channels);
        Assert.InRange(Assert.Single(results.Events(), alarm => alarm.Change == AlarmChange.Opened).Position, 2900, 2920);
    }

    [Fact]
    public void What_is_missing_is_expected_as_it_was_foretold_and_learnt_by_no_row()
    {
        // Two independent channels: that the one is silent must not change what is learnt of it.
        var readout = new Readout(3, 2, new ReadoutSpec { Horizons = [1] });
        double[] z = [1, .5, -.25], errors = new double[2];
        for (int t = 0; t < 50; t++)
        {
            readout.Settle([Math.Sin(t), t < 30 ? Math.Cos(t) : double.NaN], errors);
            if (t >= 30) Assert.Equal(0, errors[1]);
            double[] before = readout.Weights.ToArray();
            readout.Learn();
            if (t >= 30) Assert.Equal(before[3..], readout.Weights.ToArray()[3..]);
            if (t >= 30) Assert.NotEqual(before[..3], readout.Weights.ToArray()[..3]);
            readout.Push(z);
            z[1] = Math.Sin(t + 1);
            z[2] = Math.Cos(t + 1);
        }
        Assert.Equal(0, readout.Refusals);
    }
}
