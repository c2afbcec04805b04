using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Esn.Streaming.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;

namespace Esn.Streaming.Http;

/// <summary>
/// Who may do what. Reading is open to whoever reaches the address; writing needs a token. A page of another site can neither be
/// shown around ours, nor write through a browser, nor read what listens on loopback by a name that it points there.
/// </summary>
static class Access
{
    /// <summary>Name of the limit on the rate of writes.</summary>
    public const string Writes = "writes";

    /// <summary>Writes a minute of one address, refused ones too: a token can't be guessed at any speed.</summary>
    public const int WritesPerMinute = 60;

    /// <summary>Nothing inline, nothing evaluated, nothing from elsewhere, nothing around it.</summary>
    public const string ContentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "manifest-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The limit on the rate of writes.</summary>
    public static void AddWriteLimit(this IServiceCollection services) => services.AddRateLimiter(limiter =>
    {
        limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        limiter.AddPolicy(Writes, context => RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress ?? IPAddress.None,
            _ => new FixedWindowRateLimiterOptions { PermitLimit = WritesPerMinute, Window = TimeSpan.FromMinutes(1) }));
        limiter.OnRejected = async (rejected, stop) => await rejected.HttpContext.Response
            .WriteAsync($"at most {WritesPerMinute} writes a minute\n", stop).ConfigureAwait(false);
    });

    /// <summary>Headers that hold for every answer, and requests by names that are not ours.</summary>
    public static void UseGuard(this IApplicationBuilder web, HttpConfig config)
    {
        bool loopback = IPAddress.IsLoopback(IPEndPoint.Parse(config.Address).Address), secure = config.Certificate.Length > 0;
        web.Use(async (context, next) =>
        {
            IHeaderDictionary headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentPolicy;
            headers.XFrameOptions = "DENY";
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
            if (secure) headers.StrictTransportSecurity = "max-age=31536000";
            // A name of another site may point to 127.0.0.1.
            if (loopback && context.Request.Host.Host is { Length: > 0 } host && !Local(host))
            {
                await Refuse(context, StatusCodes.Status421MisdirectedRequest,
                    $"{host} is no name of this machine: http.listen is a loopback address")
                    .ConfigureAwait(false);
                return;
            }
            try
            {
                await next(context).ConfigureAwait(false);
            }
            // A parameter that is missing, or none of its kind.
            catch (BadHttpRequestException e) when (!context.Response.HasStarted)
            {
                await Refuse(context, e.StatusCode, e.Message).ConfigureAwait(false);
            }
        });
    }

    /// <summary>Lets a write through that has a token and comes from our own page or from no page at all.</summary>
    /// <param name="route">A write; its handler finds the name of the token by <see cref="By"/>.</param>
    /// <param name="config">With the tokens.</param>
    public static RouteHandlerBuilder NeedsToken(this RouteHandlerBuilder route, HttpConfig config)
    {
        (string Name, byte[] Hash)[] tokens = [.. config.Tokens.Select(token => (token.Key, Hash(token.Value)))];
        return route.RequireRateLimiting(Writes).AddEndpointFilter(async (invocation, next) =>
        {
            HttpContext context = invocation.HttpContext;
            if (!SameOrigin(context.Request)) return Said(StatusCodes.Status403Forbidden, "pages of other sites may not write here");
            if (tokens.Length == 0)
                return Said(StatusCodes.Status403Forbidden,
                    "nobody may write here: http.tokens in the configuration is empty. To allow it: http: { tokens: { alice: "
                        + "\"${ESN_TOKEN}\" } }, and the header Authorization: Bearer TOKEN");
            string? said = context.Request.Headers.Authorization;
            string? token = said?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) == true ? said["Bearer ".Length..].Trim()
                : null;
            if (token is null || Whose(tokens, token) is not { } name)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return Said(StatusCodes.Status401Unauthorized, token is null
                    ? "a token of http.tokens is needed: Authorization: Bearer TOKEN" : "this is no token of http.tokens");
            }
            context.Items[typeof(Access)] = name;
            return await next(invocation).ConfigureAwait(false);
        }).ProducesProblems();
    }

    /// <summary>Whose token a write came with.</summary>
    public static string By(HttpContext context) => (string)context.Items[typeof(Access)]!;

    /// <summary>An answer for a person.</summary>
    public static IResult Said(int status, string text) => Results.Text(text + "\n", statusCode: status);

    static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route) => route
        .Produces<string>(StatusCodes.Status400BadRequest, "text/plain").Produces<string>(StatusCodes.Status401Unauthorized, "text/plain")
        .Produces<string>(StatusCodes.Status403Forbidden, "text/plain")
            .Produces<string>(StatusCodes.Status429TooManyRequests, "text/plain");

    // Every token is compared, all of it: how long it takes tells nothing.
    static string? Whose((string Name, byte[] Hash)[] tokens, string said)
    {
        byte[] hash = Hash(said);
        string? name = null;
        foreach ((string owner, byte[] token) in tokens)
            if (CryptographicOperations.FixedTimeEquals(hash, token)) name = owner;
        return name;
    }

    static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    static bool SameOrigin(HttpRequest request)
    {
        string? site = request.Headers["Sec-Fetch-Site"], origin = request.Headers.Origin;
        if (site is not (null or "same-origin" or "none")) return false;
        return origin is null || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? from)
            && string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    static bool Local(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _);

    static Task Refuse(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text + "\n");
    }
}
