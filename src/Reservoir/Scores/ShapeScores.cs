namespace Esn;

/// <summary>State of <see cref="ShapeSpec"/> by channel: each has a period of its own, and a past.</summary>
/// <param name="spec">Valid.</param>
/// <param name="context">Of the stream.</param>
sealed class ShapeScores(ShapeSpec spec, ScoreContext context) : Score("shape", context.Channels, spec.Longest / 4)
{
    readonly ShapeScore[] _of = [.. Enumerable.Range(0, context.Channels).Select(_ => new ShapeScore(spec, context with { Channels = 1 }))];

    public override bool Ready => Array.Exists(_of, score => score.Ready);

    public override void Step(in ScoreInput step)
    {
        for (int c = 0; c < _of.Length; c++)
        {
            _of[c].Step(new ScoreInput
            {
                Input = step.Input.Slice(c, 1), Errors = default, Frozen = step.Frozen, Muted = step.Muted, Held = step.Held,
            });
            Squares[c] = _of[c].Ready ? _of[c].Squares[0] : double.NaN;
        }
    }

    public override void CarryWindows(ref StateCarrier state)
    {
        foreach (ShapeScore score in _of) score.Carry(ref state);
    }
}
