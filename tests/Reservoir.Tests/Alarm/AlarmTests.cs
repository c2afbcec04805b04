using Xunit;

namespace Esn.Tests;

public class AlarmTests
{
    // Two raw scores; the joint one is the larger margin over 10, and a margin of 3.5 is unusual.
    sealed class Scripted : IJudgement
    {
        readonly double[] _margins = new double[2];
        public ReadOnlySpan<double> Margins => _margins;
        public double Score => _margins.Max() / 10;
        public void Set(double one, double other) => (_margins[0], _margins[1]) = (one, other);
        public bool IsUnusual(int score) => _margins[score] >= 3.5;
        public double ScoreOf(int score) => _margins[score] / 10;
        public double? Share { get; set; }  // of the score that is widespread; null: all
        public double Widespread => Score * (Share ?? 1);
        public bool ByChannel { get; set; }
        public bool OneChannel { get; set; }  // that both are of
        public int ChannelOf(int score) => OneChannel ? 0 : ByChannel ? score : -1;
        public int Away { get; set; }
        public bool Trifles { get; set; }  // the second
        public bool IsTrifle(int score) => Trifles && score == 1;
        public Whereabouts Whereabouts { get; set; }
        public bool Joining { get; set; }  // the second channel
        public double Joins(int channel) => Joining && channel == 1 ? 4 : 0;
    }

    readonly Scripted _judgement = new();

    // Runs margins of the first score through an alarm; the changes with their steps.
    List<(int, AlarmChange)> Run(AlarmSpec spec, Func<int, double> margin, int steps, Func<int, double>? other = null,
        Func<int, bool>? muted = null, Func<int, int>? away = null, Func<int, bool>? displaced = null, Func<int, bool>? outside = null)
    {
        spec.Validate();
        var alarm = new Alarm(spec, [false, false], channels: 2);
        var changes = new List<(int, AlarmChange)>();
        for (int t = 0; t < steps; t++)
        {
            _judgement.Set(margin(t), other?.Invoke(t) ?? 0);
            _judgement.Away = away?.Invoke(t) ?? 0;
            _judgement.Whereabouts = new Whereabouts(displaced?.Invoke(t) ?? false, outside?.Invoke(t) ?? false, Known: false,
                Forgotten: false);
            if (alarm.Step(t, _judgement, allowed: true, muted?.Invoke(t) ?? false) is { } change) changes.Add((t, change));
        }
        return changes;
    }

    [Fact]
    public void It_opens_at_one_and_closes_after_the_quiet_steps() =>
        Assert.Equal([(5, AlarmChange.Opened), (14, AlarmChange.Closed)],
            Run(new AlarmSpec { QuietSteps = 6 }, t => t is >= 5 and < 9 ? 11 : 0, 100));

    [Fact]
    public void A_score_that_did_not_contribute_does_not_hold_it_open() =>
        Assert.Equal([(5, AlarmChange.Opened), (14, AlarmChange.Closed)],
            Run(new AlarmSpec { QuietSteps = 6 }, t => t is >= 5 and < 9 ? 11 : 0, 100, other: _ => 5));

    [Fact]
    public void A_contributing_score_holds_it_open_until_it_is_back_to_normal() =>
        Assert.Equal([(5, AlarmChange.Opened), (18, AlarmChange.Closed)],
            Run(new AlarmSpec { QuietSteps = 6 }, t => t is >= 5 and < 9 ? 11 : t < 13 ? 4 : 0, 100));

    // Of the second it is known only later that the feed lies elsewhere.
    [Fact]
    public void Opened_again_soon_it_ends_once_what_alarms_now_is_back() =>
        Assert.Equal([(5, AlarmChange.Opened), (30, AlarmChange.Updated), (46, AlarmChange.Closed), (48, AlarmChange.Reopened),
            (86, AlarmChange.Closed)],
            Run(new AlarmSpec { QuietSteps = 6, Merge = 5, AdaptAfter = 20, NormalAfter = 100 }, t =>
                t is 5 or 48 ? 11 : t is < 26 or > 48 and < 60 ? 5 : 0, 120,
                displaced: t => t is >= 10 and <= 40 or >= 58 and <= 80, outside: t => t is >= 8 and <= 40 or >= 50 and <= 80));

