namespace Esn.Streaming.Telemetry;

/// <summary>
/// The highest value of the last minute: what a scrape shows of a feed that is quicker than it, whose last step tells nothing of
/// the thousand before.
/// </summary>
/// <remarks>Kept in pieces of 5 s, so a value is shown for 60 to 65 s: by every scrape of an interval of a minute or less.</remarks>
sealed class RecentMaximum
{
    static readonly TimeSpan Piece = TimeSpan.FromSeconds(5);

    readonly (long Piece, double Highest)[] _pieces = new (long, double)[13];  // the one that is filled, and 60 s before it

    /// <summary>Takes a value; NaN is none.</summary>
    public void Add(DateTime now, double value)
    {
        long piece = now.Ticks / Piece.Ticks;
        ref (long Piece, double Highest) place = ref _pieces[piece % _pieces.Length];
        if (place.Piece != piece) place = (piece, double.NaN);
        if (!(value <= place.Highest)) place.Highest = double.IsNaN(value) ? place.Highest : value;
    }

    /// <summary>The highest of the last minute; NaN: there was none.</summary>
    public double At(DateTime now)
    {
        long oldest = now.Ticks / Piece.Ticks - _pieces.Length + 1;
        double highest = double.NaN;
        foreach ((long piece, double value) in _pieces)
            if (piece >= oldest && !(value <= highest)) highest = double.IsNaN(value) ? highest : value;
        return highest;
    }
}
