namespace Esn;

/// <summary>
/// From which step of a model on which part of a step is taken. Steps are counted from the first frame that the model takes.
/// </summary>
/// <param name="ScalingSteps">Frames that fix the scaling; they are kept, then taken in order.</param>
/// <param name="LearnFrom">Errors before it are not learnt from: the reservoir forgets its start.</param>
/// <param name="NormalityFrom">Errors before it are no part of Σ.</param>
/// <param name="JudgeFrom">Errors before it are not judged: those of a model that has just begun tell nothing.</param>
/// <param name="AlarmFrom">No alarm opens before it, but for what is told early.</param>
/// <param name="Settling">Steps after a muted one that are muted too: its echo in the reservoir.</param>
/// <param name="MostSettling">So many at most, where the echo has not faded by then; not more than the others: they are enough.</param>
readonly record struct StepSchedule(int ScalingSteps, int LearnFrom, int NormalityFrom, int JudgeFrom, int AlarmFrom, int Settling,
    int MostSettling);