    [Fact]
    public void Nor_is_it_back_while_something_would_open_it() =>
        Assert.Equal([(5, AlarmChange.Opened), (30, AlarmChange.Updated), (50, AlarmChange.Closed)],
            Run(new AlarmSpec { QuietSteps = 6, AdaptAfter = 80, NormalAfter = 100 }, t => t is 5 or 44 ? 11 : t < 60 ? 5 : 0, 120,
                displaced: t => t is >= 10 and <= 40, outside: t => t is >= 8 and <= 40));

    [Fact]
    public void However_often_something_else_begins_in_it_after_twice_the_time_all_is_normal() =>
        Assert.Equal((205, AlarmChange.Adapted),
            Run(new AlarmSpec { QuietSteps = 6, Merge = 2, AdaptAfter = 8, NormalAfter = 100 },
                t => t % 20 == 5 ? 11 : t % 20 is > 5 and < 14 ? 5 : 0, 600,
                displaced: t => t > 5, outside: t => t > 5).First(change => change.Item2 is AlarmChange.Closed or AlarmChange.Adapted));

    [Fact]
    public void Opened_again_soon_it_is_the_same_alarm_and_later_another() =>
        Assert.Equal([(5, AlarmChange.Opened), (11, AlarmChange.Closed), (30, AlarmChange.Reopened), (42, AlarmChange.Closed),
            (99, AlarmChange.Opened), (105, AlarmChange.Closed)],
            Run(new AlarmSpec { QuietSteps = 6 }, t => t is 5 or 30 or 99 ? 11 : 0, 110));

    [Fact]
    public void Each_time_it_opens_again_it_takes_twice_as_long_to_close() =>
        Assert.Equal([(5, AlarmChange.Opened), (11, AlarmChange.Closed), (30, AlarmChange.Reopened), (42, AlarmChange.Closed),
            (55, AlarmChange.Reopened), (79, AlarmChange.Closed), (80, AlarmChange.Reopened), (303, AlarmChange.Closed),
            (355, AlarmChange.Opened), (361, AlarmChange.Closed)],
            Run(new AlarmSpec { QuietSteps = 6 }, t => t % 25 == 5 && t is < 260 or 355 ? 11 : 0, 400));

    [Fact]
    public void One_that_was_slow_to_close_until_it_would_be_adapted_to_is_closed_and_hides_nothing() =>
        Assert.Equal([(0, AlarmChange.Opened), (6, AlarmChange.Closed), (10, AlarmChange.Reopened), (21, AlarmChange.Closed),
            (24, AlarmChange.Reopened), (25, AlarmChange.Updated), (44, AlarmChange.Closed), (47, AlarmChange.Reopened)],
            Run(new AlarmSpec { QuietSteps = 5, AdaptAfter = 20 }, t => t is 0 or 1 or 10 or 11 or 24 or 25 or 47 ? 11 : 0, 50));

    [Fact]
    public void Opened_again_as_worse_than_it_was_it_is_escalated() =>
        Assert.Equal([(5, AlarmChange.Opened), (11, AlarmChange.Closed), (30, AlarmChange.Escalated), (42, AlarmChange.Closed)],
            Run(new AlarmSpec { QuietSteps = 6 }, t => t == 5 ? 11 : t == 30 ? 16 : 0, 60));

