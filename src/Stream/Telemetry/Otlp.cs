using Esn.Streaming.Configuration;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Esn.Streaming.Telemetry;

/// <summary>OpenTelemetry over OTLP, beside what can be scraped: off unless an endpoint is set.</summary>
public static class Otlp
{
    const int MostSeries = 500_000;  // of an instrument: caps are those of http.maxStreams and http.maxChannels

    /// <summary>Whether an endpoint is set, in the configuration or in the environment.</summary>
    public static bool IsOn(TracingConfig config) => config.OtlpEndpoint.Length > 0
        || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));

    /// <summary>Exports all metrics while it lives; null where no endpoint is set.</summary>
    /// <param name="config">With the endpoint.</param>
    /// <param name="group">Of the consumers: the namespace of the service.</param>
    /// <param name="metrics">What is exported.</param>
    /// <param name="time">The clock.</param>
    public static IDisposable? Start(TracingConfig config, string group, EsnMetrics metrics, TimeProvider time)
    {
        if (!IsOn(config)) return null;
        var bridge = new MeterBridge(metrics.Registry, metrics.Meter, time);
        MeterProvider provider = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => Describe(resource, group))
            .AddMeter(metrics.Meter.Name)
            .AddView(instrument => instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal) ? null
                : new MetricStreamConfiguration { CardinalityLimit = MostSeries })
            .AddOtlpExporter(otlp => Address(otlp, config))
            .Build();
        return new Exporting(provider, bridge);
    }

    /// <summary>Log lines go there too, with the values of the message as attributes.</summary>
    /// <param name="logging">Of the process.</param>
    /// <param name="config">With the endpoint.</param>
    /// <param name="group">Of the consumers.</param>
    public static ILoggingBuilder AddOtlp(this ILoggingBuilder logging, TracingConfig config, string group) => !IsOn(config) ? logging
        : logging.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.SetResourceBuilder(Describe(ResourceBuilder.CreateDefault(), group));
            options.AddOtlpExporter(otlp => Address(otlp, config));
        });

    /// <summary>What says whose telemetry it is.</summary>
    internal static ResourceBuilder Describe(ResourceBuilder resource, string group) =>
        resource.AddService("esn", serviceNamespace: group, serviceVersion: Build.Version);

    static void Address(OtlpExporterOptions otlp, TracingConfig config)
    {
        if (config.OtlpEndpoint.Length > 0) otlp.Endpoint = new Uri(config.OtlpEndpoint);
    }

    sealed class Exporting(MeterProvider provider, MeterBridge bridge) : IDisposable
    {
        // What was measured since the last export is exported first.
        public void Dispose()
        {
            provider.Dispose();
            bridge.Dispose();
        }
    }
}
