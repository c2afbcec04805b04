using System.Buffers;

namespace Esn;

/// <summary>One stream's detector: frames in, scores and alarms out.</summary>
/// <remarks>
/// Not thread-safe; one detector a stream. The results depend on the specification, the number of channels and the
/// sequence of frames only: not on how frames are batched, nor on restarts by <see cref="Save"/> and <see cref="Load"/>.
/// </remarks>
public sealed class Detector
{
    readonly ModelSpec _spec;
    readonly StreamModel _model;

    /// <param name="spec">Validated here.</param>
    /// <param name="channels">Length of every frame, ≥ 1.</param>
    /// <exception cref="ArgumentException">A value of the specification is out of its range.</exception>
    public Detector(ModelSpec spec, int channels)
    {
        spec.Validate();
        Require.Range(channels, 1, 1_000_000);
        (_spec, Channels) = (spec, channels);
        _model = spec.Create(channels);
    }

    /// <summary>A detector that goes on where a saved one was: from here on it gives the same bits.</summary>
    /// <param name="spec">Equal to that of the saved one.</param>
    /// <param name="channels">As of the saved one.</param>
    /// <param name="snapshot">All bytes that <see cref="Save"/> wrote.</param>
    /// <exception cref="ArgumentException">A value of the specification is out of its range.</exception>
    /// <exception cref="InvalidDataException">Bytes that are cut off, damaged, of another format or another specification; it says what to do.</exception>
    public static Detector Load(ModelSpec spec, int channels, ReadOnlySpan<byte> snapshot)
    {
        var detector = new Detector(spec, channels);
        Snapshot.Load(detector._model, spec, channels, snapshot);
        GC.KeepAlive(detector);
        return detector;
    }

    /// <summary>Length of every frame.</summary>
    public int Channels { get; }

    /// <summary>Steps taken so far.</summary>
    public long Position => _model.Position;

    /// <summary>What went wrong with the model itself so far.</summary>
    public ModelHealth Health => _model.Health;

    /// <summary>While an alarm is open: what the forecast from before its onset foretold for the last step.</summary>
    /// <param name="expected">[channels], overwritten, units of the feed.</param>
    /// <returns>Whether there is such a forecast.</returns>
    public bool TryForecast(Span<double> expected) => _model.TryForecast(expected);

    /// <summary>Takes one frame.</summary>
    /// <param name="time">Feed time of the frame; carried into events.</param>
    /// <param name="frame">[channels], finite, units of the feed.</param>
    /// <param name="expected">[channels], overwritten with what the model expected; NaN while the scaling is not fixed.</param>
    /// <param name="muted">The feed is not to be judged now: no alarm opens, an open one ends, nothing is learnt, for the washout after it neither.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is not finite.</exception>
    public StepResult Step(DateTime time, ReadOnlySpan<double> frame, Span<double> expected, bool muted = false)
    {
        StepResult result = default;
        StepMany(new ReadOnlySpan<DateTime>(in time), frame, new Span<StepResult>(ref result), expected, new ReadOnlySpan<bool>(in muted));
        return result;
    }

    /// <summary>Takes n frames in order, with the same results as n single steps.</summary>
    /// <param name="times">Feed time of each frame, [n].</param>
    /// <param name="frames">[n×channels], frame by frame, finite, units of the feed.</param>
    /// <param name="results">[n], overwritten.</param>
    /// <param name="expected">[n×channels], overwritten.</param>
    /// <param name="muted">Which frames are not to be judged, as in <see cref="Step"/>, [n]; empty: none.</param>
    /// <exception cref="ArgumentException">A wrong length, or a value that is not finite. Nothing was taken then.</exception>
    public void StepMany(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted = default)
    {
        Require.Length(frames.Length, times.Length * Channels, nameof(frames));
        Require.Length(results.Length, times.Length, nameof(results));
        Require.Length(expected.Length, frames.Length, nameof(expected));
        if (!muted.IsEmpty) Require.Length(muted.Length, times.Length, nameof(muted));
        for (int i = 0; i < frames.Length; i++)
            if (!double.IsFinite(frames[i]))
                throw new ArgumentException(FormattableString.Invariant($"frame {i / Channels} must be finite, channel {i % Channels} was {frames[i]}"), nameof(frames));
        _model.Take(times, frames, results, expected, muted);
        GC.KeepAlive(this);  // and with it all memory outside the managed heap
    }

    /// <summary>Writes all that the next steps depend on, between two calls of <see cref="StepMany"/>: about 8·D(D+1)/2 bytes and the windows.</summary>
    /// <param name="to">Is asked for one span that holds all.</param>
    /// <exception cref="InvalidOperationException">More than 2 GB.</exception>
    public void Save(IBufferWriter<byte> to)
    {
        Snapshot.Save(_model, _spec, Channels, to);
        GC.KeepAlive(this);
    }
}
