namespace Esn;

/// <summary>
/// When a readout learns: in one step of so many, then all that fell due since its last turn, so that P is read once for all of it. What
/// is learnt is the same; the W_out used in between is older by as many steps at the most, less one.
/// </summary>
/// <param name="Every">Steps from one turn to the next, 1 … <see cref="Most"/>.</param>
/// <param name="Phase">≥ 0. Its turns are the steps t with (t + phase) mod every = 0.</param>
readonly record struct Turns(int Every, int Phase)
{
    /// <summary>Steps from one turn to the next, at most.</summary>
    public const int Most = 32;

    /// <summary>Each step is one.</summary>
    public static Turns Always { get; } = new(1, 0);

    /// <summary>Steps until the next turn after a step, 1 … <see cref="Every"/>.</summary>
    public int Until(long step) => Every - (int)((step + Phase) % Every);

    /// <summary>Whether this step is one.</summary>
    public bool At(long step) => (step + Phase) % Every == 0;

    /// <summary>
    /// Where a period begins, so that where turns divide a period one begins with a turn; readouts whose phases differ by whole turns
    /// begin theirs at other steps.
    /// </summary>
    /// <param name="period">Steps of a period.</param>
    /// <returns>Position in it of step 0.</returns>
    public int Start(int period) => Every == 1 ? 0 : (Phase + period - 1) % period;
}
