using Esn.Streaming.Configuration;
using Esn.Streaming.Pipeline;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Esn.Streaming.Telemetry;

/// <summary>OpenTelemetry traces of batches: consume → step → publish. Off unless an endpoint is set.</summary>
public static class Tracing
{
    /// <summary>Exports spans while it lives; null where no endpoint is set.</summary>
    public static TracerProvider? Start(TracingConfig config, string group)
    {
        if (!Otlp.IsOn(config)) return null;
        return Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(resource => Otlp.Describe(resource, group))
            .AddSource(Spans.Source.Name)
            .AddOtlpExporter(otlp =>
            {
                if (config.OtlpEndpoint.Length > 0) otlp.Endpoint = new Uri(config.OtlpEndpoint);
            })
            .Build();
    }
}
