using System.ComponentModel;
using System.Globalization;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Http;

/// <summary>Mutes over HTTP. Names are in the query, where any name can be written.</summary>
static partial class MuteEndpoints
{
    /// <summary>Letters of a reason.</summary>
    public const int LongestWhy = 500;

    const int LongestName = 1000;

    /// <summary>
    /// GET mutes; PUT mutes?streams=…&amp;for=2h[&amp;topic=…][&amp;why=…]; DELETE mutes?streams=…[&amp;topic=…].
    /// </summary>
    /// <param name="api">Where they stand.</param>
    /// <param name="book">What they change.</param>
    /// <param name="config">Who may.</param>
    /// <param name="log">Told of every change.</param>
    public static void MapMutes(this IEndpointRouteBuilder api, CommandBook book, HttpConfig config, ILogger log)
    {
        api.MapGet("/mutes", () => Results.Json(book.Mutes.All, JsonShape.Options))
            .WithName("mutes").WithSummary("The mutes in force").Produces<ControlMute[]>();

        api.MapPut("/mutes", async (HttpContext context,
                [Description("Name of a stream, or a pattern: * stands for any letters; it need not be here yet")] string? streams = null,
                [Description("How long: 90s, 15m, 1h30m, 2h or 3d, at most 30d")] string? @for = null,
                [Description("Of the streams; default: of any")] string? topic = null,
                [Description("For the others; at most 500 letters")] string why = "") =>
            {
                if (Unknown(context.Request.Query, "streams", "for", "topic", "why") is { } unknown) return unknown;
                if (string.IsNullOrEmpty(streams) || streams.Length > LongestName)
                    return Bad("say which streams, by name or pattern: mutes?streams=pump-*&for=2h");
                if (why.Length > LongestWhy) return Bad($"why must have at most {LongestWhy} letters, had {why.Length}");
                if (Mutes.Duration(@for) is not { } duration)
                    return Bad($"for must be such as 90s, 15m, 1h30m, 2h or 3d, above 0 and at most {Mutes.Longest.TotalDays:0}d, was "
                        + $"'{@for}'");
                ControlMute? mute;
                try
                {
                    mute = await book.Mute(streams, Named(topic), duration, Access.By(context), why, context.RequestAborted)
                        .ConfigureAwait(false);
                }
                catch (CommandException e)
                {
                    return Access.Said(StatusCodes.Status503ServiceUnavailable, e.Message);
                }
                if (mute is null)
                    return Access.Said(StatusCodes.Status409Conflict, $"there are {Mutes.Most} mutes already: end some, or use a pattern");
                Muted(log, mute.Streams, mute.Topic ?? "any topic",
                    mute.Until.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), mute.By, mute.Why);
                return Results.Json(mute, JsonShape.Options);
            })
            .NeedsToken(config).WithName("mute").WithSummary("Mutes streams from now on").Produces<ControlMute>()
            .Produces<string>(StatusCodes.Status409Conflict, "text/plain")
            .Produces<string>(StatusCodes.Status503ServiceUnavailable, "text/plain");

        api.MapDelete("/mutes", async (HttpContext context,
                [Description("As in the mute that is to end")] string? streams = null,
                [Description("As in the mute that is to end")] string? topic = null) =>
            {
                if (Unknown(context.Request.Query, "streams", "topic") is { } unknown) return unknown;
                if (string.IsNullOrEmpty(streams)) return Bad("say which mute: mutes?streams=pump-*");
                bool ended;
                try
                {
                    ended = await book.Unmute(streams, Named(topic), Access.By(context), context.RequestAborted).ConfigureAwait(false);
                }
                catch (CommandException e)
                {
                    return Access.Said(StatusCodes.Status503ServiceUnavailable, e.Message);
                }
                IReadOnlyList<ControlMute> left = book.Mutes.All;
                if (!ended)
                    return Access.Said(StatusCodes.Status404NotFound,
                        $"no mute of {streams}{(Named(topic) is null ? "" : $" of topic {topic}")} is in force: "
                        + $"{(left.Count == 0 ? "there is none" : string.Join(", ", left.Select(mute => mute.Streams)))}");
                Unmuted(log, streams, Access.By(context));
                return Results.NoContent();
            })
            .NeedsToken(config).WithName("unmute").WithSummary("Ends a mute: the streams are judged again")
                .Produces(StatusCodes.Status204NoContent)
            .Produces<string>(StatusCodes.Status404NotFound, "text/plain")
            .Produces<string>(StatusCodes.Status503ServiceUnavailable, "text/plain");
    }

    static IResult? Unknown(IQueryCollection query, params ReadOnlySpan<string> known)
    {
        foreach (string key in query.Keys)
            if (!known.Contains(key)) return Bad($"unknown parameter {key}: {string.Join(", ", known!)} are known");
        return null;
    }

    static string? Named(string? topic) => string.IsNullOrEmpty(topic) ? null : topic;

    static IResult Bad(string text) => Access.Said(StatusCodes.Status400BadRequest, text);

    [LoggerMessage(16, LogLevel.Information, "{streams} of {topic} is muted until {until} by {by}: {why}")]
    static partial void Muted(ILogger log, string streams, string topic, string until, string by, string why);

    [LoggerMessage(17, LogLevel.Information, "{streams} is judged again, by {by}")]
    static partial void Unmuted(ILogger log, string streams, string by);
}
