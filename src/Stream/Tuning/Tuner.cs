using Esn.Streaming.Backtest;
using Esn.Streaming.Configuration;
using Esn.Streaming.Feeds;
using MathNet.Numerics.Random;

namespace Esn.Streaming.Tuning;

/// <summary>What a candidate reached.</summary>
/// <param name="Candidate">The parameters.</param>
/// <param name="Error">Mean over feeds.</param>
/// <param name="Loss">½ ln(one-step error) + ½ ln(free-run error) + escaped share + .05·log₂(N/N₀): twice the units must bring 5 %
/// less error.</param>
/// <param name="Labels">Alarms against labels; null without labels.</param>
public sealed record Trial(Candidate Candidate, ForecastError Error, double Loss, LabelSummary? Labels)
{
    /// <summary>Whether this one is better: more caught less false, else a shorter median delay, else a lower loss.</summary>
    /// <param name="other">Of the same feeds.</param>
    /// <param name="margin">By which the loss must be lower.</param>
    public bool Beats(Trial other, double margin = 0)
    {
        if (Labels is { } mine && other.Labels is { } theirs)
        {
            int gain = mine.Caught - mine.FalseAlarms - (theirs.Caught - theirs.FalseAlarms);
            if (gain != 0) return gain > 0;
            double delay = mine.MedianDelay ?? double.PositiveInfinity, theirDelay = theirs.MedianDelay ?? double.PositiveInfinity;
            if (delay != theirDelay) return delay < theirDelay;
        }
        return Loss < other.Loss - margin;
    }
}

/// <summary>What a search found.</summary>
/// <param name="Baseline">The model as configured.</param>
/// <param name="Best">The best, the baseline itself where nothing beat it by <see cref="Tuner.Margin"/>.</param>
/// <param name="Trials">Candidates that were tried, the baseline included.</param>
/// <param name="Rows">Rows the last forecasts were made of.</param>
public sealed record Tuned(Trial Baseline, Trial Best, int Trials, long Rows)
{
    /// <summary>Whether nothing was better than what was configured.</summary>
    public bool KeepsBaseline => ReferenceEquals(Baseline, Best);
}

/// <summary>
/// Seeded search by successive halving: half of the candidates from anywhere, half from around the best of those, all on
/// a ninth of the rows; the best third of them on a third, the best third of these on all and with a second reservoir,
/// so that no lucky one wins. With labels every candidate runs through all of every feed. The same seed finds the same.
/// </summary>
/// <param name="feeds">What alarms are judged by, where it has labels.</param>
/// <param name="parts">What is forecast: the beginning of each feed.</param>
/// <param name="config">The model as configured.</param>
/// <param name="labelled">Whether the feeds have labels.</param>
public sealed class Tuner(BacktestSet feeds, IReadOnlyList<TuneFeed> parts, EsnConfig config, bool labelled)
{
    /// <summary>Loss by which a candidate must beat what was configured: 1 % of the error.</summary>
    public const double Margin = .01;

    const double CostOfDoubling = .05;
    const int LeastRows = 2000;  // that anything is judged by

    readonly Candidate _configured = Candidate.Of(config.Detector);

    /// <summary>Searches.</summary>
    /// <param name="trials">Candidates, the configured one included; at least 2.</param>
    /// <param name="seed">Of the search.</param>
    /// <param name="progress">Told of the part that is done and of the best so far.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <exception cref="FeedException">A feed is too short.</exception>
    public async Task<Tuned> Run(int trials, int seed, Action<double, Trial?> progress, CancellationToken cancel)
    {
        int shortest = parts.Min(part => part.Rows);
        int needed = config.Detector.ForFeedOf(shortest).FramesBeforeScaling + 2 * ForecastTrial.Ahead + 50;
        if (shortest < needed) throw new FeedException($"a feed of {shortest} rows is too short to tune by: {needed} are needed");
        var random = new Xoshiro256StarStar(seed, threadSafe: false);
        int first = 1 + (trials - 1) / 2, third = (trials + 2) / 3, last = Math.Min(third, (trials + 8) / 9);
        var bar = new Bar(labelled ? trials + last : trials / 9.0 + third / 3.0 + 2 * last, progress);
        int share = labelled ? 1 : 9;

        List<Candidate> candidates = [_configured];
        while (candidates.Count < first) candidates.Add(_configured.Anywhere(random));
        List<Trial> tried = await Try(candidates, share, seeds: 1, bar, cancel).ConfigureAwait(false);
        Candidate centre = Ranked(tried)[0].Candidate;
        candidates.Clear();
        while (candidates.Count < trials - first) candidates.Add(centre.Nearby(random, _configured));
        tried.AddRange(await Try(candidates, share, seeds: 1, bar, cancel).ConfigureAwait(false));

        if (!labelled) tried = await Try(Finalists(tried, third), 3, seeds: 1, bar, cancel).ConfigureAwait(false);
        tried = await Try(Finalists(tried, last), 1, seeds: 2, bar, cancel).ConfigureAwait(false);
        Trial baseline = tried.Single(trial => trial.Candidate == _configured), best = Ranked(tried)[0];
        return new Tuned(baseline, best.Beats(baseline, Margin) ? best : baseline, trials, parts.Sum(part => (long)part.Rows));
    }

