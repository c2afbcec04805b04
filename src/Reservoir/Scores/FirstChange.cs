namespace Esn;

/// <summary>
/// What a change of something is worth that hardly ever moved: of a first one it is not known how much is much, and so it is told mildly,
/// a larger one than those before a little more.
/// </summary>
static class FirstChange
{
    /// <summary>Of the first.</summary>
    public const double Mild = 1.05;

    /// <summary>Score of a change.</summary>
    /// <param name="size">Of it, above 0.</param>
    /// <param name="record">The largest before it; 0: it is the first.</param>
    public static double Score(double size, double record) => record > 0 ? Mild + .1 * Math.Log(Math.Max(1, size / record)) : Mild;
}
