using System.Globalization;
using System.Net;
using Esn.Streaming.Wire;

namespace Esn.Streaming.Configuration;

/// <summary>What the process answers over HTTP, and to whom: the page, its API, metrics, health.</summary>
public sealed record HttpConfig
{
    /// <summary>Fewest letters of a token.</summary>
    public const int ShortestToken = 16;

    /// <summary>
    /// address:port; port 0: any free one. Other machines get no answer from a loopback address. Empty: what the environment says
    /// (ESN_LISTEN), as a container's does, whose loopback nobody else reaches; else 127.0.0.1:9464.
    /// </summary>
    public string Listen { get; init; } = "";

    /// <summary>Where it listens.</summary>
    internal string Address => Listen.Length > 0 ? Listen
        : Environment.GetEnvironmentVariable("ESN_LISTEN") is { Length: > 0 } given ? given : "127.0.0.1:9464";

    /// <summary>
    /// Address at which people reach the page, such as https://esn.example.org: what webhooks tell links to its stream there. Empty: no
    /// link.
    /// </summary>
    public string PublicUrl { get; init; } = "";

    /// <summary>A stream on the page; null: its address is not known.</summary>
    internal string? LinkTo(StreamId stream) => PublicUrl.Length == 0 ? null
        : string.Create(CultureInfo.InvariantCulture, $"{PublicUrl.TrimEnd('/')}/?stream={Uri.EscapeDataString(stream.Key)}"
            + $"&topic={Uri.EscapeDataString(stream.Topic)}&partition={stream.Partition}");

    /// <summary>Streams with series of their own on /metrics, 0 … 100,000; the others are counted only.</summary>
    public int MaxStreams { get; init; } = 1000;

    /// <summary>Channels of a stream with series of their own on /metrics, 0 … 1000.</summary>
    public int MaxChannels { get; init; } = 16;

    /// <summary>Seconds without progress after which /health/ready says no, 1 … 3600.</summary>
    public int StallSeconds { get; init; } = 30;

    /// <summary>
    /// Points of each stream's past that the page can show, 16 … 10,000: so many steps one by one, and three times as many points of
    /// 8, 64 and 512 steps. Takes about 4·(21 + 20·channels) bytes a point, of 8 channels at the most.
    /// </summary>
    public int History { get; init; } = 256;

    /// <summary>
    /// Who may mute and acknowledge: name → token of at least <see cref="ShortestToken"/> letters, best from the environment. None:
    /// nobody may.
    /// </summary>
    public IReadOnlyDictionary<string, string> Tokens { get; init; } = new Dictionary<string, string>();

    /// <summary>Connections at the same time, 8 … 100,000; further ones are closed at once.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>PEM file of the server's certificate, with those that lead to its authority; empty: plain HTTP.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM file of its private key; empty: it is in the file of the certificate.</summary>
    public string CertificateKey { get; init; } = "";

    // A number alone is an address to the parser, and an address without a port has port 0.
    static bool HasPort(string address) => address.LastIndexOf(':') is var colon and > 0
        && (address.IndexOf(':') == colon || address[colon - 1] == ']') && address.Length > colon + 1;

    /// <summary>Whether a header can carry it (RFC 9110, 5.5).</summary>
    internal static bool IsToken(string text) => text.Trim() == text && text.All(letter => letter is >= ' ' and <= '~');

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (!IPEndPoint.TryParse(Address, out _) || !HasPort(Address))
            throw new ArgumentOutOfRangeException(nameof(Listen), $"listen must be an address and a port such as 127.0.0.1:9464, was "
                + $"{Address}{(Listen.Length == 0 ? " (ESN_LISTEN in the environment)" : "")}");
        if (PublicUrl.Length > 0 && !(Uri.TryCreate(PublicUrl, UriKind.Absolute, out Uri? page) && page.Scheme is "http" or "https"))
            throw new ArgumentOutOfRangeException(nameof(PublicUrl),
                $"publicUrl must be an address such as https://esn.example.org, was {PublicUrl}");
        Check.Range(MaxStreams, 0, 100_000);
        Check.Range(MaxChannels, 0, 1000);
        Check.Range(StallSeconds, 1, 3600);
        Check.Range(History, 16, 10_000);
        Check.Range(MaxConnections, 8, 100_000);
        foreach ((string name, string token) in Tokens)
        {
            // The token itself is not to stand in a log.
            if (token.Length < ShortestToken)
                throw new ArgumentOutOfRangeException(nameof(Tokens),
                    $"tokens.{name} must have at least {ShortestToken} letters, had {token.Length}: openssl rand -hex 24 makes one");
            if (!IsToken(token))
                throw new ArgumentOutOfRangeException(nameof(Tokens), $"tokens.{name} must be letters, digits and signs of ASCII, "
                    + "without a space at its ends, as a header carries no others: openssl rand -hex 24 makes one");
        }
        if (CertificateKey.Length > 0 && Certificate.Length == 0)
            throw new ArgumentOutOfRangeException(nameof(CertificateKey), "certificateKey needs certificate, which is empty");
    }
}
