using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Confluent.Kafka;
using Esn.Streaming.Configuration;
using Esn.Streaming.Kafka;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Broker.Tests;

public sealed class WebhookTests(EmbeddedBrokerFixture broker) : IClassFixture<EmbeddedBrokerFixture>
{
    static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    static readonly TimeSpan Within = EndToEnd.Patience;

    static ScoredBatch Batch(AlarmChange change, Severity severity = Severity.Minor, DateTime? at = null)
    {
        var record = new FeedRecord("steps", 1, 70, 0, "pump-7"u8.ToArray(), []);
        var alarm = new AlarmEvent
        {
            Change = change, Position = 900, Start = 890, Peak = 895, Time = Now, StartTime = Now, PeakTime = Now, Score = 1.2,
                PeakScore = 1.3,
            Severity = severity, Normality = .5, Expected = [1], Observed = [2], Contributions = [], Scores = [], Forecast = null,
                Drift = null,
        };
        var frame = new ScoredFrame(new Frame(record, new StreamId("steps", 1, "pump-7"), Now, [2]),
            new StepResult(900, false, 1.2, .5, true, alarm), new double[] { 1 }, false, 63);
        return new ScoredBatch(new RecordBatch([record])) { Frames = [frame], ScoredAt = at ?? Now };
    }

    EsnConfig Config(WebhookConfig hook, string deadLetters = "none") => new()
    {
        Kafka = new KafkaConfig { BootstrapServers = broker.BootstrapServers! },
        Sink = new SinkConfig { DeadLetters = deadLetters, Webhooks = [hook] },
        Http = new HttpConfig { PublicUrl = "https://esn.example.org/" },
    };

    const string Link = "https://esn.example.org/?stream=pump-7&topic=steps&partition=1";

