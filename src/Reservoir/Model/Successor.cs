namespace Esn;

/// <summary>
/// The model that is to take the place of another, once it can judge: a channel left its scaling for good, and the others are judged by
/// the old one, without that channel, until then. It takes the same frames; the stream hears nothing of it.
/// </summary>
/// <param name="spec">Of the stream.</param>
/// <param name="channels">Length of a frame.</param>
/// <param name="left">Which channels did; null: it is carried in.</param>
/// <param name="model">As it begins; null: it is carried in.</param>
sealed class Successor(ModelSpec spec, int channels, IReadOnlyList<int>? left = null, OnlineModel? model = null)
{
    readonly bool[] _left = [.. Enumerable.Range(0, channels).Select(c => left?.Contains(c) == true)];  // [channels]
    readonly double[] _expected = new double[channels];
    OnlineModel _model = model ?? new OnlineModel(spec, channels, position: 0);
    FeedTraits? _traits;
    long _rescalings;

    /// <summary>Itself.</summary>
    public OnlineModel Model => _model;

    /// <summary>Channels for which it began, ascending.</summary>
    public int[] Left => [.. Enumerable.Range(0, channels).Where(c => _left[c])];

    /// <summary>What is known of the feed that it was chosen for; null: nothing.</summary>
    public FeedTraits? Traits => _traits;

    /// <summary>What it found, as a first model tells it.</summary>
    public ModelChange[] Found => [.. new[] { _model.Growing, _traits?.Told }.OfType<ModelChange>()];

    /// <summary>Times that the feed left its scaling.</summary>
    public long Rescalings => _rescalings;

    /// <summary>Takes a frame.</summary>
    /// <param name="time">Of it.</param>
    /// <param name="frame">[channels], units of the feed; NaN: no value.</param>
    /// <param name="muted">It is not to be judged.</param>
    public void Step(DateTime time, ReadOnlySpan<double> frame, bool muted)
    {
        StepResult unheard = default;
        for (int done = 0; done == 0;)
        {
            done = _model.Take(new ReadOnlySpan<DateTime>(in time), frame, new Span<StepResult>(ref unheard), _expected,
                new ReadOnlySpan<bool>(in muted), whole: false);
            if (_model.Shown is { } traits) (_model, _traits) = (_model.AsShown(), traits);
            if (!_model.Outgrown) continue;
            _model = _model.Leave(spec, out ModelChange why, out _, mayStay: false);
            _rescalings++;
            if (why.Restarted) _traits = null;
        }
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        FeedTraits.Carry(ref state, ref _traits, channels);
        if (state.Loading && _traits is not null) _model = new OnlineModel(OnlineModel.On(spec, _traits, channels), channels, position: 0);
        _model.Carry(ref state);
        state.Carry(ref _rescalings);
        state.Carry(_left);
    }
}
