namespace Esn;

/// <summary>Turns the raw scores of a step into one score on which 1 = alarm. A preset names which member of the family does it.</summary>
public abstract record CalibratorSpec
{
    /// <summary>Throws with the key, the value and the range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value out of its range.</exception>
    public abstract void Validate();

    /// <summary>The calibrator of one stream.</summary>
    /// <param name="shapes">What is known beforehand of each raw score, in their order.</param>
    internal abstract ICalibrator Create(IReadOnlyList<ScoreShape> shapes);
}
