namespace Esn;

/// <summary>
/// A stream judged by its model's errors, and what happens when the feed outgrows the model: one whose scaling clips most
/// of what comes sees nothing any more. Another takes its place, which warms up as the first did.
/// </summary>
/// <param name="spec">Valid.</param>
/// <param name="channels">Length of every frame, ≥ 1.</param>
sealed class ErrorStream(ErrorModelSpec spec, int channels) : StreamModel
{
    ErrorModel _model = new(spec, channels, position: 0);
    ModelHealth _before;  // of the models before this one

    /// <inheritdoc/>
    public override long Position => _model.Position;

    /// <inheritdoc/>
    public override ModelHealth Health =>
        new(_before.Recoveries + _model.Readout.Recoveries, _before.Refusals + _model.Readout.Refusals, _before.Rescalings);

    /// <inheritdoc/>
    public override bool TryForecast(Span<double> expected) => _model.TryForecast(expected);

    /// <inheritdoc/>
    public override void Take(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames, Span<StepResult> results, Span<double> expected, ReadOnlySpan<bool> muted)
    {
        for (int done = 0; done < times.Length;)
        {
            done += _model.Take(times[done..], frames[(done * channels)..], results[done..], expected[(done * channels)..], muted.IsEmpty ? default : muted[done..]);
            if (!_model.Outgrown) continue;
            _before = Health with { Rescalings = _before.Rescalings + 1 };
            _model = new ErrorModel(spec, channels, _model.Position);
        }
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        state.Carry(ref _before);
        _model.Carry(ref state);
    }
}
