namespace Esn.Streaming.Configuration;

/// <summary>OpenTelemetry: traces, metrics and logs over OTLP.</summary>
public sealed record TracingConfig
{
    /// <summary>OTLP endpoint such as http://collector:4317; empty: none, unless OTEL_EXPORTER_OTLP_ENDPOINT is set.</summary>
    public string OtlpEndpoint { get; init; } = "";

    /// <summary>Throws with the key, the value and what would be right.</summary>
    public void Validate()
    {
        if (OtlpEndpoint.Length > 0 && !Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out _))
            throw new ArgumentOutOfRangeException(nameof(OtlpEndpoint),
                $"otlpEndpoint must be an address such as http://collector:4317, was {OtlpEndpoint}");
    }
}
