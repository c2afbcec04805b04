using System.ComponentModel;
using Esn.Streaming.Board;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Esn.Streaming.Http;

/// <summary>What the board knows, in JSON. Names are in the query, where any name can be written.</summary>
static class BoardEndpoints
{
    /// <summary>Streams of a page at the most.</summary>
    public const int MostStreams = 1000;

    /// <summary>Points of a stream's past at the most.</summary>
    public const int MostPoints = 5000;

    const int MostMembers = 10, MostPartitions = 6;  // that are named where a stream is not here

    /// <summary>GET streams, stream, field, alarms, health.</summary>
    /// <param name="api">Where they stand.</param>
    /// <param name="board">What they tell.</param>
    /// <param name="readiness">For health.</param>
    public static void MapBoard(this IEndpointRouteBuilder api, StreamBoard board, Readiness readiness)
    {
        api.MapGet("/streams", (
                [Description("matter (open alarms first, by severity), name, score or seen")] string sort = "matter",
                [Description("The other way round")] bool reverse = false,
                [Description("Only streams of this state: alarm, silent, normal, warming_up or muted")] string? state = null,
                [Description("Part of the name, in any case")] string search = "",
                [Description("How many to pass over, from 0")] int offset = 0,
                [Description("How many at the most, 1 to 1000")] int limit = 100) =>
            {
                if (Word<StreamOrder>(sort) is not { } order) return Wrong<StreamOrder>("sort", sort);
                StreamState? only = null;
                if (state is not null && (only = Word<StreamState>(state)) is null) return Wrong<StreamState>("state", state);
                if (offset < 0) return Bad($"offset must be 0 or more, was {offset}");
                if (limit is < 1 or > MostStreams) return Bad($"limit must be in [1, {MostStreams}], was {limit}");
                return Results.Json(board.Streams(new StreamQuery(order, reverse, only, search, offset, limit)), JsonShape.Options);
            })
            .WithName("streams").WithSummary("A page of the streams of this process").Produces<StreamPage>().Problem();

        api.MapGet("/stream", (
                [Description("Its name: the key of its records")] string stream,
                [Description("Where two topics have the name")] string? topic = null,
                [Description("Where two partitions have the name; else the first")] int? partition = null,
                [Description("Feed time: ISO 8601, or milliseconds since 1970; default: as far back as is kept")] string? from = null,
                [Description("Feed time, included; default: now")] string? to = null,
                [Description("The last so many steps, in place of from and to")] long steps = 0,
                [Description("How many points at the most, 1 to 5000; the steps of an alarm that is looked at closely come beside them")]
                int points = 600) =>
            {
                if (steps < 0) return Bad($"steps must be 0 or more, was {steps}");
                if (points is < 1 or > MostPoints) return Bad($"points must be in [1, {MostPoints}], was {points}");
                if (Milliseconds(from,
                    double.NegativeInfinity) is not { } start) return Bad($"from must be a time such as 2026-01-02T03:04:05Z or "
                    + $"milliseconds since 1970, was {from}");
                if (Milliseconds(to,
                    double.PositiveInfinity) is not { } end) return Bad($"to must be a time such as 2026-01-02T03:04:05Z or milliseconds "
                    + $"since 1970, was {to}");
                if (Find(board, readiness, stream, topic, partition, out IResult? problem) is not { } id) return problem!;
                return board.Stream(id, start, end, steps, points) is { } detail ? Results.Json(detail, JsonShape.Options)
                    : Unknown(readiness, stream, topic, partition);
            })
            .WithName("stream").WithSummary("One stream with its past, in bounded detail, and its alarms").Produces<StreamDetail>()
                .Problem()
            .Produces<string>(StatusCodes.Status404NotFound, "text/plain");

        api.MapGet("/field", (
                [Description("Its name: the key of its records")] string stream,
                [Description("Where two topics have the name")] string? topic = null,
                [Description("Where two partitions have the name; else the first")] int? partition = null,
                [Description("Which of its fields, from 0")] int field = 0) =>
            Find(board, readiness, stream, topic, partition, out IResult? problem) is not { } id ? problem!
                : board.Field(id, field) is { } view ? Results.Json(view, JsonShape.Options)
                : Access.Said(StatusCodes.Status404NotFound, $"stream {stream} has no field {field}"))
            .WithName("field").WithSummary("The last frame of a stream of fields: what came, what was expected, the error")
            .Produces<FieldView>().Problem().Produces<string>(StatusCodes.Status404NotFound, "text/plain");

        api.MapGet("/alarms", (
                [Description("Only those that go on")] bool open = false,
                [Description("How many at the most, 1 to 1000")] int limit = 100) =>
            limit is < 1 or > AlarmBook.Most ? Bad($"limit must be in [1, {AlarmBook.Most}], was {limit}")
                : Results.Json(board.Alarms(open, limit), JsonShape.Options))
            .WithName("alarms").WithSummary("Alarms, newest first").Produces<BoardAlarm[]>().Problem();

        api.MapGet("/health", () => Results.Json(board.Health(readiness), JsonShape.Options))
            .WithName("health").WithSummary("How the process is doing").Produces<BoardHealth>();
    }

