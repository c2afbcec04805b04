using System.Globalization;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Control;

/// <summary>Where commands are written down, so that every replica hears of them and a restart too.</summary>
public interface ICommandLog
{
    /// <summary>Returns once the command is kept and has been heard of here.</summary>
    /// <exception cref="CommandException">It can't be kept now.</exception>
    Task Append(ControlCommand command, CancellationToken cancel);
}

/// <summary>What was said could not be kept, and why.</summary>
public sealed class CommandException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>
/// All that people ask of streams and say of alarms, as it is heard from the log of commands: the mutes in force, the notes on alarms,
/// and what is told to the scoring. Without a log it lasts as long as the process.
/// </summary>
/// <remarks>Thread-safe.</remarks>
/// <param name="time">The wall clock.</param>
public sealed class CommandBook(TimeProvider time) : ICommandLog
{
    readonly Lock _lock = new();
    readonly List<ControlCommand> _heard = [];  // for a scoring that begins later than the log was read
    readonly Dictionary<string, ControlTaken> _taken = [];  // of mutes in force, by their keys
    Action<ControlCommand>? _listener;

    /// <summary>The mutes in force.</summary>
    public Mutes Mutes { get; } = new(time);

    /// <summary>What was said of alarms.</summary>
    public AlarmNotes Notes { get; } = new();

    /// <summary>Where what is said here is written down; null: nowhere.</summary>
    public ICommandLog? Log { get; set; }

    /// <summary>What a log that was made anew must have: the mutes in force, and from which records on they hold.</summary>
    public IReadOnlyList<ControlCommand> InForce
    {
        get
        {
            IReadOnlyList<ControlMute> mutes = Mutes.All;
            lock (_lock) return [.. mutes, .. _taken.Values.Where(taken => mutes.Any(mute => mute.Id == taken.Command))];
        }
    }

    /// <summary>A log that is not there yet, or no more: what is said is refused, rather than lost.</summary>
    public static ICommandLog NotNow { get; } =
        new Refusing("the process is starting or ending, and can't write it down now: try again in a moment");

    /// <summary>A log whose topic is not there.</summary>
    public static ICommandLog Missing(string topic) => new Refusing($"topic {topic} does not exist: create it (one partition, "
        + "cleanup.policy=compact,delete), or set control.topic to \"\", and start again");

    /// <summary>A command was heard of: from the log, in its order.</summary>
    public void Take(ControlCommand command)
    {
        lock (_lock)
        {
            if (_listener is null) _heard.Add(command);
            _listener?.Invoke(command);
        }
        switch (command)
        {
            case ControlMute mute:
                Mutes.Take(mute);
                break;
            case ControlAcknowledgement taken:
                Notes.Take(taken);
                break;
            case ControlFeedback judged:
                Notes.Take(judged);
                break;
            case ControlTaken taken:
                HashSet<string> mutes = [.. Mutes.All.Select(one => one.Id)];
                lock (_lock)
                {
                    foreach (string over in _taken.Where(one => !mutes.Contains(one.Value.Command)).Select(one => one.Key).ToArray())
                        _taken.Remove(over);
                    if (mutes.Contains(taken.Command)) _taken[taken.Key] = taken;
                }
                break;
        }
    }

    /// <summary>From now on each command is told, those that were heard before at once.</summary>
    /// <returns>Ends it.</returns>
    public IDisposable Listen(Action<ControlCommand> listener)
    {
        lock (_lock)
        {
            foreach (ControlCommand command in _heard) listener(command);
            _heard.Clear();
            _listener = listener;
        }
        return new Ended(this);
    }

    /// <inheritdoc/>
    public Task Append(ControlCommand command, CancellationToken cancel)
    {
        Take(command);
        return Task.CompletedTask;
    }

    /// <summary>Mutes streams from now on, in place of a mute of the same pattern and topic.</summary>
    /// <param name="streams">A name or a pattern, not empty.</param>
    /// <param name="topic">Null: of any.</param>
    /// <param name="duration">Above 0, at most <see cref="Mutes.Longest"/>.</param>
    /// <param name="by">Who says it.</param>
    /// <param name="why">May be empty.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <returns>Null: there are <see cref="Mutes.Most"/> already.</returns>
    /// <exception cref="CommandException">It can't be kept now.</exception>
    public async Task<ControlMute?> Mute(string streams, string? topic, TimeSpan duration, string by, string why, CancellationToken stop)
    {
        DateTimeOffset now = time.GetUtcNow();
        ControlMute? before = Mutes.Find(streams, topic);
        if (before is null && Mutes.All.Count >= Mutes.Most) return null;
        string id = string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd'T'HHmmss}-{Guid.NewGuid().ToString("N")[..8]}");
        var mute = new ControlMute(id, now, by, why, streams, topic, now + duration);
        await Kept(mute, stop).ConfigureAwait(false);
        if (before is not null) await Kept(before with { Until = now, EndedBy = by }, stop).ConfigureAwait(false);
        return mute;
    }

    /// <summary>Ends the mute of a pattern and topic.</summary>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="CommandException">It can't be kept now.</exception>
    public async Task<bool> Unmute(string streams, string? topic, string by, CancellationToken stop)
    {
        if (Mutes.Find(streams, topic) is not { } mute) return false;
        await Kept(mute with { Until = time.GetUtcNow(), EndedBy = by }, stop).ConfigureAwait(false);
        return true;
    }

    /// <summary>Somebody takes an alarm on.</summary>
    /// <exception cref="CommandException">It can't be kept now.</exception>
    public Task Acknowledge(string alarm, string by, string why, CancellationToken stop) =>
        Kept(new ControlAcknowledgement(alarm, time.GetUtcNow(), by, why), stop);

    /// <summary>Somebody says whether an alarm was one.</summary>
    /// <exception cref="CommandException">It can't be kept now.</exception>
    public Task Judge(string alarm, bool anomaly, double peakScore, string by, string why, CancellationToken stop) =>
        Kept(new ControlFeedback(alarm, time.GetUtcNow(), by, why, anomaly, peakScore), stop);

    Task Kept(ControlCommand command, CancellationToken stop) => (Log ?? this).Append(command, stop);

    sealed class Refusing(string why) : ICommandLog
    {
        public Task Append(ControlCommand command, CancellationToken cancel) =>
            Task.FromException(new CommandException(why));
    }

    sealed class Ended(CommandBook book) : IDisposable
    {
        public void Dispose()
        {
            lock (book._lock) book._listener = null;
        }
    }
}
