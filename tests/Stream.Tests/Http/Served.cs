using Esn.Streaming.Board;
using Esn.Streaming.Configuration;
using Esn.Streaming.Control;
using Esn.Streaming.Http;
using Esn.Streaming.Streams;
using Esn.Streaming.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>The whole server on a free port, over a board that a test fills through a table of small models.</summary>
sealed class Served : IAsyncDisposable
{
    public const string Token = "a token of alice's";

    readonly WebApplication _web;
    readonly EsnConfig _config;
    long _next;

    Served(HttpConfig http)
    {
        _config = Pipelines.Config(http: _ => http);
        Book = new CommandBook(Time);
        Board = new StreamBoard(http, [], Time, Mutes.Covers, Book.Notes.Of);
        Mutes.Changed += Board.Touch;
        Book.Notes.Changed += Board.Touch;
        Table = new StreamTable(_config, Time);
        Book.Listen(command => Board.Observe(Table.Take(new CommandsGiven([command]))));
        Readiness = new Readiness(Time, TimeSpan.FromSeconds(30));
        _web = WebServer.Make(http, new EsnMetrics(http, []).Registry, Board, Readiness, Book, TimeProvider.System,
            NullLoggerFactory.Instance, NullLogger.Instance);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public CommandBook Book { get; }

    public Readiness Readiness { get; }

    public Mutes Mutes => Book.Mutes;

    public StreamBoard Board { get; }

    public StreamTable Table { get; }

    public HttpClient Client { get; private set; } = null!;

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<Served> Start(Func<HttpConfig, HttpConfig>? change = null)
    {
        var http = new HttpConfig { Listen = "127.0.0.1:0", Tokens = new Dictionary<string, string> { ["alice"] = Token } };
        var served = new Served((change ?? (h => h))(http));
        await served._web.StartAsync(Stop);
        served.Client = new HttpClient { BaseAddress = new Uri(served._web.Urls.First()) };
        return served;
    }

    /// <summary>Steps of streams, a second a step of the feed and of the wall; the feed jumps for ten steps at 600.</summary>
    public void Feed(int steps, params string[] streams)
    {
        for (int t = 0; t < steps; t++, _next++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Board.Observe(Table.Take(Pipelines.Batch([.. streams.Select(stream =>
                Pipelines.Record(_next, stream, Pipelines.Value(_next)))])));
        }
    }

    public async Task<(int Status, string Text)> Write(string method, string path, string? token = Token,
        Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (token is not null) request.Headers.Add("Authorization", $"Bearer {token}");
        change?.Invoke(request);
        using HttpResponseMessage response = await Client.SendAsync(request, Stop);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _web.StopAsync(CancellationToken.None);
        await _web.DisposeAsync();
    }
}
