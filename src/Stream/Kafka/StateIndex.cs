namespace Esn.Streaming.Kafka;

/// <summary>
/// What there is of a partition in the topic of the state, without what it carries: the manifests, and where the chunks stand.
/// </summary>
/// <remarks>
/// A record that something stands for costs some dozens of bytes, whatever its manifest says. Not thread-safe: who shares one locks it
/// for each call, and while what it gives is gone through.
/// </remarks>
sealed class StateIndex
{
    const int LongestName = 4200;  // that of the longest name of a stream

    readonly Dictionary<string, StateEntry> _entries = new(StringComparer.Ordinal);  // by the names of their manifests
    readonly Dictionary<UInt128, ChunkPlaces> _chunks = [];
    long _renumbered = -1;  // offset from which on those that sleep are counted as now

    /// <summary>The name of the newest snapshot that was seen to be whole; null: none was.</summary>
    public string? Good { get; set; }

    /// <summary>Manifests whose names begin so.</summary>
    public IEnumerable<StateEntry> Of(string kind) => _entries.Values.Where(entry => entry.Name.StartsWith(kind, StringComparison.Ordinal));

    /// <summary>Snapshots, newest first.</summary>
    /// <remarks>A writer that was not the owner any more may have written one of the same generation: it stands for less.</remarks>
    public StateEntry[] Snapshots => [.. Of(StateName.Snapshot).OrderByDescending(entry => entry.Generation)
        .ThenByDescending(entry => entry.Manifest?.Next).ThenByDescending(entry => entry.Offset)];

    /// <summary>A manifest by its name; null: there is none.</summary>
    public StateEntry? Find(string name) => _entries.GetValueOrDefault(name);

    /// <summary>Where the chunks of a set stand.</summary>
    public ChunkPlaces PlacesOf(UInt128 set) => _chunks.GetValueOrDefault(set) ?? new ChunkPlaces();

    /// <summary>Whether what sleeps here was counted in another way than records are now.</summary>
    public bool IsFromBefore(StateEntry asleep) => asleep.Offset < _renumbered;

    /// <summary>Sets of which no manifest stands: of writes that were broken off.</summary>
    public UInt128[] Orphans
    {
        get
        {
            HashSet<UInt128> whole = [.. _entries.Values.Where(entry => entry.Manifest is not null).Select(entry => entry.Manifest!.Set)];
            return [.. _chunks.Keys.Where(set => !whole.Contains(set))];
        }
    }

    /// <summary>Names of all records of a set.</summary>
    public IEnumerable<string> ChunksOf(UInt128 set) => PlacesOf(set).Indices.Select(index => StateName.OfChunk(set, index));

    /// <summary>Names of all records.</summary>
    public IEnumerable<string> Names => _entries.Keys.Concat(_chunks.Keys.SelectMany(ChunksOf))
        .Concat(_renumbered >= 0 ? [StateName.Renumbered] : []);

    /// <summary>Takes a record of the partition.</summary>
    /// <param name="key">Of the record.</param>
    /// <param name="name">In the key, behind what all of the partition begin with.</param>
    /// <param name="value">Null: what stood there is gone.</param>
    /// <param name="offset">Of the record.</param>
    public void Take(ReadOnlySpan<byte> key, string name, byte[]? value, long offset)
    {
        if (name.Length > LongestName) return;  // none of ours
        if (StateName.ChunkOf(name) is { } chunk)
        {
            if (value is not null) Place(chunk.Set, chunk.Index, offset);
            else if (_chunks.TryGetValue(chunk.Set, out ChunkPlaces? places) && places.Remove(chunk.Index)) _chunks.Remove(chunk.Set);
        }
        else if (name == StateName.Renumbered) _renumbered = value is null ? -1 : offset;
        else if (value is null) _entries.Remove(name);
        else if (name.StartsWith(StateName.Snapshot, StringComparison.Ordinal)
            || name.StartsWith(StateName.Asleep, StringComparison.Ordinal))
            _entries[name] = StateEntry.Of(key, name, value, offset);
    }

    /// <summary>A chunk stands there.</summary>
    public void Place(UInt128 set, int index, long offset)
    {
        if (!_chunks.TryGetValue(set, out ChunkPlaces? places)) _chunks.Add(set, places = new ChunkPlaces());
        places[index] = offset;
    }

    /// <summary>A manifest was written just now, behind all that is here.</summary>
    public void Add(string name, StateManifest manifest) => _entries[name] = new StateEntry(name, long.MaxValue, manifest, "");

    /// <summary>All that sleeps so far was counted in another way.</summary>
    public void Renumber(long offset)
    {
        _renumbered = offset;
        foreach (StateEntry entry in Of(StateName.Asleep).ToArray())
            _entries[entry.Name] = entry with { Offset = Math.Min(entry.Offset, offset - 1) };
    }

    /// <summary>Records are gone.</summary>
    public void Remove(IEnumerable<string> names)
    {
        foreach (string name in names) Take(default, name, null, -1);
    }
}

/// <summary>A manifest in the topic.</summary>
/// <param name="Name">Of its record.</param>
/// <param name="Offset">Of its record; that of one that was written here is beyond all.</param>
/// <param name="Manifest">Null: it can't be used.</param>
/// <param name="Fault">Why.</param>
sealed record StateEntry(string Name, long Offset, StateManifest? Manifest, string Fault)
{
    /// <summary>Greater = newer; that in its name, which a damaged one has too.</summary>
    public long Generation => Name.StartsWith(StateName.Snapshot, StringComparison.Ordinal)
        && long.TryParse(Name[StateName.Snapshot.Length..].Split('-')[0], System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture, out long generation) ? generation : 0;

    /// <summary>From its record.</summary>
    public static StateEntry Of(ReadOnlySpan<byte> key, string name, byte[] value, long offset)
    {
        try
        {
            return new StateEntry(name, offset, StateManifest.Read(key, value), "");
        }
        catch (InvalidDataException e)
        {
            return new StateEntry(name, offset, null, e.Message);
        }
    }
}

/// <summary>Where the chunks of a set stand; most have one.</summary>
sealed class ChunkPlaces
{
    long _first = -1;
    Dictionary<int, long>? _more;

    /// <summary>How many there are.</summary>
    public int Count => (_first >= 0 ? 1 : 0) + (_more?.Count ?? 0);

    /// <summary>Which there are.</summary>
    public IEnumerable<int> Indices => Enumerable.Repeat(0, _first >= 0 ? 1 : 0).Concat(_more?.Keys.AsEnumerable() ?? []);

    /// <summary>Offset of a chunk; −1: it is not there.</summary>
    public long this[int index]
    {
        get => index == 0 ? _first : _more?.GetValueOrDefault(index, -1) ?? -1;
        set
        {
            if (index == 0) _first = value;
            else (_more ??= [])[index] = value;
        }
    }

    /// <summary>Removes a chunk.</summary>
    /// <returns>Whether none is left.</returns>
    public bool Remove(int index)
    {
        if (index == 0) _first = -1;
        else _more?.Remove(index);
        return Count == 0;
    }
}