    [Fact]
    public async Task Changes_come_in_their_order_though_the_first_attempts_fail()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start(HttpStatusCode.ServiceUnavailable,
            HttpStatusCode.TooManyRequests);
        var counts = new ConcurrentDictionary<string, int>();
        await using var hooks = new Webhooks(Config(new WebhookConfig { Url = $"{receiver.Address}hook",
            Headers = new Dictionary<string, string> { ["authorization"] = "Bearer secret" } }),
            TimeProvider.System, NullLogger.Instance, result => counts.AddOrUpdate(result, 1, (_, n) => n + 1));
        hooks.Observe(Batch(AlarmChange.Opened));
        hooks.Observe(Batch(AlarmChange.Closed));
        await receiver.Wait(body => body.Contains("esn.anomaly.closed", StringComparison.Ordinal), Within);
        string[] types = [.. receiver.Bodies.Select(body => JsonDocument.Parse(body).RootElement.GetProperty("type").GetString()!)];
        Assert.Equal(["esn.anomaly.opened", "esn.anomaly.opened", "esn.anomaly.opened", "esn.anomaly.closed"], types);
        Assert.All(receiver.Authorizations, value => Assert.Equal("Bearer secret", value));
        Assert.Equal("steps/1/pump-7/63", JsonDocument.Parse(receiver.Bodies.Last()).RootElement.GetProperty("data").GetProperty("alarm")
            .GetString());
        Assert.Equal(2, counts["retried"]);
        Assert.All(receiver.Bodies, body => Assert.Equal(Link, JsonDocument.Parse(body).RootElement.GetProperty("link").GetString()));
    }

    [Fact]
    public async Task An_outage_is_told_when_it_begins_and_when_it_ends_and_not_with_every_attempt()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start(HttpStatusCode.ServiceUnavailable, HttpStatusCode.BadGateway);
        var log = new Lines();
        await using var hooks = new Webhooks(Config(new WebhookConfig { Url = $"{receiver.Address}hook" }), TimeProvider.System, log,
            _ => { });
        hooks.Observe(Batch(AlarmChange.Opened));
        hooks.Observe(Batch(AlarmChange.Closed));
        await receiver.Wait(body => body.Contains("esn.anomaly.closed", StringComparison.Ordinal), Within);
        Assert.Equal(3 + 1, receiver.Bodies.Count);
        string[] said = [.. log.Said];
        Assert.Equal(2, said.Length);
        Assert.Equal("the webhook at 127.0.0.1 takes nothing: 503 Service Unavailable; what waits for it is tried again for up to 900 s",
            said[0]);
        Assert.StartsWith("the webhook at 127.0.0.1 takes what is posted again, after ", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_refused_for_good_is_no_outage_and_hides_none()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start(HttpStatusCode.BadRequest, HttpStatusCode.ServiceUnavailable);
        var log = new Lines();
        await using var hooks = new Webhooks(Config(new WebhookConfig { Url = $"{receiver.Address}hook" }), TimeProvider.System, log,
            _ => { });
        hooks.Observe(Batch(AlarmChange.Opened));
        hooks.Observe(Batch(AlarmChange.Escalated));
        hooks.Observe(Batch(AlarmChange.Closed));
        await receiver.Wait(body => body.Contains("esn.anomaly.closed", StringComparison.Ordinal), Within);
        string[] said = [.. log.Said];
        Assert.Equal(3, said.Length);
        Assert.StartsWith("the webhook at 127.0.0.1 could not be told of stream pump-7: 400 ", said[0], StringComparison.Ordinal);
        Assert.StartsWith("the webhook at 127.0.0.1 takes nothing: 503 ", said[1], StringComparison.Ordinal);
        Assert.StartsWith("the webhook at 127.0.0.1 takes what is posted again, after ", said[2], StringComparison.Ordinal);
    }

    sealed class Lines : ILogger
    {
        public ConcurrentQueue<string> Said { get; } = new();

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Said.Enqueue(formatter(state, exception));
    }

    static ScoredBatch Silence(bool ended, int channel = -1) => new(new TimePassed())
    {
        Silences = [new SilenceChange(new StreamId("steps", 1, "pump-7"), channel, ended, Now, Now.AddMinutes(1),
            TimeSpan.FromSeconds(2), 63, ended ? 70 : 63)],
        ScoredAt = Now,
    };

    [Fact]
    public async Task A_feed_that_falls_silent_and_speaks_again_is_posted_as_its_events_are()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start();
        await using var hooks = new Webhooks(Config(new WebhookConfig { Url = $"{receiver.Address}hook" }), TimeProvider.System,
            NullLogger.Instance, _ => { });
        hooks.Observe(Silence(ended: false));
        hooks.Observe(Silence(ended: true));
        await receiver.Wait(body => body.Contains("esn.feed.resumed", StringComparison.Ordinal), Within);
        JsonElement[] posted = [.. receiver.Bodies.Select(body => JsonDocument.Parse(body).RootElement)];
        Assert.Equal(["esn.feed.silent", "esn.feed.resumed"], posted.Select(body => body.GetProperty("type").GetString()));
        Assert.All(posted, body => Assert.Equal("steps/1/pump-7/63", body.GetProperty("data").GetProperty("silence").GetString()));
    }

    [Fact]
    public async Task A_model_that_begins_anew_is_posted_as_its_event_is_but_not_to_alertmanager()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start(), alertmanager = await WebhookReceiver.Start();
        EsnConfig config = Config(new WebhookConfig { Url = $"{receiver.Address}hook" });
        var alerts = new WebhookConfig { Url = $"{alertmanager.Address}hook", Format = WebhookFormat.Alertmanager };
        await using var hooks = new Webhooks(config with { Sink = config.Sink with { Webhooks = [.. config.Sink.Webhooks, alerts] } },
            TimeProvider.System, NullLogger.Instance, _ => { });
        ScoredBatch opened = Batch(AlarmChange.Opened);
        ScoredFrame frame = opened.Frames[0];
        hooks.Observe(opened with { Frames = [frame with { Result = frame.Result with
        {
            Alarm = null, Model = new ModelChange(ModelChangeKind.Growing, [0], Restarted: true),
        } }] });
        hooks.Observe(opened);
        await receiver.Wait(body => body.Contains("esn.anomaly.opened", StringComparison.Ordinal), Within);
        await alertmanager.Wait(_ => true, Within);
        JsonElement first = JsonDocument.Parse(receiver.Bodies.First()).RootElement;
        Assert.Equal("esn.model.restarted", first.GetProperty("type").GetString());
        Assert.Equal("growing", first.GetProperty("data").GetProperty("why").GetString());
        Assert.Equal("EsnAnomaly", JsonDocument.Parse(alertmanager.Bodies.First()).RootElement[0].GetProperty("labels")
            .GetProperty("alertname").GetString());
    }

    [Fact]
    public async Task Alertmanager_is_told_of_a_silent_stream_beside_its_alarm_and_of_each_of_its_channels()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start();
        var hook = new WebhookConfig { Url = $"{receiver.Address}hook", Format = WebhookFormat.Alertmanager };
        await using var hooks = new Webhooks(Config(hook),
            TimeProvider.System, NullLogger.Instance, _ => { });
        hooks.Observe(Batch(AlarmChange.Opened));
        hooks.Observe(Silence(ended: false));
        hooks.Observe(Silence(ended: false, channel: 2));
        hooks.Observe(Silence(ended: true, channel: 2));
        hooks.Observe(Silence(ended: true));
        hooks.Observe(Batch(AlarmChange.Closed));
        await receiver.Wait(_ => receiver.Bodies.Count == 6, Within);
        (string, string?, bool)[] alerts = [.. receiver.Bodies
            .Select(body => JsonDocument.Parse(body).RootElement.EnumerateArray().Single())
            .Select(alert => (alert.GetProperty("labels").GetProperty("alertname").GetString()!,
                alert.GetProperty("labels").TryGetProperty("channel", out JsonElement channel) ? channel.GetString() : null,
                alert.TryGetProperty("endsAt", out _)))];
        Assert.Equal([("EsnAnomaly", null, false), ("EsnFeedSilent", null, false), ("EsnFeedSilent", "2", false),
            ("EsnFeedSilent", "2", true), ("EsnFeedSilent", null, true), ("EsnAnomaly", null, true)], alerts);
    }

    [Fact]
    public async Task Alertmanager_hears_of_a_channel_that_began_to_alarm_later_as_of_another_alert_that_names_it()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start();
        EsnConfig config = Config(new WebhookConfig { Url = $"{receiver.Address}hook", Format = WebhookFormat.Alertmanager });
        config = config with
        {
            Source = config.Source with { Fields = config.Source.Fields with { Channels = ["flow", "pressure", "heat"] } },
        };
        await using var hooks = new Webhooks(config, TimeProvider.System, NullLogger.Instance, _ => { });
        ScoredBatch Told(AlarmChange change, int incidents, params int[] later)
        {
            ScoredBatch batch = Batch(change);
            ScoredFrame frame = batch.Frames[0];
            return batch with { Frames = [frame with { Result = frame.Result with { Alarm = frame.Result.Alarm! with
            {
                Observed = [1, 2.25, 3], Expected = [1, 7, 3.00002], LaterChannels = later, Incidents = incidents,
                Contributions = [new Contribution(1, .7), new Contribution(0, .2), new Contribution(2, .1)],
            } } }] };
        }
        hooks.Observe(Told(AlarmChange.Opened, 1));
        hooks.Observe(Told(AlarmChange.Escalated, 1, 2));
        hooks.Observe(Told(AlarmChange.Escalated, 2, 2));
        hooks.Observe(Told(AlarmChange.Closed, 2, 2));
        await receiver.Wait(_ => receiver.Bodies.Count == 4, Within);
        (string? Later, string? Incident, bool Ended, string Says)[][] alerts = [.. receiver.Bodies.Select(body => JsonDocument.Parse(body)
            .RootElement.EnumerateArray().Select(alert => (
                alert.GetProperty("labels").TryGetProperty("later_channels", out JsonElement later) ? later.GetString() : null,
                alert.GetProperty("labels").TryGetProperty("incident", out JsonElement incident) ? incident.GetString() : null,
                alert.TryGetProperty("endsAt", out _),
                alert.GetProperty("annotations").GetProperty("description").GetString()!)).ToArray())];
        Assert.Equal([[(null, null, false)], [(null, null, true), ("heat", null, false)], [("heat", null, true), ("heat", "2", false)],
            [("heat", "2", true)]],
            alerts.Select(post => post.Select(alert => (alert.Later, alert.Incident, alert.Ended)).ToArray()));
        Assert.Contains("; in pressure (2.25 where 7 was expected), flow (1 where 1 was expected); now opened", alerts[0][0].Says,
            StringComparison.Ordinal);
        Assert.Contains("; later in heat (3 where 3.00002 was expected); now escalated", alerts[1][1].Says, StringComparison.Ordinal);
        Assert.Contains("; incident 2 of it; now escalated", alerts[2][1].Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alertmanager_is_reminded_of_what_the_process_before_told_until_it_ends()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start();
        var time = new FakeTimeProvider(Now);
        var hook = new WebhookConfig { Url = $"{receiver.Address}hook", Format = WebhookFormat.Alertmanager };
        await using var hooks = new Webhooks(Config(hook), time, NullLogger.Instance, _ => { });
        StreamBack back = new(new StreamId("steps", 1, "pump-7"), 3, 900, Now, Now, true, [2])
        {
            Alarm = "steps/1/pump-7/63", Severity = Severity.Major, PeakScore = 1.7,
        };
        hooks.Observe(new ScoredBatch(new TimePassed()) { Back = [back], ScoredAt = Now });
        hooks.Observe(Silence(ended: true));
        await receiver.Wait(_ => receiver.Bodies.Count == 1, Within);
        Assert.True(JsonDocument.Parse(receiver.Bodies.Single()).RootElement[0].TryGetProperty("endsAt", out _));
        time.Advance(TimeSpan.FromMinutes(1));
        await receiver.Wait(_ => receiver.Bodies.Count == 2, Within);
        hooks.Observe(Batch(AlarmChange.Closed, Severity.Major));
        await receiver.Wait(_ => receiver.Bodies.Count == 3, Within);
        JsonElement[] posted = [.. receiver.Bodies.Select(body => JsonDocument.Parse(body).RootElement)];
        Assert.Equal(["EsnAnomaly", "EsnFeedSilent"],
            posted[1].EnumerateArray().Select(alert => alert.GetProperty("labels").GetProperty("alertname").GetString()).Order());
        Assert.All(posted[1].EnumerateArray(), alert => Assert.False(alert.TryGetProperty("endsAt", out _)));
        // One alert, whichever process tells of it.
        JsonElement alarm = posted[1].EnumerateArray().Single(alert => alert.GetProperty("labels").TryGetProperty("alarm", out _));
        Assert.Equal(alarm.GetProperty("labels").GetRawText(),
            Assert.Single(posted[2].EnumerateArray()).GetProperty("labels").GetRawText());
        Assert.True(posted[2][0].TryGetProperty("endsAt", out _));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, 900, "400")]
    [InlineData(HttpStatusCode.InternalServerError, 0, "500")]
    public async Task What_can_not_be_posted_is_a_dead_letter_that_says_why(HttpStatusCode answer, int retrySeconds, string why)
    {
        await using WebhookReceiver receiver = await WebhookReceiver.Start(answer);
        string letters = await broker.Topic("letters");
        var counts = new ConcurrentDictionary<string, int>();
        await using (var hooks = new Webhooks(Config(new WebhookConfig { Url = $"{receiver.Address}hook?token=secret",
            RetrySeconds = retrySeconds }, letters), TimeProvider.System, NullLogger.Instance, result =>
            counts.AddOrUpdate(result, 1, (_, n) => n + 1)))
        {
            hooks.Observe(Batch(AlarmChange.Opened));
            List<ConsumeResult<byte[], byte[]>> found = await Topics.Read(broker.BootstrapServers!, letters, all => all.Count == 1, Within);
            ConsumeResult<byte[], byte[]> letter = Assert.Single(found);
            Assert.Equal("webhook", letter.Header("esn_reason"));
            Assert.StartsWith(why, letter.Header("esn_detail"), StringComparison.Ordinal);
            Assert.Equal("127.0.0.1", letter.Header("esn_webhook"));
            Assert.Equal("pump-7", System.Text.Encoding.UTF8.GetString(letter.Message.Key));
            Assert.Equal("esn.anomaly.opened", letter.Data().GetProperty("type").GetString());
        }
        Assert.Equal(1, counts["failed"]);
    }

    [Fact]
    public async Task Alertmanager_shows_an_open_alarm_by_its_highest_severity_and_takes_its_end()
    {
        using var alertmanager = new AlertmanagerProcess();
        Uri address = await alertmanager.Address();
        using var client = new HttpClient { BaseAddress = address };
        await using var hooks = new Webhooks(Config(new WebhookConfig { Url = $"{address}api/v2/alerts",
            Format = WebhookFormat.Alertmanager }), TimeProvider.System, NullLogger.Instance, _ => { });
        async Task<string[]> Severities() => [.. (await client.GetFromJsonAsync<JsonElement>("api/v2/alerts"))
            .EnumerateArray().Select(alert => $"{alert.GetProperty("labels").GetProperty("stream")} "
                + $"{alert.GetProperty("labels").GetProperty("severity")}").Order()];
        async Task Until(params string[] expected)
        {
            using var limit = new CancellationTokenSource(Within);
            while (!(await Severities()).SequenceEqual(expected)) await Task.Delay(100, limit.Token);
        }

        hooks.Observe(Batch(AlarmChange.Opened, at: DateTime.UtcNow));
        await Until("pump-7 info");
        Assert.Equal(Link, (await client.GetFromJsonAsync<JsonElement>("api/v2/alerts"))[0].GetProperty("generatorURL").GetString());
        hooks.Observe(Batch(AlarmChange.Escalated, Severity.Critical, DateTime.UtcNow));
        await Until("pump-7 critical");
        hooks.Observe(Batch(AlarmChange.Closed, Severity.Critical, DateTime.UtcNow));
        await Until();
    }
}
