using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>
/// From which record on what a person said holds, partition by partition. It is noted where a partition is when a command reaches
/// it, and told with what came of the batch: whoever takes the same records again does the same to them.
/// </summary>
/// <remarks>Used by the thread that scores.</remarks>
/// <param name="time">The wall clock, by which mutes end.</param>
sealed class Interventions(TimeProvider time)
{
    const int MostEnded = 10_000;  // mutes that are over, kept for who takes old records again

    readonly Dictionary<string, (ControlMute Mute, StreamPattern Pattern)> _mutes = [];
    readonly Dictionary<PartitionId, Dictionary<string, ControlTaken>> _taken = [];  // by the id of the command
    readonly Dictionary<string, ControlFeedback> _feedback = [];

    /// <summary>A command was said, or another process told from where on it holds.</summary>
    public void Take(ControlCommand command)
    {
        switch (command)
        {
            case ControlMute mute:
                _mutes[mute.Id] = (mute, new StreamPattern([mute.Streams]));
                Prune();
                break;
            case ControlFeedback feedback:
                _feedback[feedback.Id] = feedback;
                break;
            case ControlTaken taken:
                Note(taken);
                break;
        }
    }

    /// <summary>What holds from here on in a partition, and what no longer does.</summary>
    /// <param name="partition">That is here.</param>
    /// <param name="at">Offset of the first record that is told of for the first time.</param>
    /// <returns>What is to be told to the others.</returns>
    public IReadOnlyList<ControlTaken> Begin(PartitionId partition, long at)
    {
        if (_mutes.Count == 0 && _feedback.Count == 0) return [];
        DateTimeOffset now = time.GetUtcNow();
        Dictionary<string, ControlTaken>? taken = _taken.GetValueOrDefault(partition);
        List<ControlTaken> news = [];
        foreach ((ControlMute mute, _) in _mutes.Values)
        {
            if (mute.Topic is not null && mute.Topic != partition.Topic) continue;
            bool holds = mute.Until > now;
            ControlTaken? before = taken?.GetValueOrDefault(mute.Id);
            if (before is null && holds) news.Add(new ControlTaken(mute.Id, partition.Topic, partition.Number, at, null, now));
            else if (before is { To: null } && !holds) news.Add(before with { To = Math.Max(at, before.From), At = now });
        }
        foreach (ControlFeedback feedback in _feedback.Values)
            if (taken?.ContainsKey(feedback.Id) != true && StreamOf(feedback) is { } stream && stream.Topic == partition.Topic
                && stream.Partition == partition.Number)
                news.Add(new ControlTaken(feedback.Id, partition.Topic, partition.Number, at, null, now));
        foreach (ControlTaken one in news) Note(one);
        return news;
    }

    /// <summary>What was said of alarms of a stream, in order, and from which record on it holds.</summary>
    /// <param name="stream">Of this process.</param>
    /// <param name="from">Only what holds from this offset on: what was before is in the stream's state already.</param>
    public IEnumerable<(long From, ControlFeedback Feedback)> Of(StreamId stream, long from)
    {
        if (_feedback.Count == 0 || !_taken.TryGetValue(new PartitionId(stream.Topic, stream.Partition), out var taken)) return [];
        return _feedback.Values.Where(feedback => StreamOf(feedback) == stream && taken.TryGetValue(feedback.Id, out ControlTaken? one)
            && one.From >= from).Select(feedback => (taken[feedback.Id].From, feedback)).OrderBy(one => one.From)
                .ThenBy(one => one.feedback.At);
    }

    /// <summary>Which frames of a stream a person does not want judged.</summary>
    /// <param name="stream">Of this process.</param>
    /// <param name="frames">Of the stream, in order.</param>
    /// <param name="muted">[frames]; set where it is so, else left.</param>
    /// <returns>Whether any is.</returns>
    public bool Mark(StreamId stream, IReadOnlyList<Frame> frames, Span<bool> muted)
    {
        bool any = false;
        foreach ((long from, long to) in MutesOf(stream, frames[0].Record.Offset, frames[^1].Record.Offset))
            for (int t = 0; t < frames.Count; t++)
                if (frames[t].Record.Offset >= from && frames[t].Record.Offset < to) any = muted[t] = true;
        return any;
    }

    /// <summary>Whether anything was ever said of an alarm.</summary>
    public bool Judges => _feedback.Count > 0;

    /// <summary>Whether any mute was ever taken in a partition: only then frames need to be asked for.</summary>
    public bool Mutes(PartitionId partition) => _taken.ContainsKey(partition);

    IEnumerable<(long From, long To)> MutesOf(StreamId stream, long first, long last)
    {
        if (!_taken.TryGetValue(new PartitionId(stream.Topic, stream.Partition), out var taken)) yield break;
        foreach (ControlTaken one in taken.Values)
            if (one.From <= last && !(one.To <= first) && _mutes.TryGetValue(one.Command, out var mute)
                && mute.Pattern.Matches(stream.Key)) yield return (one.From, one.To ?? long.MaxValue);
    }

    // What is known here of its own partitions is never younger than what comes back from the topic.
    void Note(ControlTaken taken)
    {
        if (!_taken.TryGetValue(taken.Of, out var all)) _taken.Add(taken.Of, all = []);
        all[taken.Command] = all.TryGetValue(taken.Command, out ControlTaken? before) ? before with { To = before.To ?? taken.To } : taken;
    }

    void Prune()
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_mutes.Count <= MostEnded) return;
        foreach (string old in _mutes.Values.Where(entry => entry.Mute.Until <= now).OrderBy(entry => entry.Mute.Until)
            .Take(MostEnded / 10).Select(entry => entry.Mute.Id).ToArray())
        {
            _mutes.Remove(old);
            foreach (Dictionary<string, ControlTaken> taken in _taken.Values) taken.Remove(old);
        }
    }

    static StreamId? StreamOf(ControlFeedback feedback) => AlarmIds.StreamOf(feedback.Alarm);
}
