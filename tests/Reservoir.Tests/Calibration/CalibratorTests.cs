using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;
using Xunit;

namespace Esn.Tests;

public class CalibratorTests
{
    static readonly ScoreShape One = new("one", 1, TailPrior.Raw, 0);

    // A margin that has learnt independent squares.
    static Margin Learnt(Func<Xoshiro256StarStar, double> draw, int steps, TailPrior tail = TailPrior.Raw)
    {
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        var margin = new Margin(new BudgetSpec { LevelMemory = 1e6, Memory = 1e7 }, One with { Tail = tail });
        for (int t = 1; t <= steps; t++)
        {
            margin.Measure(Math.Pow(draw(random), 2));
            margin.Learn(1 + 1e-9);
        }
        margin.Rebuild(episodes: 0);
        return margin;
    }

    [Theory]
    [InlineData(1.96, .05)]
    [InlineData(3.29, .001)]
    [InlineData(4.42, 1e-5)]
    public void The_margin_of_Gaussian_errors_is_minus_ln_p(double deviations, double p)
    {
        Margin margin = Learnt(random => Normal.Sample(random, 0, 1), 50_000);
        margin.Measure(deviations * deviations);
        Assert.InRange(margin.Value / -Math.Log(p), .93, 1.07);
    }

    [Theory]
    [InlineData(12.92, .001)]
    [InlineData(60.4, 1e-5)]
    public void The_margin_of_heavy_tailed_errors_is_minus_ln_p(double t3, double p)
    {
        Margin margin = Learnt(random => StudentT.Sample(random, 0, 1, 3), 50_000);
        margin.Measure(t3 * t3);
        Assert.InRange(margin.Value / -Math.Log(p), .93, 1.07);
    }

    // Runs of which five in a thousand take another course than the feed, and err by up to e² times as much; one so far out was never
    // seen.
    [Theory]
    [InlineData(true, .35, .65)]
    [InlineData(false, .9, 1.01)]
    public void What_may_diverge_is_not_said_to_be_impossible_where_it_was_seen_to_begin(bool mixture, double low, double high)
    {
        double Of(TailPrior tail)
        {
            Margin margin = Learnt(random => Math.Abs(Normal.Sample(random, 1, .1))
                * (mixture && random.NextDouble() < .005 ? Math.Exp(random.NextDouble()) : 1), 20_000, tail);
            margin.Measure(mixture ? Math.Exp(6) : 2.2);
            return margin.Value;
        }
        Assert.InRange(Of(TailPrior.Diverging) / Of(TailPrior.Raw), low, high);
    }

    [Fact]
    public void What_single_steps_do_does_not_raise_the_bar_for_what_lasts()
    {
        double calm = ScoreOfWhatLasts(random => Normal.Sample(random, 0, 1));
        double wild = ScoreOfWhatLasts(random => Cauchy.Sample(random, 0, 1));
        Assert.Equal(calm, wild);
        Assert.InRange(calm, .9, 2);
    }

    // Of a window's score, after thousands of steps beside a score of single steps.
    static double ScoreOfWhatLasts(Func<Xoshiro256StarStar, double> single)
    {
        var (steps, stretches) = (new Xoshiro256StarStar(3, threadSafe: false), new Xoshiro256StarStar(4, threadSafe: false));
        var calibrator = new BudgetCalibrator(new BudgetSpec(), [One, One with { Name = "stretch", Span = 10 }]);
        for (int t = 0; t < 5000; t++)
        {
            calibrator.Measure([Math.Pow(single(steps), 2), Math.Pow(Normal.Sample(stretches, 0, 1), 2)]);
            calibrator.Learn(Learning.Normal);
        }
        calibrator.Measure([double.NaN, 25]);
        return calibrator.Score;
    }

    [Fact]
    public void The_margin_grows_with_the_score_and_joins_without_a_jump()
    {
        Margin margin = Learnt(random => Normal.Sample(random, 0, 1), 5000);
        double previous = 0;
        for (double q = 1e-6; q < 1e6; q *= 1.02)
        {
            margin.Measure(q);
            Assert.InRange(margin.Value - previous, -1e-6, Math.Max(.5, .1 * previous));
            previous = margin.Value;
        }
        Assert.True(previous > 20);
    }

