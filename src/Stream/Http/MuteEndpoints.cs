using System.Globalization;
using Esn.Streaming.Control;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Esn.Streaming.Http;

/// <summary>Mutes over HTTP. Names are in the query, where any name can be written.</summary>
static partial class MuteEndpoints
{
    /// <summary>GET /mutes; PUT /mutes?stream=…&amp;for=2h[&amp;topic=…]; DELETE /mutes?stream=…[&amp;topic=…].</summary>
    /// <param name="routes">Of the process.</param>
    /// <param name="mutes">What they change.</param>
    /// <param name="allowed">Whether they may change anything.</param>
    /// <param name="log">Told of every change.</param>
    public static void MapMutes(this IEndpointRouteBuilder routes, Mutes mutes, bool allowed, ILogger log)
    {
        routes.MapGet("/mutes", () => Results.Json(mutes.All));
        routes.MapMethods("/mutes", ["PUT", "DELETE"], (HttpContext context) =>
        {
            IQueryCollection query = context.Request.Query;
            string? stream = query["stream"], topic = query["topic"];
            if (!allowed) return Said(StatusCodes.Status403Forbidden, "http.mutes is false in the configuration");
            if (string.IsNullOrEmpty(stream)) return Said(StatusCodes.Status400BadRequest, "say which stream: /mutes?stream=NAME&for=2h");
            if (query.Keys.FirstOrDefault(key => key is not ("stream" or "topic" or "for")) is { } unknown)
                return Said(StatusCodes.Status400BadRequest, $"unknown parameter {unknown}: stream, for and topic are known");
            MuteProblem? problem;
            if (context.Request.Method == "DELETE")
            {
                mutes.End(stream, topic, out problem);
                if (problem is not null) return Refused(problem);
                Unmuted(log, stream);
                return Results.NoContent();
            }
            if (Mutes.Duration(query["for"]) is not { } duration)
                return Said(StatusCodes.Status400BadRequest,
                    $"for must be such as 90s, 15m, 2h or 3d, above 0 and at most {Mutes.Longest.TotalDays:0}d, was '{query["for"]}'");
            if (mutes.Set(stream, topic, duration, out problem) is not { } mute) return Refused(problem!);
            Muted(log, mute.Stream, mute.Topic, mute.Until.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
            return Results.Json(mute);
        });
    }

    static IResult Refused(MuteProblem problem) =>
        Said(problem.Unknown ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, problem.Detail);

    static IResult Said(int status, string text) => Results.Text(text + "\n", statusCode: status);

    [LoggerMessage(16, LogLevel.Information, "stream {stream} of {topic} is muted until {until}")]
    static partial void Muted(ILogger log, string stream, string topic, string until);

    [LoggerMessage(17, LogLevel.Information, "stream {stream} is judged again")]
    static partial void Unmuted(ILogger log, string stream);
}
