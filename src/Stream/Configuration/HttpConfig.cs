using System.Net;

namespace Esn.Streaming.Configuration;

/// <summary>Metrics, mutes and health over HTTP.</summary>
public sealed record HttpConfig
{
    /// <summary>address:port of /metrics, /mutes, /health/live and /health/ready; port 0: any free one.</summary>
    public string Listen { get; init; } = "0.0.0.0:9464";

    /// <summary>Streams with series of their own on /metrics, 0 … 100,000; the others are counted only.</summary>
    public int MaxStreams { get; init; } = 1000;

    /// <summary>Channels of a stream with series of their own on /metrics, 0 … 1000.</summary>
    public int MaxChannels { get; init; } = 16;

    /// <summary>Seconds without progress after which /health/ready says no, 1 … 3600.</summary>
    public int StallSeconds { get; init; } = 30;

    /// <summary>Whether streams may be muted over HTTP.</summary>
    public bool Mutes { get; init; } = true;

    // A number alone is an address to the parser, and an address without a port has port 0.
    bool HasPort => Listen.LastIndexOf(':') is var colon and > 0 && (Listen.IndexOf(':') == colon || Listen[colon - 1] == ']')
        && Listen.Length > colon + 1;

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (!IPEndPoint.TryParse(Listen, out _) || !HasPort)
            throw new ArgumentOutOfRangeException(nameof(Listen),
                $"listen must be an address and a port such as 0.0.0.0:9464, was {Listen}");
        Check.Range(MaxStreams, 0, 100_000);
        Check.Range(MaxChannels, 0, 1000);
        Check.Range(StallSeconds, 1, 3600);
    }
}
