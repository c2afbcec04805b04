using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using Esn.Streaming.Wire;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Esn.Streaming.Telemetry;

/// <summary>OpenTelemetry traces of batches: consume → step → publish. Off unless an endpoint is set.</summary>
public static class Tracing
{
    /// <summary>Exports spans while it lives; null where no endpoint is set.</summary>
    public static TracerProvider? Start(TracingConfig config, string group)
    {
        bool environment = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));
        if (config.OtlpEndpoint.Length == 0 && !environment) return null;
        return Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => resource.AddService("esn", serviceNamespace: group, serviceVersion: Build.Version))
            .AddSource(Spans.Source.Name)
            .AddOtlpExporter(otlp =>
            {
                if (config.OtlpEndpoint.Length > 0) otlp.Endpoint = new Uri(config.OtlpEndpoint);
            })
            .Build();
    }
}
