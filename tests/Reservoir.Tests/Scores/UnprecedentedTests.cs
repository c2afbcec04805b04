using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

/// <summary>What is far beyond anything seen is told at once, whatever was learnt; what carries nothing costs nothing.</summary>
public class UnprecedentedTests
{
    static bool Told(IEnumerable<StepResult> results, int from, int within) =>
        results.Events().Any(e => e.Announced && e.Position >= from
            && e.Position < from + within);

    [Theory]
    [InlineData("signal")]
    [InlineData("sensors")]
    public void Ever_larger_spikes_are_told_at_once_and_their_scores_do_not_fall(string preset)
    {
        double[] feed = Feeds.Noise(5500, 100), sizes = [20, 40, 80];
        for (int i = 0; i < sizes.Length; i++) feed[3000 + 500 * i] += sizes[i];
        StepResult[] results = Feeds.Run(Presets.Of(preset), feed);
        double before = 1;
        for (int i = 0; i < sizes.Length; i++)
        {
            int at = 3000 + 500 * i;
            Assert.True(Told(results, at, within: 2), $"{sizes[i]} standard deviations");
            double score = results[at..(at + 3)].Max(r => r.Score);
            Assert.True(score >= before, $"{sizes[i]} standard deviations scored {score}, the smaller spike before {before}");
            before = score;
        }
    }

    // A record that was told would hide the next one like it, and one that comes each hour is what the feed does.
    [Fact]
    public void The_like_of_what_was_told_is_told_two_or_three_times()
    {
        double[] noise = Feeds.Noise(6000);
        var score = new Unprecedented(new UnprecedentedSpec(), channels: 1, rate: 4e-4);
        var told = new List<int>();
        for (int t = 0; t < noise.Length; t++)
        {
            bool spike = t >= 2000 && t % 60 == 0;
            score.Step([noise[t] + (spike ? 30 : 0)], [0], frozen: false, warmingUp: t < 400);
            if (spike && score.Score >= 1) told.Add(t);
        }
        Assert.InRange(told.Count, 2, 4);
        Assert.Equal([2040, 2100], told.Take(2));
    }

    // While an alarm is open the model learns nothing: what it goes on to miss is a level, which is others' to judge.
    [Fact]
    public void An_error_that_is_told_does_not_hold_an_alarm_open_by_the_level_that_it_leaves()
    {
        double[] noise = Feeds.Noise(2000);
        var score = new Unprecedented(new UnprecedentedSpec(), channels: 1, rate: 4e-4);
        int told = 0, unusual = 0;
        for (int t = 0; t < noise.Length; t++)
        {
            score.Step([noise[t] + (t >= 1500 ? 30 : 0)], [0], frozen: t > 1500, warmingUp: t < 400);
            if (t >= 1500 && score.Score >= 1) told++;
            if (t >= 1600 && score.Unusual) unusual++;
            if (t == 1500) Assert.True(score.Unusual);
        }
        Assert.InRange(told, 1, 3);
        Assert.InRange(unusual, 0, 40);  // of 400, as of noise alone
    }

    // The first errors of a model that learns slowly are many times its later ones: they are no measure of what is usual now.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_is_far_beyond_the_errors_of_late_is_told_where_the_first_were_large(int channels)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            double[] noise = Feeds.Noise(3000, seed: seed, deviation: 3, channels: channels);
            double[] feed = [.. noise.Select((e, i) => 1000 + 100 * Math.Sin(2 * Math.PI * (i / channels) / (170 + 30 * seed)) + e)];
            int at = 2350 + 30 * seed;
            for (int i = at * channels; i < (at + 6) * channels; i++) feed[i] += 150;
            List<AlarmEvent> events = Feeds.Run(Presets.Sensors(), feed, channels).Events();
            Assert.True(events.Any(e => e.Announced && e.Position >= at && e.Position < at + 3), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData("signal")]
    [InlineData("metric")]
    [InlineData("sensors")]
    public void A_sensor_that_freezes_inside_its_range_is_told_within_twenty_frames(string preset)
    {
        double[] noise = Feeds.Noise(6000, deviation: .2), feed = [.. noise.Select((e, t) => 30 + 10 * Math.Sin(2 * Math.PI * t / 60) + e)];
        for (int t = 5001; t < 5300; t++) feed[t] = feed[5000];
        StepResult[] results = Feeds.Run(Presets.Of(preset), feed);
        Assert.True(Told(results, 5000, within: 20));
        Assert.Contains(results.Events(), e => e.Scores.Any(score => score.Name == "unprecedented"));
    }

