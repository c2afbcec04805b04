namespace Esn;

/// <summary>A logarithm in 16 bits: to 1/512, where bins are .1 wide; thousands of them wait in each stream.</summary>
static class CompactLogarithm
{
    /// <summary>Thrown away, NaN.</summary>
    public const short None = short.MinValue;

    const short Zero = short.MinValue + 1;  // −∞
    const double Unit = 1.0 / 512;

    /// <summary>Clipped at ±63.99.</summary>
    public static short Of(double logarithm) =>
        double.IsNaN(logarithm) ? None
        : double.IsNegativeInfinity(logarithm) ? Zero
        : (short)Math.Clamp(Math.Round(logarithm / Unit), Zero + 1, short.MaxValue);

    /// <summary>What was coded.</summary>
    public static double Value(short code) => code switch { None => double.NaN, Zero => double.NegativeInfinity, _ => code * Unit };
}
