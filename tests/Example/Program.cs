using Esn;

// Two rhythms, a value a second; from step 5000 on, for a minute, the second one is faster by a twentieth.
double[] feed = new double[8000];
double phase = 0;
for (int t = 0; t < feed.Length; t++)
{
    phase += t is >= 5000 and < 5060 ? .0735 : .07;
    feed[t] = 20 + Math.Sin(.2 * t) + .5 * Math.Sin(phase);
}

var detector = new Detector(Presets.Signal(), channels: 1);
var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
double[] expected = new double[detector.Channels];
for (int t = 0; t < feed.Length; t++)
{
    StepResult step = detector.Step(start.AddSeconds(t), feed.AsSpan(t, 1), expected);
    if (step.Alarm is { } alarm)
        Console.WriteLine($"step {t}: {alarm.Change}, score {alarm.Score:F1}, expected {alarm.Expected[0]:F3}, was {alarm.Observed[0]:F3}");
}
