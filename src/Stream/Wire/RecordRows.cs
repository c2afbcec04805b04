using System.Collections;

namespace Esn.Streaming.Wire;

/// <summary>A record among those that it travels with.</summary>
/// <param name="Record">As it came; null: it is usual, and has been read (<see cref="UsualRecord"/>).</param>
/// <param name="Topic">Where it was.</param>
/// <param name="Partition">Where it was.</param>
/// <param name="Offset">Where it was.</param>
/// <param name="Milliseconds">The record's own timestamp, since 1970.</param>
readonly record struct RecordRow(FeedRecord? Record, string Topic, int Partition, long Offset, long Milliseconds)
{
    /// <summary>Of a usual record: its key.</summary>
    public byte[]? Key { get; init; }

    /// <summary>What the key names; null: the key says it, or why it names nothing.</summary>
    public string? Name { get; init; }

    /// <summary>Of a usual record: what it says when.</summary>
    public DateTime Time { get; init; }

    /// <summary>And of which value.</summary>
    public double Value { get; init; }

    /// <summary>Its bytes, which lie among those of others, for a dead letter.</summary>
    public ArraySegment<byte> Bytes { get; init; }

    /// <summary>A record that is still to be read.</summary>
    public static RecordRow Of(FeedRecord record) => new(record, record.Topic, record.Partition, record.Offset, record.Milliseconds);

    /// <summary>The record as it came.</summary>
    public FeedRecord ToRecord() => Record ?? new FeedRecord(Topic, Partition, Offset, Milliseconds, Key, [.. Bytes]);
}

/// <summary>
/// Records that travel together, without an object for each that is usual: what waits to be scored would outlive a collection, which
/// has to go through it, and lies beside each other as it is looked at.
/// </summary>
sealed class RecordRows : IReadOnlyList<FeedRecord>
{
    const int Together = 512;  // below what goes to the heap of large objects
    const int First = 8;       // a live feed brings few at once

    readonly List<RecordRow[]> _rows = [];

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public FeedRecord this[int index] => Row(index).ToRecord();

    /// <summary>These records.</summary>
    public static RecordRows Of(IEnumerable<FeedRecord> records)
    {
        var rows = new RecordRows();
        foreach (FeedRecord record in records) rows.Add(RecordRow.Of(record));
        return rows;
    }

    /// <summary>One where it lies.</summary>
    public ref readonly RecordRow Row(int index) => ref _rows[index / Together][index % Together];

    /// <summary>One more.</summary>
    public void Add(in RecordRow row)
    {
        int at = Count++ % Together;
        if (at == 0) _rows.Add(new RecordRow[_rows.Count == 0 ? First : Together]);
        RecordRow[] last = _rows[^1];
        if (at == last.Length)
        {
            Array.Resize(ref last, 2 * at);
            _rows[^1] = last;
        }
        last[at] = row;
    }

    /// <inheritdoc/>
    public IEnumerator<FeedRecord> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
