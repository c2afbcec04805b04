using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Esn.Streaming.Configuration;
using Esn.Streaming.Http;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class AccessTests
{
    const string Mute = "/api/v1/mutes?streams=pump-*&for=1h";

    [Fact]
    public async Task Who_has_a_token_may_write_and_its_name_is_kept()
    {
        await using Served served = await Served.Start();
        Assert.Equal(200, (await served.Write("PUT", Mute + "&why=belt")).Status);
        Assert.Equal(("alice", "belt"), served.Mutes.All is [var mute] ? (mute.By, mute.Why) : default);
        Assert.Equal(204, (await served.Write("DELETE", "/api/v1/mutes?streams=pump-*")).Status);
        Assert.Empty(served.Mutes.All);
    }

    [Fact]
    public async Task Without_any_token_writing_is_refused_and_it_says_how_to_allow_it()
    {
        await using Served served = await Served.Start(http => http with { Tokens = new Dictionary<string, string>() });
        (int status, string text) = await served.Write("PUT", Mute);
        Assert.Equal(403, status);
        Assert.Contains("http: { tokens: {", text, StringComparison.Ordinal);
        Assert.Equal(200, (await served.Write("GET", "/api/v1/mutes", token: null)).Status);
    }

    [Theory]
    [InlineData(null, "a token of http.tokens is needed")]
    [InlineData("a token of alice", "this is no token of http.tokens")]
    [InlineData("a token of alice's ...", "this is no token of http.tokens")]
    public async Task Another_token_is_none(string? token, string says)
    {
        await using Served served = await Served.Start();
        (int status, string text) = await served.Write("PUT", Mute, token);
        Assert.Equal(401, status);
        Assert.Contains(says, text, StringComparison.Ordinal);
        Assert.Empty(served.Mutes.All);
    }

    [Theory]
    [InlineData("Origin", "https://elsewhere.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    public async Task Pages_of_other_sites_may_not_write(string header, string value, int status)
    {
        await using Served served = await Served.Start();
        Assert.Equal(status, (await served.Write("PUT", Mute, change: request => request.Headers.Add(header, value))).Status);
        Assert.Equal(status == 200 ? 1 : 0, served.Mutes.All.Count);
    }

    [Fact]
    public async Task A_name_of_another_site_that_points_to_loopback_reads_nothing()
    {
        await using Served served = await Served.Start();
        Assert.Equal(421, (await served.Write("GET", "/api/v1/streams", change: request => request.Headers.Host = "elsewhere.example"))
            .Status);
        Assert.Equal(200, (await served.Write("GET", "/api/v1/streams", change: request => request.Headers.Host = "localhost:9464"))
            .Status);
    }

    [Fact]
    public async Task Writes_have_a_rate_whether_they_are_allowed_or_not()
    {
        await using Served served = await Served.Start();
        for (int i = 0; i < Access.WritesPerMinute; i++) Assert.Equal(401, (await served.Write("PUT", Mute, token: "guess")).Status);
        Assert.Equal(429, (await served.Write("PUT", Mute)).Status);
        Assert.Equal(200, (await served.Write("GET", "/api/v1/mutes")).Status);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/page/app.js")]
    [InlineData("/page/echarts.js")]
    [InlineData("/api/v1/streams")]
    [InlineData("/metrics")]
    [InlineData("/nowhere")]
    public async Task Every_answer_forbids_what_is_inline_evaluated_or_framed(string path)
    {
        await using Served served = await Served.Start();
        using HttpResponseMessage response = await served.Client.GetAsync(path, Served.Stop);
        string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Too_large_a_request_is_refused()
    {
        await using Served served = await Served.Start();
        Assert.Equal(431, (await served.Write("GET", "/", change: request => request.Headers.Add("X-Large", new string('a', 20_000))))
            .Status);
        Assert.Equal(414, (await served.Write("GET", "/?" + new string('a', 10_000))).Status);
    }

    [Fact]
    public async Task With_a_certificate_it_speaks_TLS()
    {
        string folder = Directory.CreateTempSubdirectory("esn-tls-").FullName;
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            using X509Certificate2 made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            (string certificate, string privateKey) = (Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
            await File.WriteAllTextAsync(certificate, made.ExportCertificatePem(), Served.Stop);
            await File.WriteAllTextAsync(privateKey, key.ExportPkcs8PrivateKeyPem(), Served.Stop);
            await using Served served = await Served.Start(http => http with { Certificate = certificate, CertificateKey = privateKey });
            Assert.Equal("https", served.Client.BaseAddress!.Scheme);
            using var handler = new SocketsHttpHandler { SslOptions =
                new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) =>
                shown?.GetCertHashString() == made.GetCertHashString() } };
            using var client = new HttpClient(handler) { BaseAddress = served.Client.BaseAddress };
            using HttpResponseMessage response = await client.GetAsync("/health/live", Served.Stop);
            Assert.Equal("live\n", await response.Content.ReadAsStringAsync(Served.Stop));
            Assert.True(response.Headers.Contains("Strict-Transport-Security"));

            ConfigException wrong = await Assert.ThrowsAsync<ConfigException>(() =>
                Served.Start(http => http with { Certificate = Path.Combine(folder, "none.pem") }));
            Assert.Contains("http.certificate: can't use", wrong.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