    [Fact]
    public void A_tail_may_be_drawn_from_all_values()
    {
        var margin = new Margin(new BudgetSpec { Margin = new MarginSpec { MostTail = 1, TailLooks = 1e4 } }, One);
        var random = new Xoshiro256StarStar(3, threadSafe: false);
        for (int t = 1; t <= 1000; t++)
        {
            margin.Measure(Math.Pow(Normal.Sample(random, 0, 1), 2));
            margin.Learn(1);
        }
        margin.Rebuild(episodes: 0);
        margin.Measure(9);
        Assert.InRange(margin.Value, 3, 12);
    }

    [Fact]
    public void Nothing_but_zeros_never_stirs_and_then_one_value_does()
    {
        var calibrator = new BudgetCalibrator(new BudgetSpec(), [One]);
        for (int t = 0; t < 20_000; t++)
        {
            calibrator.Measure([0]);
            Assert.Equal(0, calibrator.Score);
            calibrator.Learn(Learning.Normal);
        }
        calibrator.Measure([1]);
        Assert.True(calibrator.Margins[0] > 8);
    }

    [Fact]
    public void A_score_that_is_not_there_yet_tells_and_teaches_nothing()
    {
        var calibrator = new BudgetCalibrator(new BudgetSpec(), [One]);
        for (int t = 0; t < 1000; t++)
        {
            calibrator.Measure([double.NaN]);
            Assert.Equal(0, calibrator.Score);
            calibrator.Learn(Learning.Normal);
        }
    }

    [Fact]
    public void Muted_steps_teach_nothing()
    {
        var random = new Xoshiro256StarStar(5, threadSafe: false);
        BudgetCalibrator one = new(new BudgetSpec(), [One]), other = new(new BudgetSpec(), [One]);
        for (int t = 0; t < 3000; t++)
        {
            double q = Math.Pow(Normal.Sample(random, 0, 1), 2);
            Learn(one, q, Learning.Normal);
            Learn(other, q, Learning.Normal);
            Assert.Equal(one.Score, other.Score, 1e-9);
            if (t % 10 == 0) Learn(other, 1e6, Learning.Muted);
        }
    }

    [Fact]
    public void Announcements_lower_the_rate_that_is_asked_for_and_time_restores_it()
    {
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        var spec = new BudgetSpec { AlarmsPerStep = 1e-3, Caution = 0 };
        double budget = Math.Log(spec.AlarmsPerStep);
        const int announced = 20;
        BudgetCalibrator one = new(spec, [One]), other = new(spec, [One]);
        for (int t = 0; t < 40_000; t++)
        {
            double q = t % 20_000 == 19_999 ? 30 : Math.Pow(Normal.Sample(random, 0, 1), 2);
            if (t == 19_999)
                for (int i = 0; i < announced; i++) other.Announce();
            Learn(one, q, Learning.Normal);
            Learn(other, q, Learning.Normal);
            if (t == 19_999) Assert.Equal(budget / (budget - announced * spec.Governor), other.Score / one.Score, .001);
        }
        Assert.True(one.Score > 1);
        Assert.Equal(one.Score, other.Score, 1e-9);
    }

    [Fact]
    public void A_young_calibrator_asks_for_a_rarer_alarm_and_an_old_one_hardly()
    {
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        var spec = new BudgetSpec { AlarmsPerStep = 1e-3 };
        double budget = Math.Log(spec.AlarmsPerStep);
        BudgetCalibrator one = new(spec, [One]), bold = new(spec with { Caution = 0 }, [One]);
        for (int t = 0; t < 8000; t++)
        {
            double q = Math.Pow(t is 1000 or 7999 ? 5 : Normal.Sample(random, 0, 1), 2);
            Learn(one, q, Learning.Normal);
            Learn(bold, q, Learning.Normal);
            if (t is 1000 or 7999) Assert.Equal(budget / (budget - spec.Caution / (1 + t / spec.Youth)), one.Score / bold.Score, .001);
        }
    }

