namespace Esn;

/// <summary>
/// What no learnt tail may silence: a channel that does what it never did, by far. Told by records, which any noise breaks ever
/// more seldom, and not by how often something like it was seen.
/// </summary>
public sealed record UnprecedentedSpec
{
    /// <summary>Whether errors are watched.</summary>
    public bool Errors { get; init; } = true;

    /// <summary>Whether the width of the noise is watched.</summary>
    public bool Widths { get; init; } = true;

    /// <summary>Whether a channel that stands still inside of its range is watched for.</summary>
    public bool Standstills { get; init; } = true;

    /// <summary>By how much a record must be broken, [1, 1000].</summary>
    public double Factor { get; init; } = 1.5;

    /// <summary>α: a record that stood for n steps is taken to be broken by a factor R with probability R^−α/n, (0, 100].</summary>
    public double RecordExponent { get; init; } = 3;

    /// <summary>Usual sizes beyond which an error is in the tail, whose exponent is learnt, [1, 100].</summary>
    public double Tail { get; init; } = 3;

    /// <summary>The exponent of that tail as long as none was seen there, (0, 100].</summary>
    public double TailExponent { get; init; } = 6;

    /// <summary>Errors in the tail that weigh as much as <see cref="TailExponent"/>, (0, 1e4].</summary>
    public double TailWeight { get; init; } = 6;

    /// <summary>Part of the budget: an error is told if it comes more seldom, (0, 1].</summary>
    public double Share { get; init; } = .1;

    /// <summary>Exponent of the tail by which the height of what broke a record is told, in usual sizes, (0, 100].</summary>
    public double ScaleExponent { get; init; } = 4;

    /// <summary>Frames that records are learnt from before any is called broken, 20 … 1,000,000.</summary>
    public int Begin { get; init; } = 100;

    /// <summary>Memory of records and usual sizes, in steps, 100 … 1e9.</summary>
    public double Memory { get; init; } = 100_000;

    /// <summary>Steps that one look at the width of the noise takes, 2 … 10,000.</summary>
    public int WidthWindow { get; init; } = 20;

    /// <summary>
    /// Frames with the very same value that are none too many, beyond twice the longest such stretch before, 1 … 1,000,000.
    /// </summary>
    public int Stuck { get; init; } = 8;

    /// <summary>Whether a standstill is told when it is found alone, and not for as long as it lasts.</summary>
    public bool Once { get; init; }

    /// <summary>Steps that it is told for, 1 … 100: as many as an alarm needs to open.</summary>
    public int Hold { get; init; } = 1;

    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public void Validate()
    {
        Require.Range(Factor, 1, 1000);
        Require.Above(RecordExponent, 0, 100);
        Require.Above(ScaleExponent, 0, 100);
        Require.Range(Tail, 1, 100);
        Require.Above(TailExponent, 0, 100);
        Require.Above(TailWeight, 0, 1e4);
        Require.Above(Share, 0, 1);
        Require.Range(Begin, 20, 1_000_000);
        Require.Range(Memory, 100, 1e9);
        Require.Range(WidthWindow, 2, 10_000);
        Require.Range(Stuck, 1, 1_000_000);
        Require.Range(Hold, 1, 100);
    }
}