    static List<Trial> Ranked(IEnumerable<Trial> trials)
    {
        List<Trial> ranked = [.. trials];
        // A stable order: of equals the earlier one is first.
        for (int i = 1; i < ranked.Count; i++)
            for (int j = i; j > 0 && ranked[j].Beats(ranked[j - 1]); j--) (ranked[j], ranked[j - 1]) = (ranked[j - 1], ranked[j]);
        return ranked;
    }

    // The configured one comes along, to be compared with.
    List<Candidate> Finalists(List<Trial> tried, int count)
    {
        List<Candidate> best = [.. Ranked(tried).Take(count).Select(trial => trial.Candidate)];
        if (!best.Contains(_configured)) best.Add(_configured);
        return best;
    }

    async Task<List<Trial>> Try(List<Candidate> candidates, int share, int seeds, Bar bar, CancellationToken cancel)
    {
        var trials = new Trial[candidates.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel };
        await Parallel.ForEachAsync(Enumerable.Range(0, candidates.Count), options, async (i, stop) =>
        {
            trials[i] = await Try(candidates[i], share, seeds, stop).ConfigureAwait(false);
            bar.Done((double)seeds / share, trials[i]);
        }).ConfigureAwait(false);
        return [.. trials];
    }

    async Task<Trial> Try(Candidate candidate, int share, int seeds, CancellationToken cancel)
    {
        var errors = new List<ForecastError>();
        var labels = new List<LabelTally>();
        for (int seed = 0; seed < seeds; seed++)
        {
            ModelSpec model = candidate.In(config.Detector, seed);
            foreach (TuneFeed part in parts)
            {
                int rows = Math.Min(part.Rows, Math.Max(part.Rows / share, model.WarmUp + LeastRows));
                errors.Add(ForecastTrial.Run(model.ForFeedOf(part.Rows), part, rows, cancel));
            }
            if (!labelled) continue;
            // One after the other: the candidates keep all processors busy already.
            foreach (string file in feeds.Files)
            {
                BacktestTotal alone = await (feeds with { Files = [file] })
                    .Run(config with { Detector = model }, null, null, TimeProvider.System, _ => { }, cancel).ConfigureAwait(false);
                labels.Add(alone.Labels!.Tally);
            }
        }
        double loss = errors.Average(Loss) + CostOfDoubling * Math.Log2((double)candidate.Units / _configured.Units);
        var mean = new ForecastError(
            Math.Exp(errors.Average(error => Log(error.OneStep))),
            Math.Exp(errors.Average(error => Log(error.FreeRun))),
            errors.Average(error => error.Escaped));
        return new Trial(candidate, mean, loss, labelled ? LabelTally.Sum(labels).Summary() : null);
    }

    static double Loss(ForecastError error) => .5 * Log(error.OneStep) + .5 * Log(error.FreeRun) + error.Escaped;

    static double Log(double error) => double.IsFinite(error) ? Math.Log(Math.Max(error, 1e-15)) : 100;

    sealed class Bar(double total, Action<double, Trial?> progress)
    {
        readonly Lock _lock = new();
        double _done;
        double _stage;
        Trial? _best;

        public void Done(double part, Trial trial)
        {
            lock (_lock)
            {
                _done += part;
                // Trials of different lengths do not compare.
                if (_best is null || part != _stage || trial.Beats(_best)) _best = trial;
                _stage = part;
                progress(Math.Min(1, _done / total), _best);
            }
        }
    }
}
