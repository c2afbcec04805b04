namespace Esn.Streaming.Configuration;

/// <summary>Where what was learnt lasts.</summary>
public enum StateStore
{
    /// <summary>Files in a directory.</summary>
    Directory,

    /// <summary>Records of a compacted topic, which every replica finds: a worker needs no disk.</summary>
    Topic,

    /// <summary>Nowhere: every start begins anew.</summary>
    None,
}

/// <summary>What becomes of a stream whose snapshot was made with another specification than the one that it is to have now.</summary>
public enum SpecChange
{
    /// <summary>The start stops, and says which.</summary>
    Fail,

    /// <summary>What was learnt is given up: the stream begins anew.</summary>
    Reset,

    /// <summary>The stream goes on with the specification that it has learnt with, under the policy that it is to have now.</summary>
    KeepOld,
}

/// <summary>What is kept over a restart, and where.</summary>
public sealed record StateConfig
{
    /// <summary>Where it is kept.</summary>
    public StateStore Store { get; init; }

    /// <summary>The directory of the store; empty: one beside the configuration, such as esn.state beside esn.yaml.</summary>
    public string Directory { get; init; } = "";

    /// <summary>
    /// The topic of that store: compacted, with as many partitions as the source's. Made so where it is missing, if sink.createTopics.
    /// </summary>
    public string Topic { get; init; } = "esn.state";

    /// <summary>Seconds between two snapshots of a partition, 1 … 86,400; besides, one is taken when it goes and at the end.</summary>
    public int IntervalSeconds { get; init; } = 60;

    /// <summary>What becomes of a snapshot that another specification was learnt with; a changed policy is simply taken.</summary>
    public SpecChange OnSpecChange { get; init; }

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        Check.Range(IntervalSeconds, 1, 86_400);
        Check.Topic(Topic);
        if (Store == StateStore.Topic && Directory.Length > 0)
            throw new ArgumentOutOfRangeException(nameof(Directory), "directory is of store: directory, and store is topic, was "
                + Directory);
    }
}
