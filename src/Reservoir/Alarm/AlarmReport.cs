using System.Numerics.Tensors;

namespace Esn;

/// <summary>Gathers what on-call hears of an alarm.</summary>
/// <param name="alarm">Of the stream.</param>
/// <param name="names">Of the raw scores.</param>
/// <param name="attribute">Tells each channel's part in the score of the last step.</param>
/// <param name="channels">Of the feed.</param>
sealed class AlarmReport(Alarm alarm, IReadOnlyList<string> names, AlarmReport.Attribution attribute, int channels)
{
    /// <summary>As <see cref="Judge.Attribute"/>.</summary>
    public delegate bool Attribution(Span<double> parts, bool byThemselves);

    const int MostContributions = 5;

    readonly double[] _parts = new double[channels];  // of the channels at the peak
    readonly Onset _onset = new(channels);
    DateTime _startTime, _peakTime;
    bool _byThemselves;  // the parts are of what channels do themselves; what others say of them does not take their place

    /// <summary>The event of this step, if anything changed.</summary>
    public AlarmEvent? Step(
        AlarmChange? change, long position, DateTime time, double score, double normality,
        ReadOnlySpan<double> expected, ReadOnlySpan<double> observed)
    {
        if (change == AlarmChange.Opened) (_startTime, _byThemselves) = (time, false);
        _onset.Step();
        if (alarm.Open && alarm.Peak == position) _peakTime = time;
        if (alarm.Open && (alarm.Peak == position || alarm.Began == position))
        {
            _byThemselves |= attribute(_parts, _byThemselves);
        }
        if (change == AlarmChange.Opened && _onset.Outdoes(score, alarm.OpenAfter))
        {
            expected = _onset.Expected;
            observed = _onset.Observed;
            if (_onset.ByThemselves || !_byThemselves) _onset.Parts.CopyTo(_parts, 0);
            _byThemselves |= _onset.ByThemselves;
        }
        if (alarm.Open || alarm.Above == 0) _onset.Clear();
        else if (alarm.OpenAfter > 1 && !_onset.Outdoes(score, alarm.OpenAfter))
            _onset.ByThemselves |= attribute(_onset.Take(score, expected, observed), _onset.ByThemselves);
        if (change is null) return null;
        return new AlarmEvent
        {
            Change = change.Value,
            Announced = alarm.Counts,
            Position = position,
            Time = time,
            Start = alarm.Start,
            StartTime = _startTime,
            Peak = alarm.Peak,
            PeakTime = _peakTime,
            Score = score,
            PeakScore = alarm.PeakScore,
            Severity = alarm.Severity,
            Normality = normality,
            Expected = expected.ToArray(),
            Observed = observed.ToArray(),
            Contributions = Channels(),
            Scores = Scores(),
            LaterChannels = alarm.LaterChannels(),
            Incidents = alarm.Incidents,
            Forecast = null,
            Drift = null,
        };
    }

    Contribution[] Channels()
    {
        double[] parts = [.. _parts.Select((part, channel) => alarm.Joined.IsEmpty ? part : Math.Max(part, alarm.Joined[channel]))];
        double total = TensorPrimitives.Sum<double>(parts);
        return [.. parts
            .Select((part, channel) => new Contribution(channel, total > 0 ? part / total : 0))
            .OrderByDescending(contribution => contribution.Share)
            .Take(MostContributions)];
    }

    ScoreContribution[] Scores()
    {
        var contributions = new List<ScoreContribution>();
        for (int i = 0; i < names.Count; i++)
            if (alarm.Contributed[i]) contributions.Add(new ScoreContribution(names[i], alarm.Margins[i]));
        return [.. contributions.OrderByDescending(contribution => contribution.Margin)];
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_parts);
        state.Carry(ref _startTime);
        state.Carry(ref _peakTime);
        if (!state.Holds(6)) return;
        _byThemselves = state.Carried(_byThemselves);
        _onset.Carry(ref state);
    }

    /// <summary>
    /// The step with the highest score of those in a row that are about to open an alarm: where it takes several, a single wild row would
    /// else be told with the values of the ordinary one after it.
    /// </summary>
    sealed class Onset(int channels)
    {
        double _score;  // 0: there is none
        int _age;       // judged steps since, itself one

        public double[] Expected { get; } = new double[channels];

        public double[] Observed { get; } = new double[channels];

        public double[] Parts { get; } = new double[channels];

        public bool ByThemselves { get; set; }

        /// <summary>Whether it is higher, and one of the last steps that open an alarm.</summary>
        public bool Outdoes(double score, int openAfter) => _score >= score && _age < openAfter;

        public void Clear() => (_score, _age, ByThemselves) = (0, 0, false);

        /// <summary>A step goes by.</summary>
        public void Step() => _age = Math.Min(_age, int.MaxValue - 1) + 1;

        /// <summary>Takes a step; the channels' parts are yet to be set.</summary>
        public double[] Take(double score, ReadOnlySpan<double> expected, ReadOnlySpan<double> observed)
        {
            (_score, _age) = (score, 0);
            expected.CopyTo(Expected);
            observed.CopyTo(Observed);
            return Parts;
        }

        public void Carry(ref StateCarrier state)
        {
            state.Carry(ref _age);
            state.Carry(ref _score);
            state.Carry(Expected);
            state.Carry(Observed);
            state.Carry(Parts);
            ByThemselves = state.Carried(ByThemselves);
        }
    }
}