    [Fact]
    public void A_much_higher_score_is_announced_again_once_the_first_rise_is_over()
    {
        AlarmSpec spec = new();
        int higher = spec.Rise + 15;
        Assert.Equal([(0, AlarmChange.Opened), (5, AlarmChange.Escalated), (10, AlarmChange.Escalated), (spec.Rise, AlarmChange.Updated),
            (higher, AlarmChange.Escalated), (higher + spec.Rise, AlarmChange.Updated)],
            Run(spec, t => t < 20 ? 10 + t : t < higher ? 30 : 30.01 + 10 * spec.Escalation, higher + 2 * spec.Rise - 10));
    }

    [Fact]
    public void Each_severity_is_told_when_it_is_reached_and_costs_the_budget_nothing_more()
    {
        var alarm = new Alarm(new AlarmSpec(), [false, false]);
        (double Margin, AlarmChange? Change, Severity Severity, bool Counts)[] steps =
        [
            (11, AlarmChange.Opened, Severity.Minor, true), (14, null, Severity.Minor, false),
            (15, AlarmChange.Escalated, Severity.Major, false), (12, null, Severity.Major, false),
            (22, AlarmChange.Escalated, Severity.Critical, false), (30, null, Severity.Critical, false),
        ];
        for (int t = 0; t < steps.Length; t++)
        {
            _judgement.Set(steps[t].Margin, 0);
            Assert.Equal(steps[t], (steps[t].Margin, alarm.Step(t, _judgement, true, false), alarm.Severity, alarm.Counts));
        }
        // At once from none to critical: opening says so.
        alarm = new Alarm(new AlarmSpec(), [false, false]);
        _judgement.Set(25, 0);
        Assert.Equal(AlarmChange.Opened, alarm.Step(0, _judgement, true, false));
        Assert.Null(alarm.Step(1, _judgement, true, false));
    }

    [Fact]
    public void Another_channel_that_begins_to_alarm_later_is_told_once_and_holds_it_open_if_it_goes_on()
    {
        AlarmSpec spec = new() { OpenAfter = 2 };
        int later = spec.Rise + 20;
        (int, AlarmChange)[] alone = [(1, AlarmChange.Opened), (1 + spec.Rise, AlarmChange.Updated), (69, AlarmChange.Closed)];
        double Other(int t) => t >= later && t < later + 60 ? 11 : 0;
        double First(int t) => t < 60 ? 12 : 0;
        // Raw scores that are of all channels are of the same fault.
        Assert.Equal([alone[0], alone[1], (later + 69, AlarmChange.Closed)], Run(spec, First, later + 80, Other));
        _judgement.ByChannel = true;
        Assert.Equal([alone[0], alone[1], (later + 1, AlarmChange.Escalated),
            (later + 1 + spec.Rise, AlarmChange.Updated), (later + 69, AlarmChange.Closed)], Run(spec, First, later + 80, Other));
        // Once is not twice, nor does one step do where two open an alarm.
        Assert.Equal(alone, Run(spec, First, 100, t => t == later ? 11 : 0));
        Assert.Single(Run(spec, First, 200, t => t >= later && t % 10 < 5 && t < 140 ? 11 : 0), c => c.Item2 == AlarmChange.Escalated);
        // Where the alarm has just been told of as worse, too; and where it had closed.
        Assert.Equal(AlarmChange.Escalated, Run(spec, t => t < 35 ? 12 : t < 100 ? 20 : 0, 100, t => t >= 40 ? 11 : 0)
            .Single(change => change.Item1 == 41).Item2);
        Assert.Contains((80, AlarmChange.Escalated), Run(new AlarmSpec(), First, 100, t => t == 80 ? 11 : 0));
        Assert.Equal([(80, AlarmChange.Escalated), (105, AlarmChange.Updated), (139, AlarmChange.Closed)],
            Run(new AlarmSpec(), First, 200, t => t is >= 80 and < 120 ? 11 : 0)[3..]);
        _judgement.Trifles = true;
        Assert.Equal(alone, Run(spec, First, 70, Other));
    }

