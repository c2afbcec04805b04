namespace Esn.Streaming.Streams;

/// <summary>What streams that are stepped one after the other need again and again.</summary>
sealed class StepScratch
{
    [ThreadStatic] static StepScratch? s_ofThread;

    public double[] Values { get; private set; } = [];

    public StepResult[] Results { get; private set; } = [];

    public static StepScratch OfThread(int frames, int channels)
    {
        StepScratch scratch = s_ofThread ??= new StepScratch();
        if (scratch.Results.Length < frames) scratch.Results = new StepResult[frames];
        if (scratch.Values.Length < frames * channels) scratch.Values = new double[frames * channels];
        return scratch;
    }
}
