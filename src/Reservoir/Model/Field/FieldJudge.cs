using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// Judges a field by the block whose error is the most unusual for how much moves there: one score, exp(max r/σ), into the
/// calibrator. Sixteen blocks as sixteen scores would be out of the ordinary on a third of all steps.
/// </summary>
/// <remarks>
/// A calibrator that is young, or was taught much, does not tell how far out a catastrophe is: beside it stands what is unprecedented,
/// a record of the errors of each block.
/// </remarks>
sealed class FieldJudge : Judge, IJudgement
{
    const double Floor = 1e-14;     // of a mean square, scaled: where rounding begins
    const double Rounding = 1e-12;  // a mean square below is none
    const double MostLog = 300;     // of a ratio of squares

    // Of a field that stands still the errors tell, as what moved before says how large they have to be.
    static readonly UnprecedentedSpec Records = new() { Widths = false, Standstills = false };

    readonly FieldModelSpec _spec;
    readonly GridSpec _grid;
    readonly ICalibrator _calibrator;
    readonly HeatMap _heat;
    readonly Look[] _looks;            // a way of taking errors together, each
    readonly int[][] _blocks;          // channels of each block that are no land
    readonly double[][] _weights;      // of these, of sum 1
    readonly double[] _last, _before;  // u(t−1), u(t−2) [channels]
    readonly double[] _moved;          // a of each block, of the frames so far [blocks×3]
    readonly double[] _score = new double[1], _margins = new double[2];
    readonly Unprecedented _unprecedented;
    readonly double[] _sizes;          // errors over what was to be expected [blocks]
    readonly double[] _none;           // zeros [blocks]
    long _frames;

    /// <param name="spec">Valid.</param>
    public FieldJudge(FieldModelSpec spec)
    {
        (_spec, _grid) = (spec, spec.Grid);
        _calibrator = spec.Calibrator.Create([new ScoreShape("block", 1, TailPrior.Raw, 0)]);
        _heat = new HeatMap(_grid, spec.HeatSigma, spec.OnsetFrames, spec.SpreadMemory);
        _blocks = [.. Cut(_grid, spec.BlockRows, spec.BlockColumns)];
        _weights = [.. _blocks.Select(block =>
        {
            double[] worth = [.. block.Select(c => _grid.Latitudes.Count == 0 ? 1
                : Math.Max(1e-3, Math.Cos(Math.PI / 180 * _grid.Latitudes[c % _grid.Cells / _grid.Columns])))];
            return worth.Select(w => w / worth.Sum()).ToArray();
        })];
        _looks = [.. spec.Errors.Select(error => new Look(error, _grid, _blocks.Length, spec.SpreadMemory))];
        (_last, _before) = (new double[_grid.Channels], new double[_grid.Channels]);
        _moved = new double[3 * _blocks.Length];
        (_sizes, _none) = (new double[_blocks.Length], new double[_blocks.Length]);
        double rate = spec.Calibrator is BudgetSpec budget ? budget.AlarmsPerStep : new BudgetSpec().AlarmsPerStep;
        _unprecedented = new Unprecedented(Records, _blocks.Length, rate, levels: false);
    }

    static IEnumerable<int[]> Cut(GridSpec grid, int rows, int columns)
    {
        for (int field = 0; field < grid.Fields; field++)
            for (int top = 0; top < grid.Rows; top += rows)
                for (int left = 0; left < grid.Columns; left += columns)
                {
                    int[] cells =
                    [
                        .. from row in Enumerable.Range(top, Math.Min(rows, grid.Rows - top))
                           from column in Enumerable.Range(left, Math.Min(columns, grid.Columns - left))
                           where grid.Land.Count == 0 || !grid.Land[row * grid.Columns + column]
                           select (field * grid.Rows + row) * grid.Columns + column,
                    ];
                    if (cells.Length > 0) yield return cells;
                }
    }

    /// <inheritdoc/>
    public override IJudgement Judgement => this;

    /// <inheritdoc/>
    public ReadOnlySpan<double> Margins => _margins;

    /// <inheritdoc/>
    public double Score => Math.Max(_calibrator.Score, _unprecedented.Score);

    /// <inheritdoc/>
    public bool IsUnusual(int score) => score == 0 ? _calibrator.IsUnusual(0) : _unprecedented.Unusual;

    /// <inheritdoc/>
    public double ScoreOf(int score) => score == 0 ? _calibrator.ScoreOf(0) : _unprecedented.Score;

    /// <inheritdoc/>
    public override string[] Names { get; } = ["block", Unprecedented.Name];

    /// <inheritdoc/>
    public override int ScoresBefore4 => 1;

    /// <inheritdoc/>
    public override int ScoresBefore6 => 1;

    /// <inheritdoc/>
    public override bool[] Slow { get; } = [false, false];

    /// <inheritdoc/>
    public override FieldEvidence? Evidence => _heat.Evidence();

    bool Calibrates => _frames > _spec.CalibrateFrom;

