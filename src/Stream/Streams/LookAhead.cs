namespace Esn.Streaming.Streams;

/// <summary>
/// What is to come of streams of fields, for who looks on: one stream after the other runs free, as often as may be for a twentieth of
/// the time that goes by.
/// </summary>
/// <param name="time">For the time that it takes.</param>
sealed class LookAhead(TimeProvider time)
{
    const int Steps = 8, Share = 20;

    long? _last;     // when it was done last
    TimeSpan _cost;  // of that

    /// <summary>After streams were stepped: adds it to one of them, if it is due. No stream is changed.</summary>
    /// <param name="slots">That were stepped.</param>
    /// <param name="steps">What became of each.</param>
    public void Take(IReadOnlyList<StreamSlot> slots, StreamSteps[] steps)
    {
        int next = -1;
        for (int i = 0; i < steps.Length; i++)
            if (slots[i].Grid is not null && !steps[i].Span[^1].Result.WarmingUp
                && (next < 0 || slots[i].LookedAheadAt < slots[next].LookedAheadAt)) next = i;
        if (next < 0 || (_last is { } last && time.GetElapsedTime(last) < Share * _cost)) return;
        long start = time.GetTimestamp();
        double[]? values = slots[next].LookAhead(Steps);
        (_last, _cost) = (start, time.GetElapsedTime(start));
        slots[next].LookedAheadAt = start;
        if (values is not null) steps[next] = steps[next] with { Ahead = new FieldAhead(slots[next].Position - 1, Steps, values) };
    }
}
