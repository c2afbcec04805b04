using System.Reactive.Linq;
using System.Runtime.InteropServices;
using Esn.Streaming.Configuration;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Hosting;

/// <summary>
/// Takes a configuration that has changed while running: on SIGHUP, and when the content of its file is another. It is validated
/// first, and goes to the streams between two batches.
/// </summary>
static class Reloading
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>What is to hold from now on, each time that it changes; nothing where the configuration is of no file.</summary>
    /// <param name="config">That which holds.</param>
    /// <param name="metrics">Shows whether the last one could be used.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told of every one.</param>
    public static IObservable<SourceMessage> Of(EsnConfig config, EsnMetrics metrics, TimeProvider time, ILogger log)
    {
        if (config.Places is not { } places || !File.Exists(places.File)) return Observable.Never<SourceMessage>();
        return Observable.Create<SourceMessage>(observer =>
        {
            var watch = new ConfigWatch(places.File, config);
            var one = new Lock();
            PosixSignalRegistration? asked = OperatingSystem.IsWindows() ? null
                : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;  // the process goes on
                Look(asked: true);
            });
            ITimer timer = time.CreateTimer(_ => Look(asked: false), null, Every, Every);
            return () =>
            {
                timer.Dispose();
                asked?.Dispose();
            };

            void Look(bool asked)
            {
                lock (one)
                {
                    if (watch.Look(asked) is not { } reload) return;
                    metrics.ShowReload(reload.Fault is null, reload.Restart.Count > 0);
                    if (reload.Fault is { } fault) log.NotReloaded(fault);
                    else log.Reloaded(places.File, Named(reload.Changed));
                    if (reload.Restart.Count > 0) log.NeedsRestart(Named(reload.Restart));
                    if (reload.Config is { } taken && reload.Changed.Count > 0) observer.OnNext(new ConfigChanged(taken));
                }
            }
        });
    }

    static string Named(IReadOnlyList<string> keys) => keys.Count == 0 ? "nothing" : string.Join(", ", keys);
}