    /// <inheritdoc/>
    public override void Measure(in StepView step, Alarm alarm)
    {
        _frames++;
        ReadOnlySpan<double> errors = step.Errors[.._grid.Channels];
        _heat.Measure(errors);
        double largest = double.NegativeInfinity;
        _sizes.AsSpan().Clear();
        foreach (Look look in _looks)
        {
            ReadOnlySpan<double> smooth = look.Take(errors);
            for (int block = 0; block < _blocks.Length; block++)
            {
                double square = 0;
                for (int i = 0; i < _blocks[block].Length; i++)
                {
                    double error = smooth[_blocks[block][i]];
                    square += _weights[block][i] * error * error;
                }
                largest = Math.Max(largest, look.Activity.Of(block, Math.Log(square + Floor), _moved.AsSpan(3 * block, 3)));
                if (look == _looks[0] && square > Rounding)
                    _sizes[block] = Math.Exp(.5 * Math.Clamp(look.Activity.Residual(block), -MostLog, MostLog));
            }
        }
        // A muted frame, and frames before the activity is known, tell nothing.
        _score[0] = step.Muted || _frames < 4 ? double.NaN : Math.Exp(Math.Min(largest, 500));
        if (!Calibrates) return;
        _calibrator.Measure(_score);
        if (double.IsNaN(_score[0])) _unprecedented.Skip();
        else _unprecedented.Step(_sizes, _none, alarm.Open, step.WarmingUp);
        (_margins[0], _margins[1]) = (_calibrator.Margins[0], _unprecedented.Margin);
    }

    /// <inheritdoc/>
    public override bool Deviates(in StepView step, Scaler scaler)
    {
        if (_spec.Alarm.MinimumDeviation.Count == 0) return true;
        for (int c = 0; c < step.Frame.Length; c++)
            if (Math.Abs(step.Frame[c] - step.Expected[c]) >= _spec.Alarm.MinimumOf(c)) return true;
        return false;
    }

    /// <inheritdoc/>
    public override void Learn(AlarmChange? change, Alarm alarm, bool muted)
    {
        bool opened = change == AlarmChange.Opened, learn = !muted && !alarm.Open && _frames >= 4;
        _heat.Learn(opened, alarm.Open, learn);
        if (learn)
            foreach (Look look in _looks) look.Activity.Learn(_moved);
        if (!Calibrates) return;
        if (alarm.Counts) _calibrator.Announce(alarm.Start);
        if (change == AlarmChange.Adapted) _calibrator.Adapt([_calibrator.IsUnusual(0)]);
        _calibrator.Learn(muted ? Learning.Muted : opened ? Learning.Opening : alarm.Open ? Learning.Frozen : Learning.Normal,
            alarm.Start);
    }

    /// <inheritdoc/>
    public override bool Say(long alarm, Verdict verdict) => _calibrator.Say(alarm, verdict);

    /// <inheritdoc/>
    public override void End(ReadOnlySpan<double> frame)
    {
        for (int block = 0; block < _blocks.Length; block++)
        {
            (double first, double second) = (0, 0);
            for (int i = 0; i < _blocks[block].Length; i++)
            {
                int c = _blocks[block][i];
                double now = frame[c] - _last[c], then = _last[c] - _before[c];
                (first, second) = (first + _weights[block][i] * now * now, second + _weights[block][i] * (now - then) * (now - then));
            }
            (_moved[3 * block], _moved[3 * block + 1], _moved[3 * block + 2]) = (1, Math.Log(first + Floor), Math.Log(second + Floor));
        }
        _last.CopyTo(_before, 0);
        frame.CopyTo(_last);
    }

    /// <inheritdoc/>
    public override bool Attribute(Span<double> parts, bool byThemselves)
    {
        ReadOnlySpan<double> smooth = _looks[0].Smooth;
        for (int c = 0; c < parts.Length; c++) parts[c] = smooth[c] * smooth[c];
        return true;
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        _calibrator.Carry(ref state);
        _heat.Carry(ref state);
        foreach (Look look in _looks) look.Carry(ref state);
        state.Carry(_last);
        state.Carry(_before);
        state.Carry(_moved);
        state.Carry(ref _frames);
        if (state.Holds(6)) _unprecedented.Carry(ref state);
    }

    // Errors smoothed over neighbouring cells, then averaged over the last frames.
    sealed class Look
    {
        readonly GaussianBlur _blur;
        readonly RunningSum? _frames;
        readonly double[] _smooth;  // [channels]
        readonly int _cells, _length;

        public Look(FieldErrorSpec spec, GridSpec grid, int blocks, int memory)
        {
            _blur = new GaussianBlur(grid, spec.Measure == ErrorMeasure.Imed ? spec.Sigma / Math.Sqrt(2) : 0);
            if (spec.Frames > 1) _frames = new RunningSum(grid.Channels, spec.Frames);
            (_smooth, _cells, _length) = (new double[grid.Channels], grid.Cells, spec.Frames);
            Activity = new ActivityScore(blocks, memory);
        }

        public ActivityScore Activity { get; }

        public ReadOnlySpan<double> Smooth => _smooth;

        public ReadOnlySpan<double> Take(ReadOnlySpan<double> errors)
        {
            for (int first = 0; first < errors.Length; first += _cells) _blur.Of(errors.Slice(first, _cells),
                _smooth.AsSpan(first, _cells));
            if (_frames is null) return _smooth;
            _frames.Add(_smooth);
            TensorPrimitives.Divide(_frames.Values, _length, _smooth);
            return _smooth;
        }

        public void Carry(ref StateCarrier state)
        {
            Activity.Carry(ref state);
            _frames?.Carry(ref state);
            state.Carry(_smooth);
        }
    }
}
