namespace Esn;

/// <summary>What a model foretells, in units of the feed: growth that the scaler took off is put back on.</summary>
sealed class Foretelling
{
    readonly MultiStepForecast? _forecast;
    readonly Scaler _scaler;
    readonly DifferencingScaler? _differencing;  // the scaler, where growth is modelled
    readonly int _channels;
    double[] _points = [];  // scratch

    /// <param name="forecast">Runs several steps ahead; null: the model has none.</param>
    /// <param name="scaler">Fixed.</param>
    /// <param name="channels">Length of a frame.</param>
    /// <param name="interval">Between frames.</param>
    public Foretelling(MultiStepForecast? forecast, Scaler scaler, int channels, TimeSpan interval)
    {
        (_forecast, _scaler, _differencing, _channels) = (forecast, scaler, scaler as DifferencingScaler, channels);
        if (forecast is null) return;
        forecast.Interval = interval;
        if (_differencing is not null) forecast.Dropped = _differencing.PassAnchor;
    }

    /// <summary>An alarm opens: what was foretold before it stands for as long as it is open.</summary>
    /// <param name="from">Step from which on it deviates.</param>
    /// <param name="step">The present one.</param>
    public void BeginAlarm(long from, long step)
    {
        if (_forecast is null) return;
        _forecast.BeginAlarm(from, step);
        _differencing?.Anchor(_forecast.Foretold.First - 1, step);
    }

    /// <summary>What was foretold before the alarm; null: nothing was.</summary>
    /// <param name="offset">Frames that the stream had before the model.</param>
    public Forecast? Told(long offset) => _forecast is null || _forecast.Foretold is not { Count: > 0 } foretold ? null
        : new Forecast(foretold.First + offset, Unscaled(foretold.First, new double[foretold.Count * _channels]));

    /// <summary>What was foretold before the alarm of one step; false: nothing was.</summary>
    /// <param name="step">Of an open alarm.</param>
    /// <param name="expected">[channels], overwritten.</param>
    public bool TryPoint(long step, Span<double> expected)
    {
        if (_forecast is null || _forecast.Foretold.Count == 0) return false;
        ReadOnlySpan<double> point = _forecast.Point(step);
        if (point.IsEmpty) return false;
        if (_differencing is null)
        {
            _scaler.Unscale(point, expected);
            return true;
        }
        long first = _forecast.Foretold.First;
        if (_points.Length != (step + 1 - first) * _channels) _points = new double[(step + 1 - first) * _channels];
        Unscaled(first, _points).AsSpan(^_channels..).CopyTo(expected);
        return true;
    }

    /// <summary>A free run from here on.</summary>
    /// <param name="predictor">Runs.</param>
    /// <param name="time">Of the last frame.</param>
    /// <param name="interval">Between frames.</param>
    /// <param name="forecast">[n×channels], overwritten.</param>
    public void RunFree(Predictor predictor, DateTime time, TimeSpan interval, Span<double> forecast)
    {
        predictor.RunFree(time, interval, _scaler.Reach, forecast);
        for (int done = 0; done < forecast.Length; done += _channels)
            _scaler.Unscale(time = FeedClock.Later(time, interval), forecast.Slice(done, _channels));
        _differencing?.Integrate(forecast, fromAnchor: false);
    }

    // What was foretold from a step on.
    double[] Unscaled(long first, double[] points)
    {
        for (int i = 0; i * _channels < points.Length; i++)
            _scaler.Unscale(_forecast!.Point(first + i), points.AsSpan(i * _channels, _channels));
        _differencing?.Integrate(points, fromAnchor: true);
        return points;
    }
}
