using System.ComponentModel;
using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Http;

/// <summary>What people say of alarms, over HTTP.</summary>
static partial class AlarmEndpoints
{
    /// <summary>
    /// PUT alarms/acknowledgement?alarm=…[&amp;why=…]; PUT alarms/feedback?alarm=…&amp;anomaly=false[&amp;why=…].
    /// </summary>
    /// <param name="api">Where they stand.</param>
    /// <param name="board">Knows the alarms of this process.</param>
    /// <param name="book">What they change.</param>
    /// <param name="config">Who may.</param>
    /// <param name="log">Told of every change.</param>
    public static void MapAlarmNotes(this IEndpointRouteBuilder api, StreamBoard board, CommandBook book, HttpConfig config, ILogger log)
    {
        api.MapPut("/alarms/acknowledgement", async (HttpContext context,
                [Description("Its id")] string alarm,
                [Description("For the others; at most 500 letters")] string why = "") =>
                await Say(board, book, alarm, why, async () =>
                {
                    string by = Access.By(context);
                    await book.Acknowledge(alarm, by, why, context.RequestAborted).ConfigureAwait(false);
                    Acknowledged(log, alarm, by, why);
                }).ConfigureAwait(false))
            .NeedsToken(config)
            .WithName("acknowledge").WithSummary("Takes an alarm on: the others see who did").Produces<BoardAlarm>().Notes();

        api.MapPut("/alarms/feedback", async (HttpContext context,
                [Description("Its id")] string alarm,
                [Description("true: it was one, and the same again is told; false: what the feed did is normal, is learnt, and "
                    + "the same again is not told")] bool anomaly,
                [Description("For the others; at most 500 letters")] string why = "") =>
                await Say(board, book, alarm, why, async () =>
                {
                    string by = Access.By(context);
                    await book.Judge(alarm, anomaly, board.Alarm(alarm)?.PeakScore ?? 0, by, why, context.RequestAborted)
                        .ConfigureAwait(false);
                    Judged(log, alarm, anomaly ? "an anomaly" : "no anomaly", by, why);
                }).ConfigureAwait(false))
            .NeedsToken(config)
            .WithName("feedback").WithSummary("Says whether an alarm was one").Produces<BoardAlarm>().Notes();
    }

    // An alarm of another replica is heard of there, if there is a topic by which; one of before this process, or of long ago, by the
    // stream itself, which knows its last ones.
    static async Task<IResult> Say(StreamBoard board, CommandBook book, string alarm, string why, Func<Task> say)
    {
        if (why.Length > MuteEndpoints.LongestWhy)
            return Access.Said(StatusCodes.Status400BadRequest,
                $"why must have at most {MuteEndpoints.LongestWhy} letters, had {why.Length}");
        bool here = board.Alarm(alarm) is not null;
        StreamId? of = AlarmIds.StreamOf(alarm);
        if (of is { } stream && board.HasNeverHad(stream, alarm))
            return Access.Said(StatusCodes.Status404NotFound,
                $"stream {stream.Key} of {stream.Topic}[{stream.Partition}] has had no alarm {alarm}: /api/v1/alarms says "
                + "which it had");
        bool known = of is { } one && board.Find(one.Key, one.Topic, one.Partition).Count > 0;
        if (!here && (of is null || (book.Log is null && !known)))
            return Access.Said(StatusCodes.Status404NotFound, $"no alarm {alarm} is in this process");
        try
        {
            await say().ConfigureAwait(false);
        }
        catch (CommandException e)
        {
            return Access.Said(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
        return board.Alarm(alarm) is { } told ? Results.Json(told, JsonShape.Options)
            : Access.Said(StatusCodes.Status202Accepted, known
                ? $"{alarm} is not known here any more, or not yet: its stream is told" : $"{alarm} is of no stream of this process: the "
                + "one that has it is told");
    }

    static void Notes(this RouteHandlerBuilder route) => route.Produces<string>(StatusCodes.Status202Accepted, "text/plain")
        .Produces<string>(StatusCodes.Status404NotFound, "text/plain")
        .Produces<string>(StatusCodes.Status503ServiceUnavailable, "text/plain");

    [LoggerMessage(31, LogLevel.Information, "alarm {alarm} is acknowledged by {by}: {why}")]
    static partial void Acknowledged(ILogger log, string alarm, string by, string why);

    [LoggerMessage(73, LogLevel.Information, "alarm {alarm} was {what}, says {by}: {why}")]
    static partial void Judged(ILogger log, string alarm, string what, string by, string why);
}