    [Fact]
    public void Far_out_alarms_are_anomalies_while_few_and_the_normal_when_many()
    {
        var spec = new BudgetSpec { AlarmsPerStep = 1e-4 };
        var episodes = new Episodes(spec);
        for (int t = 1; t <= 40_000; t++)
        {
            bool burst = t % spec.EpisodeLimit == spec.EpisodeLimit - 1;
            episodes.Step(burst ? 30 : 1, Math.Max(1 + 1e-5, 1 + 1.0 / t), burst);
            if (t == 2 * spec.EpisodeLimit - 100) Assert.True(episodes.LogRate(25) < spec.FarOut * Math.Log(spec.AlarmsPerStep));
        }
        Assert.InRange(episodes.LogRate(25), Math.Log(spec.AlarmsPerStep), 0);
        Assert.InRange(episodes.LogRate(200), -1000, Math.Log(spec.AlarmsPerStep));
    }

    // Three incidents in 12,000 steps, each told at its beginning and at its end; a long one's end is news of its own.
    [Theory]
    [InlineData(300, true)]
    [InlineData(2000, false)]
    public void The_end_of_an_incident_is_no_incident_of_its_own(int duration, bool likeTheNext)
    {
        var spec = new BudgetSpec { AlarmsPerStep = 1e-4 };
        var episodes = new Episodes(spec);
        for (int t = 1; t <= 13_000; t++)
        {
            bool far = t >= 3000 && (t % 4000 == 3000 || (t - duration) % 4000 == 3000);
            if (t == 11_000) Assert.Equal(likeTheNext, episodes.LogRate(25) < spec.FarOut * Math.Log(spec.AlarmsPerStep));
            episodes.Step(far ? 30 : 1, Math.Max(1 + 1e-5, 1 + 1.0 / t), far);
        }
    }

    [Fact]
    public void Where_peaks_were_counted_the_tail_does_not_say_that_there_are_fewer()
    {
        // Bursts among a thousand small episodes, which alone would draw a steep tail.
        const int steps = 100_000, bursts = 20;
        var spec = new BudgetSpec { AlarmsPerStep = 1e-4 };
        var episodes = new Episodes(spec);
        for (int t = 1; t <= steps; t++)
            episodes.Step(t % 100 == 0 ? (t % (steps / bursts) == 0 ? 12 : 4) : 1, 1 + 1e-9, alarmOpen: false);
        // As many, less the deviations that they may have come by chance, and one for rounding and bins.
        Assert.InRange(Math.Exp(episodes.LogRate(11)) * steps, bursts - (1 + spec.CountConfidence) * Math.Sqrt(bursts), bursts);
        Assert.InRange(episodes.LogRate(30), -1000, Math.Log(1e-5));
    }

    [Fact]
    public void A_young_calibrator_does_not_speak_of_what_is_much_rarer_than_what_it_saw()
    {
        var random = new Xoshiro256StarStar(7, threadSafe: false);
        var spec = new BudgetSpec { Caution = 0 };
        BudgetCalibrator one = new(spec, [One]), bold = new(spec with { Reach = 1000 }, [One]);
        for (int t = 0; t < 3000; t++)
        {
            double q = Math.Pow(t is 999 or 2999 ? 50 : Normal.Sample(random, 0, 1), 2);
            Learn(one, q, Learning.Normal);
            Learn(bold, q, Learning.Normal);
            if (t is not (999 or 2999)) continue;
            double furthest = (spec.Reach + t / spec.ReachSteps) / -Math.Log(spec.AlarmsPerStep);
            Assert.Equal(Math.Min(furthest, bold.Score), one.Score, 1e-9);
            Assert.True(t == 999 ? one.Score < 1 && bold.Score > 1.5 : one.Score > 1.5);
        }
    }

    static BudgetSpec Sensors => (BudgetSpec)Presets.Sensors().Calibrator;

