namespace Esn;

/// <summary>How often a channel has moved from one value to another, and how far.</summary>
struct Moves()
{
    const int Few = 30;         // moves of which nothing is known yet, if they also are
    const int Still = 20;       // frames: as long as an alarm of a metric is open at the most

    double _previous = double.NaN, _largest;
    long _moves, _frames;
    long _still;                    // frames in a row at which it did not move

    /// <summary>Most that a change to a value can be told with, by <see cref="FirstChange"/>; ∞ of what moves.</summary>
    /// <param name="value">That comes.</param>
    /// <param name="grows">It is the growth a step of a channel: what it ever was is a measure of how much is much.</param>
    public readonly double Ceiling(double value, bool grows = false)
    {
        if (MovesOften) return double.PositiveInfinity;
        return FirstChange.Score(Math.Abs(value - _previous), grows ? Math.Max(_largest, Math.Abs(_previous)) : _largest);
    }

    /// <inheritdoc cref="ChannelLooks.Of"/>
    public readonly double Looks => _moves == 0 ? 0 : ChannelLooks.Of(_moves, _frames);

    /// <summary>Whether it hardly ever moves, and stands still for so long that what errs now is the model alone.</summary>
    /// <param name="value">That comes.</param>
    public readonly bool Rests(double value) => !MovesOften && _still >= Still && value == _previous;

    readonly bool MovesOften => _moves >= Few || !ChannelLooks.AreRare(_moves, _frames);

    /// <summary>Takes a value.</summary>
    /// <param name="value">That came.</param>
    /// <param name="level">Of which it is the growth a step: it is as exact as that.</param>
    public void Take(double value, double level = 0)
    {
        _frames++;
        double distance = Math.Abs(value - _previous);  // NaN at first
        bool moves = ChannelLooks.IsMove(value, _previous, level);
        if (moves) (_moves, _largest) = (_moves + 1, Math.Max(_largest, distance));
        _still = moves ? 0 : _still + 1;
        _previous = value;
    }
}
