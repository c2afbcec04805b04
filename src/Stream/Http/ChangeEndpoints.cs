using System.ComponentModel;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Esn.Streaming.Board;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Esn.Streaming.Http;

/// <summary>Server-sent events for what changes on the board.</summary>
/// <remarks>
/// Nothing waits for a viewer: each looks at the board at its own pace and is told what differs from what it saw last, so a slow one
/// is told less often, never late, and takes no memory.
/// </remarks>
/// <param name="board">What they tell of.</param>
/// <param name="readiness">For health.</param>
/// <param name="time">For the pace.</param>
/// <param name="ended">No viewer is waited for when the server ends.</param>
sealed class ChangeEndpoints(StreamBoard board, Readiness readiness, TimeProvider time, CancellationToken ended)
{
    /// <summary>Viewers at the same time.</summary>
    public const int MostViewers = 64;

    const int MostPoints = 500;  // of the stream that is watched, in one message

    // Four times a second is live to an eye; health tells a viewer that the line is alive, too.
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250), HealthPace = TimeSpan.FromSeconds(2);

    int _viewers;

    /// <summary>GET changes.</summary>
    public void Map(IEndpointRouteBuilder api) => api.MapGet("/changes", (HttpContext context,
            [Description("Name of a stream whose steps are told one by one")] string? stream = null,
            [Description("Where two topics have the name")] string? topic = null,
            [Description("Where two partitions have the name; else the first")] int? partition = null) =>
        {
            StreamId? watched = null;
            if (stream is not null)
            {
                watched = BoardEndpoints.Find(board, readiness, stream, topic, partition, out IResult? problem);
                if (problem is not null) return problem;
            }
            if (Interlocked.Increment(ref _viewers) > MostViewers)
            {
                Interlocked.Decrement(ref _viewers);
                return Access.Said(StatusCodes.Status503ServiceUnavailable, $"{MostViewers} viewers are here already");
            }
            context.Response.OnCompleted(() =>
            {
                Interlocked.Decrement(ref _viewers);
                return Task.CompletedTask;
            });
            return TypedResults.ServerSentEvents(Events(watched, context.RequestAborted));
        })
        .WithName("changes")
        .WithSummary("Server-sent events: changes (streams and alarms), points (steps of the watched stream), health")
        .Produces<BoardChanges>(StatusCodes.Status200OK, "text/event-stream")
        .Produces<string>(StatusCodes.Status404NotFound, "text/plain")
            .Produces<string>(StatusCodes.Status503ServiceUnavailable, "text/plain");

    async IAsyncEnumerable<SseItem<string>> Events(StreamId? watched, [EnumeratorCancellation] CancellationToken aborted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(aborted, ended);
        using var timer = new PeriodicTimer(Pace, time);
        long seen = board.Version, position = watched is { } first ? board.PositionOf(first) : -1;
        long healthAt = 0;
        bool any = true;
        while (any)
        {
            if (healthAt == 0 || time.GetElapsedTime(healthAt) >= HealthPace)
            {
                healthAt = time.GetTimestamp();
                yield return Item("health", board.Health(readiness));
            }
            if (board.Version != seen)
            {
                BoardChanges changes = board.Changes(seen);
                seen = changes.Version;
                yield return Item("changes", changes);
                if (watched is { } stream && board.After(stream, position, MostPoints) is { Time.Length: > 0 } points)
                {
                    position = Math.Max(position, points.Position[^1]);
                    yield return Item("points", points);
                }
            }
            any = await Next(timer, stop.Token).ConfigureAwait(false);
        }
    }

    static async Task<bool> Next(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;  // the viewer or the server goes
        }
    }

    static SseItem<string> Item<T>(string kind, T data) => new(JsonSerializer.Serialize(data, JsonShape.Options), kind);
}