    [Theory]
    [InlineData("signal")]
    [InlineData("metric")]
    [InlineData("sensors")]
    public void What_stays_where_the_feed_never_was_is_told_within_twenty_frames(string preset)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            // Requests each five minutes, few by night and at the week's end; then none, when there are the fewest.
            double[] noise = Feeds.Noise(2500, seed: seed, deviation: .06);
            double[] feed = [.. noise.Select((e, t) =>
                100 * (1 - .7 * Math.Sin(2 * Math.PI * t / 288)) * (t / 288 % 7 >= 5 ? .7 : 1) * (1 + e))];
            int outage = 1807 + 3 * seed;
            feed.AsSpan(outage, 300).Clear();
            Assert.True(Told(Feeds.Run(Presets.Of(preset), feed), outage, within: 20), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData("signal")]
    [InlineData("sensors")]
    public void One_frame_of_a_constant_channel_hides_nothing_that_comes_after_it(string preset)
    {
        double[] feed = [.. Feeds.Noise(3000).SelectMany(x => new[] { 40, x })];
        feed[2 * 2000] = 40.4;
        for (int t = 2200; t < 2260; t++) feed[2 * t + 1] += 12;
        StepResult[] results = Feeds.Run(Presets.Of(preset), feed, 2);
        Assert.True(Told(results, 2000, within: 5));
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Closed && e.Position is > 2000 and < 2200);
        Assert.Contains(results.Events(), e => e.Change == AlarmChange.Opened && e.Position is >= 2200 and < 2205);
    }

    [Theory]
    [InlineData("signal")]
    [InlineData("metric")]
    [InlineData("sensors")]
    public void A_jump_is_told_though_the_reading_flickers_between_two_counts(string preset)
    {
        for (int seed = 1; seed <= 3; seed++)
        {
            var random = new Xoshiro256StarStar(seed, threadSafe: false);
            double[] feed = [.. Enumerable.Range(0, 4000).Select(_ => random.NextDouble() < .03 ? 20.06 : 20)];
            feed.AsSpan(3500, 3).Fill(25);
            Assert.True(Told(Feeds.Run(Presets.Of(preset), feed), 3500, within: 3), $"seed {seed}");
        }
    }

    [Fact]
    public void Standing_still_at_an_end_of_the_range_or_as_often_before_is_none()
    {
        // A count that is 0 by night, and a reading in coarse steps that often stays for a while.
        double[] noise = Feeds.Noise(6000, deviation: .8);
        double[] feed = [.. noise.SelectMany((e, t) => new[] { t % 200 < 80 ? 0 : 10 + e, Math.Round(noise[t / 7 % 6000]) })];
        IEnumerable<AlarmEvent> events = Feeds.Run(Presets.Sensors(), feed, 2).Events();
        Assert.DoesNotContain(events, e => e.Scores.Any(score => score.Name == "unprecedented"));
    }

    [Theory]
    [InlineData("signal")]
    [InlineData("sensors")]
    public void What_grows_by_the_same_each_step_does_not_stand_still(string preset)
    {
        double[] feed = [.. Enumerable.Range(1, 12000).Select(t => (double)t)];
        Assert.Empty(Feeds.Run(Presets.Of(preset), feed).Events());
    }

    [Fact]
    public void A_change_of_the_width_of_the_noise_alone_is_told_by_preset_sensors()
    {
        double[] feed = Feeds.Noise(2400, 120, channels: 3);
        for (int i = 3 * 1620; i < feed.Length; i++) feed[i] = 120 + 12 * (feed[i] - 120);
        Assert.True(Told(Feeds.Run(Presets.Sensors(), feed, 3), 1620, within: 60));
    }

    [Fact]
    public void Channels_that_never_move_change_next_to_nothing()
    {
        const int steps = 2000, beside = 8;
        double[] alone = Feeds.Noise(steps);
        for (int t = 1500; t < steps; t++) alone[t] += 4;
        double[] all = [.. alone.SelectMany(x => Enumerable.Repeat(5.0, beside).Prepend(x))];
        double one = Feeds.Run(Presets.Sensors(), alone)[1500..].Max(r => r.Score),
            many = Feeds.Run(Presets.Sensors(), all, beside + 1)[1500..].Max(r => r.Score);
        Assert.InRange(many, .9 * one, 1.1 * one);
    }

    [Theory]
    [InlineData("signal", 1e13, 5)]
    [InlineData("sensors", 1e13, 5)]
    [InlineData("metric", 1e13, 5)]
    [InlineData("signal", -1e9, 1e-3)]
    [InlineData("signal", 1e-12, 1e-13)]
    [InlineData("sensors", 1e-12, 1e-13)]
    [InlineData("metric", 1e-12, 1e-13)]
    [InlineData("metric", 1e290, 1e289)]
    public void A_feed_far_from_zero_or_of_any_size_is_judged_as_others(string preset, double level, double deviation)
    {
        double[] noise = Feeds.Noise(3000), feed = [.. noise.Select(e => level + deviation * e)];
        feed[2500] += 30 * deviation;
        StepResult[] results = Feeds.Run(Presets.Of(preset), feed);
        Assert.True(Told(results, 2500, within: 3));
        Assert.InRange(results.Events().Count(e => e.Change == AlarmChange.Opened), 1, 5);
    }

    [Theory]
    [InlineData("signal", -999)]
    [InlineData("signal", 65535)]
    [InlineData("metric", 1e30)]
    [InlineData("metric", 65535)]
    public void A_code_of_a_fault_among_the_first_frames_does_not_fix_the_scale(string preset, double code)
    {
        double[] feed = Feeds.Noise(3000, 20);
        feed[120] = code;
        feed[2500] += 30;
        Assert.True(Told(Feeds.Run(Presets.Of(preset), feed), 2500, within: 3));
    }

    // The very same value so often that no share of spikes would do.
    [Theory]
    [InlineData("signal", 65535, 10, 7)]
    [InlineData("sensors", 65535, 10, 7)]
    [InlineData("sensors", 1e30, 12, 11)]
    [InlineData("sensors", -999, 36, 1)]
    [InlineData("metric", 65535, 10, 7)]
    [InlineData("metric", 1e30, 12, 11)]
    [InlineData("metric", 1e30, 40, 3)]
    public void A_code_that_comes_often_among_the_first_frames_does_not_either(string preset, double code, int times, int every)
    {
        double[] feed = Feeds.Noise(3000, 20);
        for (int k = 0; k < times; k++) feed[20 + every * k] = code;
        for (int t = 2500; t < 2530; t++) feed[t] += 12;
        Assert.True(Told(Feeds.Run(Presets.Of(preset), feed), 2500, within: 30));
    }

    // Random weights of a reservoir are others with each number of channels, and what preset metric judges are the errors of it.
    [Theory]
    [InlineData("sensors", 39, false, .01)]
    [InlineData("sensors", 150, false, .01)]
    [InlineData("sensors", 39, true, .01)]
    [InlineData("metric", 39, false, .12)]
    [InlineData("metric", 150, false, .12)]
    [InlineData("metric", 39, true, .12)]
    public void What_never_moves_or_has_no_values_costs_a_fault_nothing(string preset, int beside, bool nulls, double within)
    {
        double Score(int others)
        {
            (double sum, int channels) = (0, 1 + others);
            for (int seed = 1; seed <= 4; seed++)
            {
                double[] noise = Feeds.Noise(2600, 20, seed);
                for (int t = 2500; t < 2504; t++) noise[t] += 9;
                double[] feed = [.. noise.SelectMany(x => Enumerable.Range(0, channels).Select(c => c == 0 ? x : nulls ? double.NaN : c))];
                sum += Feeds.Run(Presets.Of(preset), feed, channels)[2500..2508].Max(r => r.Score);
            }
            return sum / 4;
        }
        double alone = Score(0);
        Assert.True(alone >= 1.1, $"alone {alone}");
        Assert.InRange(Score(beside), alone * (1 - within), alone * (1 + within));
    }

    // One that moved once is hardly a channel, a switch and a slow counter are the less the seldomer they move.
    [Theory]
    [InlineData("once", 1.1, 1.4)]
    [InlineData("switch", 5.5, 6.5)]
    [InlineData("counter", 7.5, 8.7)]
    [InlineData("logged on change", 3.2, 3.8)]
    [InlineData("last bit", 1, 1)]
    [InlineData("noise", 11, 11)]
    public void A_channel_shares_the_budget_by_how_often_it_moves(string kind, double least, double most)
    {
        double[] noise = Feeds.Noise(3000), others = Feeds.Noise(3000, seed: 8, channels: 10);
        var score = new Unprecedented(new UnprecedentedSpec(), channels: 11, rate: 4e-4);
        double[] frame = new double[11];
        for (int t = 0; t < noise.Length; t++)
        {
            frame[0] = noise[t];
            for (int c = 1; c < frame.Length; c++)
                frame[c] = kind switch
                {
                    "once" => t < 100 + c ? 3 : 4,
                    "switch" => (t + 10 * c) / 100 % 2,
                    "counter" => (t + c) / 70,
                    "logged on change" => (t + c) % 200 == 0 ? t : double.NaN,
                    "last bit" => t % 2 == 0 ? .3 : .1 + .2,
                    _ => others[10 * t + c - 1],
                };
            score.Step(frame, frame, frozen: false, warmingUp: t < 400);
        }
        Assert.InRange(score.Moving, least, most);
    }

    [Fact]
    public void The_budget_of_a_metric_is_one()
    {
        double[] feed = [.. Feeds.Noise(8000).Select(Math.Exp)];
        int Alarms(double budget) => Feeds.Run(Presets.Metric().WithBudget(budget), feed).Events()
            .Count(e => e.Announced);
        int rare = Alarms(1e-5), often = Alarms(1 / 30.0);
        Assert.True(rare <= 1, $"{rare} alarms at 1 per 100,000");
        Assert.True(often >= 10, $"{often} alarms at 1 per 30");
    }
}