    // A voice that has nothing to judge for 8000 steps, and then something a little out of the ordinary.
    [Fact]
    public void What_was_not_looked_at_was_not_seldom()
    {
        double After(int unheard)
        {
            var random = new Xoshiro256StarStar(9, threadSafe: false);
            var calibrator = new BudgetCalibrator(Sensors, [new("step", 12, TailPrior.Limited, 0),
                new("relation", 12, TailPrior.Limited, 0) { Said = Voice.Relation }]);
            for (int t = 0; t < unheard + 400; t++)
            {
                double q = Math.Pow(Normal.Sample(random, 0, 1), 2);
                calibrator.Measure([Math.Pow(Normal.Sample(random, 0, 1), 2), t < unheard ? double.NaN : q]);
                calibrator.Learn(Learning.Normal);
            }
            double low = 1;
            calibrator.Measure([1, low]);
            while (calibrator.Margins[1] < 5) calibrator.Measure([1, low *= 1.05]);
            return calibrator.ScoreOf(1);
        }
        Assert.InRange(After(8000) / After(0), .8, 1.2);
    }

    // 200,000 errors of a noise under a budget of 1e-3: 200 alarms, give or take 14, and a governor that holds them there.
    [Theory]
    [InlineData("Gauss")]
    [InlineData("Student t(3)")]
    [InlineData("AR(.9)")]
    [InlineData("sparse")]
    public void The_budget_is_kept_whatever_the_noise(string noise)
    {
        var random = new Xoshiro256StarStar(11, threadSafe: false);
        double x = 0;
        double Next() => noise switch
        {
            "Gauss" => Normal.Sample(random, 0, 1),
            "Student t(3)" => StudentT.Sample(random, 0, 1, 3),
            "AR(.9)" => x = .9 * x + Normal.Sample(random, 0, 1),
            _ => random.NextDouble() < .01 ? Normal.Sample(random, 0, 1) : 0,
        };
        Assert.InRange(Told(Next, 1e-3, steps: 200_000, ready: 1500), 120, 260);
    }

    // Six times as wide for 20 steps, once in 2000: each is an anomaly, until it is what the feed does.
    [Theory]
    [InlineData(12, 1e-4, 22_000, 400, 2)]
    [InlineData(100, 1e-4, 1500, 400, 2)]
    [InlineData(1, 1e-4, 300_000, 1500, 1.5)]
    public void Bursts_that_recur_do_not_outrun_the_budget(int feeds, double budget, int steps, int ready, double times)
    {
        int told = 0;
        for (int feed = 0; feed < feeds; feed++)
        {
            var random = new Xoshiro256StarStar(300 + feed, threadSafe: false);
            int left = 0;
            told += Told(() =>
            {
                left = left == 0 && random.NextDouble() < 1 / 2000.0 ? 20 : Math.Max(0, left - 1);
                return (left > 0 ? 6 : 1) * Normal.Sample(random, 0, 1);
            }, budget, steps, ready);
        }
        double allowed = budget * (steps - ready) * feeds;
        Assert.InRange(told, 1, (times * allowed) + Math.Sqrt(times * allowed));
    }

    // Announcements of errors fed straight into the scores.
    static int Told(Func<double> next, double budget, int steps, int ready)
    {
        ErrorModelSpec spec = Presets.Signal(budget);
        spec = spec with { Scores = [.. spec.Scores.Where(score => score.FreeRunLength == 0)] };
        var judge = new ErrorJudge(spec, new ScoreContext(1, [1], null));
        judge.EndEarly();
        var alarm = new Alarm(spec.Alarm, judge.Slow);
        double[] error = new double[1];
        int told = 0;
        for (int t = 1; t <= steps; t++)
        {
            error[0] = next();
            judge.Measure(new StepView { Frame = error, Expected = error, Scaled = error, Errors = error, WarmingUp = false,
                Muted = false }, alarm);
            AlarmChange? change = alarm.Step(t, judge.Judgement, t > ready, muted: false);
            judge.Learn(change, alarm, muted: false);
            if (alarm.Counts) told++;
        }
        return told;
    }

    static void Learn(BudgetCalibrator calibrator, double q, Learning learning)
    {
        calibrator.Measure([q]);
        calibrator.Learn(learning);
    }
}
