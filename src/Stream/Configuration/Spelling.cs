namespace Esn.Streaming.Configuration;

/// <summary>What somebody may have meant.</summary>
static class Spelling
{
    /// <summary>The nearest known word, at most two edits away: a slip of the finger; null: there is none.</summary>
    public static string? Nearest(string word, IEnumerable<string> known) =>
        known.Select(key => (key, distance: Distance(word.ToLowerInvariant(), key.ToLowerInvariant())))
            .Where(candidate => candidate.distance <= 2).OrderBy(candidate => candidate.distance).Select(candidate => candidate.key)
                .FirstOrDefault();

    static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[b.Length];
    }
}
