using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Esn.Streaming.Http;

/// <summary>The files of the page, which are in the program itself: nothing is read from elsewhere.</summary>
static class PageFiles
{
    const string Prefix = "wwwroot/";

    sealed record PageFile(string Type, byte[] Content, byte[] Zipped, EntityTagHeaderValue Tag);

    static readonly FrozenDictionary<string, Lazy<PageFile>> Files = typeof(PageFiles).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], name => new Lazy<PageFile>(() => Load(name)), StringComparer.Ordinal);

    /// <summary>GET / and the files that it names.</summary>
    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (HttpRequest request) => Answer(request, "index.html")).ExcludeFromDescription();
        foreach (string name in Files.Keys.Where(name => name != "index.html"))
            routes.MapGet($"/page/{name}", (HttpRequest request) => Answer(request, name)).ExcludeFromDescription();
    }

    static IResult Answer(HttpRequest request, string name)
    {
        PageFile file = Files[name].Value;
        HttpResponse response = request.HttpContext.Response;
        response.Headers.CacheControl = "no-cache";  // asked for each time, sent again only where it changed
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        bool zipped = request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (zipped) response.Headers.ContentEncoding = "gzip";
        return Results.Bytes(zipped ? file.Zipped : file.Content, file.Type, entityTag: file.Tag);
    }

    static PageFile Load(string resource)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        using var zipped = new MemoryStream();
        using (var zip = new GZipStream(zipped, CompressionLevel.Optimal)) zip.Write(content.GetBuffer(), 0, (int)content.Length);
        byte[] bytes = content.ToArray();
        string type = Path.GetExtension(resource) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        };
        return new PageFile(type, bytes, zipped.ToArray(),
            new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12))}\""));
    }
}
