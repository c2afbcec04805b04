using Esn.Streaming.Wire;

namespace Esn.Streaming.Control;

/// <summary>What people said of the last alarms. Thread-safe.</summary>
public sealed class AlarmNotes
{
    /// <summary>Alarms of which something is kept.</summary>
    public const int Most = 10_000;

    readonly Lock _lock = new();
    readonly Dictionary<string, AlarmNote> _notes = [];
    readonly Queue<string> _order = new();

    /// <summary>Something was said of an alarm: by its id.</summary>
    public event Action<string>? Changed;

    /// <summary>What was said of an alarm.</summary>
    public AlarmNote Of(string alarm)
    {
        lock (_lock) return _notes.GetValueOrDefault(alarm);
    }

    /// <summary>Somebody has taken an alarm on.</summary>
    public void Take(ControlAcknowledgement taken) => Note(taken.Alarm, note => note with { Taken = taken });

    /// <summary>Somebody says whether it was one.</summary>
    public void Take(ControlFeedback judged) => Note(judged.Alarm, note => note with { Judged = judged });

    void Note(string alarm, Func<AlarmNote, AlarmNote> change)
    {
        lock (_lock)
        {
            if (!_notes.ContainsKey(alarm)) _order.Enqueue(alarm);
            _notes[alarm] = change(_notes.GetValueOrDefault(alarm));
            if (_order.Count > Most) _notes.Remove(_order.Dequeue());
        }
        Changed?.Invoke(alarm);
    }
}