    // Both begin it; the second is normal for long, and then fails anew while the first still holds the alarm open.
    [Fact]
    public void A_channel_that_was_back_to_normal_in_an_open_alarm_is_news_when_it_fails_again()
    {
        _judgement.ByChannel = true;
        AlarmSpec spec = new();
        int calm = spec.QuietSteps + spec.Merge;
        List<(int, AlarmChange)> Second(int pause) => [.. Run(spec, _ => 12, 200, t => t < 5 || t >= 5 + pause ? 11 : 0)
            .Where(change => change.Item2 == AlarmChange.Escalated)];
        Assert.Equal([(5 + calm + 1, AlarmChange.Escalated)], Second(calm + 1));
        Assert.Empty(Second(calm));
        // One that is still out of the ordinary is not back.
        Assert.DoesNotContain(Run(spec, _ => 12, 200, t => t is < 5 or >= 120 ? 11 : 4), change => change.Item2 == AlarmChange.Escalated);
    }

    // One score of a channel holds the alarm open; another of the same channel was silent in it for long: a second fault.
    [Fact]
    public void A_score_that_was_back_to_normal_in_an_open_alarm_is_news_when_it_alarms_though_its_channel_was_named()
    {
        AlarmSpec spec = new() { OpenAfter = 2, AdaptAfter = 1000 };
        int calm = spec.QuietSteps + spec.Merge;
        int[] Told(Func<int, double> second) => [.. Run(spec, t => t < 700 ? 12 : 0, 720, second)
            .Where(change => change.Item2 == AlarmChange.Escalated).Select(change => change.Item1)];
        double Twice(int t, int pause) => t < 5 || (t >= 5 + pause && t < 20 + pause) ? 11 : 0;
        Assert.Empty(Told(t => Twice(t, 100)));  // of all channels: the same fault
        _judgement.OneChannel = true;
        Assert.Equal([106], Told(t => Twice(t, 100)));
        Assert.Equal([201], Told(t => t >= 200 ? 11 : 0));  // it had no part in the alarm before
        Assert.Empty(Told(t => Twice(t, calm - 1)));
        Assert.Empty(Told(t => t == 100 ? 11 : 0));  // one step opens none either
        Assert.Empty(Told(t => t < 5 || t >= 100 ? 11 : 4));  // it never was back to normal
        // What comes again and again is told ever more seldom: each time it must have been silent for twice as long.
        Assert.Equal([71], Told(t => t >= 70 && t % 70 < 10 ? 11 : 0));
        Assert.Equal([141, 281], Told(t => t >= 140 && t % 140 < 10 ? 11 : 0));
        _judgement.Trifles = true;
        Assert.Empty(Told(t => Twice(t, 100)));
    }

    [Fact]
    public void Of_several_steps_that_open_it_each_names_the_scores_that_speak()
    {
        var alarm = new Alarm(new AlarmSpec { OpenAfter = 3 }, [false, false], channels: 2);
        AlarmChange? change = null;
        for (int t = 0; t < 5; t++)
        {
            _judgement.Set(t is 0 or > 2 ? 11 : 0, t == 2 ? 12 : 0);
            change = alarm.Step(t, _judgement, allowed: true, muted: false);
        }
        Assert.Equal(AlarmChange.Opened, change);
        Assert.Equal([true, true], alarm.Contributed.ToArray());
        Assert.Equal([11, 12], alarm.Margins.ToArray());
        // What spoke before the feed was quiet again has no part in it.
        alarm = new Alarm(new AlarmSpec { OpenAfter = 3 }, [false, false], channels: 2);
        for (int t = 0; t < 5; t++)
        {
            _judgement.Set(t >= 2 ? 11 : 0, t == 0 ? 12 : 0);
            change = alarm.Step(t, _judgement, allowed: true, muted: false);
        }
        Assert.Equal(AlarmChange.Opened, change);
        Assert.Equal([true, false], alarm.Contributed.ToArray());
    }

