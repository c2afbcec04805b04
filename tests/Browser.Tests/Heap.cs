using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Playwright;

namespace Esn.Browser.Tests;

/// <summary>What a page holds, once all has been collected that nobody holds any more: by Chromium's own heap profiler.</summary>
sealed class Heap(ICDPSession session)
{
    /// <summary>Of the heap of JavaScript, and of the document, with what is detached from it but held.</summary>
    public readonly record struct Size(double Megabytes, int Nodes, int Listeners);

    /// <summary>How much it is now.</summary>
    public async Task<Size> Taken()
    {
        // What was weakly held by what the last one freed goes with the next.
        for (int i = 0; i < 3; i++) await session.SendAsync("HeapProfiler.collectGarbage");
        JsonElement heap = (await session.SendAsync("Runtime.getHeapUsage"))!.Value,
            dom = (await session.SendAsync("Memory.getDOMCounters"))!.Value;
        return new Size(heap.GetProperty("usedSize").GetDouble() / 1e6, dom.GetProperty("nodes").GetInt32(),
            dom.GetProperty("jsEventListeners").GetInt32());
    }

    /// <summary>Bytes and number of objects by type and constructor.</summary>
    public async Task<Dictionary<string, (long Bytes, int Count)>> Constructors()
    {
        var text = new StringBuilder();
        void Piece(object? sender, JsonElement? chunk) => text.Append(chunk!.Value.GetProperty("chunk").GetString());
        ICDPSessionEvent pieces = session.Event("HeapProfiler.addHeapSnapshotChunk");
        pieces.OnEvent += Piece;
        await session.SendAsync("HeapProfiler.takeHeapSnapshot", new Dictionary<string, object> { ["reportProgress"] = false });
        pieces.OnEvent -= Piece;

        using JsonDocument snapshot = JsonDocument.Parse(text.ToString());
        JsonElement root = snapshot.RootElement, meta = root.GetProperty("snapshot").GetProperty("meta");
        string[] fields = [.. meta.GetProperty("node_fields").EnumerateArray().Select(field => field.GetString()!)];
        string[] types = [.. meta.GetProperty("node_types")[0].EnumerateArray().Select(type => type.GetString()!)];
        string[] strings = [.. root.GetProperty("strings").EnumerateArray().Select(one => one.GetString()!)];
        long[] nodes = [.. root.GetProperty("nodes").EnumerateArray().Select(one => one.GetInt64())];
        int width = fields.Length, type = Array.IndexOf(fields, "type"), name = Array.IndexOf(fields, "name"),
            size = Array.IndexOf(fields, "self_size");
        var found = new Dictionary<string, (long Bytes, int Count)>();
        for (int at = 0; at < nodes.Length; at += width)
        {
            string kind = types[nodes[at + type]];
            // Strings and code have names of their own, each another.
            string key = kind is "object" or "native" or "closure" ? $"{kind} {strings[nodes[at + name]]}" : kind;
            (long bytes, int count) = found.GetValueOrDefault(key);
            found[key] = (bytes + nodes[at + size], count + 1);
        }
        return found;
    }

    /// <summary>
    /// Of what the scripts themselves hold. The engine's own is none of it: compiled code, shapes of text, and timings of what was asked
    /// for, of which it keeps so many and no more.
    /// </summary>
    public static long OfScripts(Dictionary<string, (long Bytes, int Count)> held) =>
        held.Where(one => !Engine.Contains(one.Key) && !one.Key.StartsWith("native ", StringComparison.Ordinal))
            .Sum(one => one.Value.Bytes);

    static readonly HashSet<string> Engine = ["code", "hidden", "object shape", "synthetic"];

    /// <summary>What there is more of, the most first.</summary>
    public static string Growth(Dictionary<string, (long Bytes, int Count)> before, Dictionary<string, (long Bytes, int Count)> after) =>
        string.Join('\n', after
            .Select(one => (one.Key, Bytes: one.Value.Bytes - before.GetValueOrDefault(one.Key).Bytes,
                Count: one.Value.Count - before.GetValueOrDefault(one.Key).Count))
            .Where(one => one.Bytes != 0).OrderByDescending(one => one.Bytes).Take(25)
            .Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Bytes,10} B {one.Count,8}  {one.Key}")));
}