    /// <summary>The stream of a request; null: the problem says why not.</summary>
    public static StreamId? Find(StreamBoard board, Readiness readiness, string stream, string? topic, int? partition,
        out IResult? problem)
    {
        IReadOnlyList<StreamId> found = board.Find(stream, topic, partition);
        problem = found.Count == 0 ? Unknown(readiness, stream, topic, partition)
            : found.Select(id => id.Topic).Distinct().Count() > 1
                ? Bad($"several topics have a stream {stream}: say which with topic= "
                    + $"({string.Join(", ", found.Select(id => id.Topic).Distinct())})")
            : null;
        return problem is null ? found[0] : null;
    }

    static IResult Unknown(Readiness readiness, string stream, string? topic, int? partition)
    {
        var others = readiness.Group.Where(one => one.Elsewhere is not null && (topic ?? one.Partition.Topic) == one.Partition.Topic
            && (partition ?? one.Partition.Number) == one.Partition.Number).GroupBy(one => one.Elsewhere!, one => one.Partition)
            .OrderBy(member => member.Key, StringComparer.Ordinal).ToArray();
        string[] said = [.. others.Take(MostMembers).Select(member => $"{member.Key} has {Some([.. member])}")];
        return Access.Said(StatusCodes.Status404NotFound, $"no stream {stream} is in this process: its name is the key of its records, and "
            + (others.Length == 0 ? "another replica may have it"
                : $"another replica may have it: {string.Join("; ", said)}{(others.Length > said.Length ? "; …" : "")}"));
    }

    static string Some(PartitionId[] partitions) => string.Join(", ",
        partitions.OrderBy(one => one.Topic, StringComparer.Ordinal).ThenBy(one => one.Number).Take(MostPartitions))
        + (partitions.Length > MostPartitions ? $" and {partitions.Length - MostPartitions} more partitions" : "");

    static IResult Bad(string text) => Access.Said(StatusCodes.Status400BadRequest, text);

    static IResult Wrong<T>(string parameter, string was) where T : struct, Enum =>
        Bad($"{parameter} must be one of {string.Join(", ", Enum.GetValues<T>().Select(value => Words.Of(value)))}, was {was}");

    static T? Word<T>(string word) where T : struct, Enum =>
        Enum.GetValues<T>().Where(value => Words.Of(value) == word).Select(value => (T?)value).FirstOrDefault();

    static double? Milliseconds(string? text, double without) => string.IsNullOrEmpty(text) ? without
        : double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out double milliseconds) ? milliseconds
        : FeedTime.Parse(text) is { } time ? (time - DateTime.UnixEpoch).TotalMilliseconds : null;

    static RouteHandlerBuilder Problem(this RouteHandlerBuilder route) =>
        route.Produces<string>(StatusCodes.Status400BadRequest, "text/plain");
}
