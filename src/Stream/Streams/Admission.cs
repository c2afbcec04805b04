using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Streams;

/// <summary>What is let in: records that can be read, and streams for which there is room. Nothing is made for what is not.</summary>
sealed class Admission
{
    readonly SourceConfig _source;
    readonly FrameDecoder _decoder;
    readonly Measurements _measurements;
    readonly ModelChoice _models;
    readonly double[] _missing;  // numbers that stand for no value
    readonly long _memory;

    /// <param name="config">Validated.</param>
    /// <param name="models">Of the configuration.</param>
    public Admission(EsnConfig config, ModelChoice models)
    {
        _source = config.Source;
        _decoder = new FrameDecoder(_source.Fields);
        _measurements = new Measurements(_source.Fields);
        _models = models;
        _missing = [.. _source.Fields.Missing];
        _memory = _source.MaxMemory?.Bytes ?? (long)(SourceConfig.DefaultShare * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    /// <summary>One record for each measurement in these.</summary>
    public RecordRows Apart(IReadOnlyList<FeedRecord> records) =>
        _measurements.Any ? RecordRows.Of(records.SelectMany(_measurements.Of)) : records as RecordRows ?? RecordRows.Of(records);

    /// <summary>The frame in a record, or why there is none; exactly one of the two is null.</summary>
    public (Frame? Frame, DeadLetter? DeadLetter) Decode(in RecordRow row)
    {
        if (row is { Record: null, Name: { } name })
        {
            var stream = new StreamId(row.Topic, row.Partition, name);
            return (Known(new Frame(stream, row.Time, row.Value, row.Offset, row.Milliseconds)), null);
        }
        FeedRecord record = row.ToRecord();
        (Frame? frame, DeadLetter? letter) = _decoder.Decode(record);
        // What a field takes does not grow with the square of its cells, and is known before anything is made.
        if (frame is null || frame.Field is not null) return (frame, letter);
        if (frame.Span.Length <= _source.MaxChannels) return (Known(frame), null);
        return (null, new DeadLetter(record, Rejection.TooManyChannels,
            $"the frame has {frame.Values.Length} values: source.maxChannels allows {_source.MaxChannels}"));
    }

    // Without the numbers that stand for no value.
    Frame Known(Frame frame)
    {
        foreach (double missing in _missing)
            frame.Span.Replace(missing, double.NaN);
        return frame;
    }

    /// <summary>
    /// A place for the stream of this frame, which it is the first of, or why it gets none; exactly one of the two is null.
    /// </summary>
    /// <param name="first">Of the stream.</param>
    /// <param name="streams">That are here already.</param>
    /// <param name="bytes">That their models take.</param>
    /// <param name="now">Wall clock, UTC.</param>
    public (StreamSlot? Slot, DeadLetter? DeadLetter) Open(Frame first, int streams, long bytes, DateTime now)
    {
        if (streams >= _source.MaxStreams)
            return Refused(first, Rejection.TooManyStreams,
                $"{streams} streams are here already: raise source.maxStreams, or add replicas and partitions");
        // Read as seconds they would all be of 1970: a stream of them never begins.
        if (first.MayBeDays)
            return Refused(first, Rejection.BadTimestamp, "the stream's first timestamp can be days of a spreadsheet, or seconds since the "
                + "start of a run: say which with source.fields.timestampFormat: excel or s");
        GridSpec? grid = first.Field?.Grid(first.Values);
        if (grid is { Land.Count: > 0 } && !grid.Land.Contains(false))
            return Refused(first, Rejection.NotFinite, "no cell of the stream's first frame has a value");
        if (StreamSlot.IsBlank(first))
            return Refused(first, Rejection.NotFinite, "the first frame of a stream must have a value, this one has none");
        var gate = new Gate(_source.FrameChannels, _source.Times, grid);
        if (gate.Check(first.Time, first.Values, out string detail, first.Sent, first.Field) is { } reason)
            return Refused(first, reason, detail);
        ModelSpec model = _models.Of(first.Stream.Key);
        try
        {
            if (grid is not null) model = model.ForGrid(grid);
            long more = model.EstimatedBytes(gate.Channels);
            if (bytes + more > _memory)
                return Refused(first, Rejection.NoMemory,
                    $"a model of {gate.Channels} channels takes {MemorySize.Say(more)}, those of {streams} streams take "
                        + $"{MemorySize.Say(bytes)} of {MemorySize.Say(_memory)}: "
                    + "raise source.maxMemory, or add replicas and "
                        + $"partitions{(grid is null ? "" : ", or cut the field into tiles that are streams of their own")}");
            var slot = new StreamSlot(first.Stream, model, gate, _source.Times);
            slot.Begin(first, now);
            return (slot, null);
        }
        // Whatever it is, it must not keep the other streams from being scored; it comes again with the stream's next record.
        catch (Exception e)
        {
            return Refused(first, Rejection.NoModel, $"no model for {gate.Channels} channels: {e.Message}");
        }
    }

    /// <summary>Why there is no room for a stream that left memory; null: there is.</summary>
    public DeadLetter? Room(Frame frame, int streams, long bytes, int channels)
    {
        if (streams >= _source.MaxStreams)
            return new DeadLetter(frame.Record, Rejection.TooManyStreams,
                $"{streams} streams are in memory already: raise source.maxStreams, or let streams be forgotten sooner by "
                    + $"source.forgetAfter");
        long more = _models.Of(frame.Stream.Key).EstimatedBytes(channels);
        return bytes + more <= _memory ? null : new DeadLetter(frame.Record, Rejection.NoMemory,
            $"a model of {channels} channels takes {MemorySize.Say(more)}, those of {streams} streams take {MemorySize.Say(bytes)} of "
            + $"{MemorySize.Say(_memory)}: raise source.maxMemory");
    }

    static (StreamSlot?, DeadLetter) Refused(Frame frame, Rejection reason, string detail) =>
        (null, new DeadLetter(frame.Record, reason, detail));
}