    [Fact]
    public void A_channel_that_alarms_within_the_rise_belongs_to_what_was_told()
    {
        _judgement.ByChannel = true;
        Assert.DoesNotContain(Run(new AlarmSpec(), _ => 12, 200, t => t >= 20 ? 11 : 0), change => change.Item2 == AlarmChange.Escalated);
    }

    [Fact]
    public void Channels_that_came_later_are_known_until_another_alarm_opens()
    {
        _judgement.ByChannel = true;
        AlarmSpec spec = new();
        var alarm = new Alarm(spec, [false, false], channels: 2);
        for (int t = 0; t < 300; t++)
        {
            _judgement.Set(t is < 60 or 200 ? 12 : 0, t is >= 40 and < 60 ? 11 : 0);
            AlarmChange? change = alarm.Step(t, _judgement, allowed: true, muted: false);
            Assert.Equal(t is >= 40 and < 200 ? [1] : [], alarm.LaterChannels());
            Assert.Equal(t is 0 or 40 or 200, alarm.Counts);
            Assert.Equal(t == 40, change == AlarmChange.Escalated);
        }
    }

    [Fact]
    public void What_flickers_on_after_it_was_adapted_to_is_told_only_where_it_is_worse()
    {
        AlarmSpec spec = new() { AdaptAfter = 100, QuietSteps = 6, Merge = 20, Rise = 1000 };
        double Flicker(int t) => t < 110 ? 11 : t % 15 == 0 ? 13 : 0;
        Assert.Equal([(0, AlarmChange.Opened), (100, AlarmChange.Adapted)], Run(spec, Flicker, 200));
        Assert.Equal([(0, AlarmChange.Opened), (100, AlarmChange.Adapted), (200, AlarmChange.Escalated), (206, AlarmChange.Closed)],
            Run(spec, t => t == 200 ? 16 : Flicker(t), 208));
        // Another score that alarms is news, and so is what goes on for longer than an alarm may be open.
        Assert.Equal([(0, AlarmChange.Opened), (100, AlarmChange.Adapted), (150, AlarmChange.Opened), (156, AlarmChange.Closed)],
            Run(spec, Flicker, 160, other: t => t == 150 ? 11 : 0));
        Assert.Equal((210, AlarmChange.Opened), Run(spec, Flicker, 400)[2]);
        // After a pause it is another alarm.
        Assert.Equal([(0, AlarmChange.Opened), (100, AlarmChange.Adapted), (300, AlarmChange.Opened), (306, AlarmChange.Closed)],
            Run(spec, t => t < 200 ? Flicker(t) : t == 300 ? 11 : 0, 320));
    }

    // While an echo of it holds the alarm open, no score falls silent: each time it must have been away for twice as long.
    [Fact]
    public void What_began_an_alarm_and_begins_anew_in_it_is_told_a_few_times() =>
        Assert.Equal([(0, AlarmChange.Opened), (40, AlarmChange.Reopened), (100, AlarmChange.Reopened), (200, AlarmChange.Reopened),
            (300, AlarmChange.Adapted)],
            Run(new AlarmSpec { AdaptAfter = 300, QuietSteps = 10, Rise = 1000 }, _ => 11, 301, away: t => t switch
            {
                20 => 9, 40 => 10, 60 => 19, 100 => 20, 150 => 39, 200 => 40, 250 => 49, _ => 0,
            }));

    [Fact]
    public void What_began_it_and_begins_anew_right_after_it_was_adapted_to_is_another() =>
        Assert.Equal([(0, AlarmChange.Opened), (100, AlarmChange.Adapted), (110, AlarmChange.Opened), (116, AlarmChange.Closed)],
            Run(new AlarmSpec { AdaptAfter = 100, QuietSteps = 6, Merge = 20, Rise = 1000 }, t => t < 101 || t == 110 ? 11 : 0, 120,
                away: t => t == 110 ? 8 : 0));

