namespace Esn.Streaming.Configuration;

/// <summary>What a webhook understands.</summary>
public enum WebhookFormat
{
    /// <summary>A CloudEvent in structured mode: one JSON object.</summary>
    Json,

    /// <summary>Alertmanager's API v2: POST …/api/v2/alerts.</summary>
    Alertmanager,
}

/// <summary>An address that anomalies are posted to, beside the topic of events.</summary>
public sealed record WebhookConfig
{
    /// <summary>http or https; with Alertmanager such as http://alertmanager:9093/api/v2/alerts. Logs say its host alone.</summary>
    public string Url { get; init; } = "";

    /// <summary>What is posted.</summary>
    public WebhookFormat Format { get; init; }

    /// <summary>Headers of the request, such as an authorization.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Seconds that one attempt may take, 1 … 300.</summary>
    public int TimeoutSeconds { get; init; } = 10;

    /// <summary>Seconds after which what could not be posted becomes a dead letter, 0 … 86,400; 0: after the first attempt.</summary>
    public int RetrySeconds { get; init; } = 900;

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
            throw new ArgumentOutOfRangeException(nameof(Url), "url must be an address such as https://example.org/hook");
        Check.Range(TimeoutSeconds, 1, 300);
        Check.Range(RetrySeconds, 0, 86_400);
    }
}
