using System.Reactive.Linq;
using Esn.Streaming.Control;
using Esn.Streaming.Streams;

namespace Esn.Streaming.Hosting;

/// <summary>Puts what people say among the messages of the source, in one order with them.</summary>
static class CommandFeed
{
    /// <summary>All commands that were heard of, then those that come, among the messages of a source; it ends with the source.</summary>
    /// <param name="source">Records and control.</param>
    /// <param name="book">Hears of commands.</param>
    /// <param name="catchUp">
    /// Returns once all that was said until now is heard of: the process that had a partition before has told from which record on a
    /// command holds there.
    /// </param>
    public static IObservable<SourceMessage> With(IObservable<SourceMessage> source, CommandBook book, Action catchUp) =>
        Observable.Create<SourceMessage>(observer =>
        {
            var turn = new Lock();
            bool ended = false;
            void Tell(SourceMessage message)
            {
                lock (turn)
                    if (!ended) observer.OnNext(message);
            }
            void End(Action how)
            {
                lock (turn)
                {
                    if (ended) return;
                    ended = true;
                }
                how();
            }
            IDisposable commands = book.Listen(command => Tell(new CommandsGiven([command])));
            IDisposable messages = source.Subscribe(
                message =>
                {
                    if (message is PartitionsAssigned { Partitions.Count: > 0 }) catchUp();
                    Tell(message);
                },
                error => End(() => observer.OnError(error)), () => End(observer.OnCompleted));
            return () =>
            {
                commands.Dispose();
                messages.Dispose();
            };
        });
}