    [Fact]
    public void It_is_adapted_to_after_the_limit() =>
        Assert.Equal((100, AlarmChange.Adapted),
            Run(new AlarmSpec { AdaptAfter = 100 }, _ => 11, 120).First(c => c.Item2 == AlarmChange.Adapted));

    // What the feed does was learnt after 20 steps; a second channel is found to be elsewhere at 15, at 35 or at 60.
    [Theory]
    [InlineData(15, new[] { 25 })]      // with what is known after the rise
    [InlineData(35, new[] { 25, 35 })]  // at once after that
    [InlineData(60, new[] { 25 })]      // what wanders off later is none of it
    public void A_channel_that_is_elsewhere_soon_after_it_opened_joins_and_is_told(int joins, int[] updated)
    {
        var alarm = new Alarm(new AlarmSpec { QuietSteps = 5, AdaptAfter = 20, NormalAfter = 750, Merge = 5 }, [false, false], channels: 2);
        _judgement.ByChannel = true;
        var told = new List<int>();
        for (int t = 0; t <= 100; t++)
        {
            _judgement.Set(t < 12 ? 11 : 0, 0);
            _judgement.Whereabouts = new Whereabouts(Displaced: t >= 5, Outside: true, Known: false, Forgotten: false);
            _judgement.Joining = t == joins;
            if (alarm.Step(t, _judgement, allowed: true, muted: false) == AlarmChange.Updated) told.Add(t);
        }
        Assert.Equal(updated, told);
        Assert.Equal([0, joins < 60 ? 4 : 0], alarm.Joined.ToArray());
        _judgement.Whereabouts = default;
        for (int t = 101; t <= 160; t++)
        {
            _judgement.Set(t < 150 ? 0 : 11, 0);
            alarm.Step(t, _judgement, allowed: true, muted: false);
        }
        Assert.Equal(150, alarm.Start);
        Assert.Equal([0, 0], alarm.Joined.ToArray());  // of another alarm
    }

    [Fact]
    public void It_opens_only_after_as_many_steps_as_asked_for() =>
        Assert.Equal((12, AlarmChange.Opened), Run(new AlarmSpec { OpenAfter = 3 }, t => t is 2 or 3 or >= 10 ? 11 : 0, 20)[0]);

    [Fact]
    public void No_other_opens_within_the_refractory_time() =>
        Assert.Equal([0, 200], Run(new AlarmSpec { Refractory = 150, Merge = 0 }, t => t % 100 == 0 ? 11 : 0, 300)
            .Where(c => c.Item2 == AlarmChange.Opened).Select(c => c.Item1));

    [Fact]
    public void Muted_it_ends_and_none_opens() =>
        Assert.Equal([(5, AlarmChange.Opened), (10, AlarmChange.Closed), (90, AlarmChange.Opened)],
            Run(new AlarmSpec(), t => t is >= 5 and < 50 or >= 90 ? 11 : 0, 100, muted: t => t is >= 10 and < 60));

    // One sensor among many wakes nobody, and what comes to many is more than a look at the next round.
    [Theory]
    [InlineData(0, 1.0, 11, Severity.Minor)]
    [InlineData(0, 1.0, 30, Severity.Critical)]
    [InlineData(0, .3, 30, Severity.Major)]   // what channels say of each other is never critical, whatever the breadth
    [InlineData(.25, .3, 12, Severity.Minor)]
    [InlineData(.25, .3, 30, Severity.Major)]
    [InlineData(.25, .95, 12, Severity.Major)]
    [InlineData(.25, .95, 30, Severity.Critical)]
    public void The_severity_goes_by_what_is_widespread(double breadth, double share, double margin, Severity severity)
    {
        var alarm = new Alarm(new AlarmSpec { Breadth = breadth }, [false, false]);
        _judgement.Share = share;
        _judgement.Set(margin, 0);
        Assert.Equal(AlarmChange.Opened, alarm.Step(0, _judgement, allowed: true, muted: false));
        Assert.Equal(severity, alarm.Severity);
    }
}
