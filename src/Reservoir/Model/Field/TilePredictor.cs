namespace Esn;

/// <summary>
/// Predicts a field tile by tile. A tile's regressors are z = [1; u; J; u₋₁ − u; J₋₁ − J; …] of its cells and those around it, as
/// <see cref="TileQuantities"/> has them; what is learnt is the increment u(t+1) − u(t). In a free run tiles exchange what they predict at
/// every step.
/// </summary>
/// <remarks>
/// Tiles do not depend on each other within a step: they run on two threads, and the bits are the same on one. They take turns to learn:
/// a frame that comes alone would have to read the P of all of them, and the reading is what it would take.
/// </remarks>
sealed class TilePredictor : Predictor
{
    [ThreadStatic] static double[]? s_rows;  // z of the announced frames, tile by tile [tiles][n×D]

    readonly GridSpec _grid;
    readonly ReadoutSpec _readout;
    readonly Tile[] _tiles;
    readonly int[][] _halfOf;       // tiles of each half: of those that learn in one frame, as many in each as can be
    readonly int _turns;            // frames from one turn of a tile to its next
    readonly TileQuantities _see;
    readonly TwoHalves _halves;
    readonly double[] _quantities;  // of the last announced frame
    readonly double[] _settled;     // u of the last settled frame [channels]
    readonly double[] _next;        // ŷ [channels]
    readonly double[] _increment;   // scratch [channels]
    int _late;                      // G, frames by which tiles learn late
    int _at, _count;
    bool _learn;
    double[]? _rows;                // of the thread that has announced frames

    /// <param name="grid">Valid.</param>
    /// <param name="spec">Valid.</param>
    /// <param name="readout">Valid; of one horizon. A delay of 0 is measured: see <see cref="Decorrelation"/>.</param>
    public TilePredictor(GridSpec grid, TileSpec spec, ReadoutSpec readout)
    {
        (_grid, _readout, _late) = (grid, readout, readout.Delay);
        _see = new TileQuantities(grid, spec);
        (_settled, _next, _increment) = (new double[grid.Channels], new double[grid.Channels], new double[grid.Channels]);
        _quantities = new double[_see.Length];
        int[] coarse = TileQuantities.CoarseCells(grid, spec);
        _tiles = [.. Cut(grid, spec).Select(tile =>
            new Tile(tile.Own, [.. TileQuantities.Seen(grid, spec, coarse, tile.Fine, tile.Around)], grid))];
        _turns = Math.Min(spec.Turns, _tiles.Length);
        _halfOf = [.. Enumerable.Range(0, 2).Select(half =>
            Enumerable.Range(0, _tiles.Length).Where(i => (i + i / _turns) % 2 == half).ToArray())];
        int first = 0;
        foreach (Tile tile in _tiles) (tile.First, first) = (first, first + tile.Regressors);
        Regressors = first;
        _halves = new TwoHalves(LearnAndPredict);
        MakeReadouts();
    }

    void MakeReadouts()
    {
        for (int i = 0; i < _tiles.Length; i++)
            _tiles[i].Readout = new Readout(_tiles[i].Regressors, _tiles[i].Outputs, _readout with { Delay = _late },
                new Turns(_turns, Phase: i)) { Parallel = false };
    }

    /// <inheritdoc/>
    public override void Fit(ReadOnlySpan<double> frames)
    {
        _see.Fit(frames);
        if (_readout.Delay > 0) return;
        _late = Decorrelation.LateBy(frames, _grid.Channels);
        MakeReadouts();
    }

    /// <summary>For benchmarks: both halves on the caller's thread.</summary>
    internal static bool OneThread { get; set; }

    /// <inheritdoc/>
    /// <remarks>A period of the tiles' P. More would save next to nothing and take room for z of every tile.</remarks>
    public override int AtOnce => 16;

    /// <summary>Σ D of all tiles.</summary>
    public int Regressors { get; }

    /// <summary>D of each tile.</summary>
    public static IEnumerable<(int Regressors, int Outputs)> Sizes(GridSpec grid, TileSpec spec)
    {
        int[] coarse = TileQuantities.CoarseCells(grid, spec);
        return Cut(grid, spec).Select(tile =>
            (1 + TileQuantities.Seen(grid, spec, coarse, tile.Fine, tile.Around).Count(), grid.Fields * tile.Own.Length));
    }

    /// <inheritdoc/>
    public override long Recoveries => _tiles.Sum(tile => tile.Readout.Recoveries);

    /// <inheritdoc/>
    public override long Refusals => _tiles.Sum(tile => tile.Readout.Refusals);

    // Cells of each tile that are no land, and those that it sees.
    static IEnumerable<(int[] Own, int[] Fine, int[] Around)> Cut(GridSpec grid, TileSpec spec)
    {
        int near = spec.Coarse.On ? spec.Coarse.Near : spec.Halo;
        for (int row = 0; row < grid.Rows; row += spec.Rows)
            for (int column = 0; column < grid.Columns; column += spec.Columns)
            {
                int[] own = Cells(row, column, row + spec.Rows, column + spec.Columns);
                if (own.Length > 0) yield return (own, Within(near, row, column), Within(spec.Halo, row, column));
            }

        int[] Within(int halo, int row, int column) =>
            Cells(row - halo, column - halo, row + spec.Rows + halo, column + spec.Columns + halo);

        int[] Cells(int top, int left, int bottom, int right) =>
        [
            .. from row in Enumerable.Range(Math.Max(0, top), Math.Min(grid.Rows, bottom) - Math.Max(0, top))
               from column in Enumerable.Range(Math.Max(0, left), Math.Min(grid.Columns, right) - Math.Max(0, left))
               where grid.Land.Count == 0 || !grid.Land[row * grid.Columns + column]
               select row * grid.Columns + column,
        ];
    }

    /// <inheritdoc/>
    public override void Begin(ReadOnlySpan<DateTime> times, ReadOnlySpan<double> frames)
    {
        (_at, _count) = (0, times.Length);
        if (s_rows is null || s_rows.Length < times.Length * Regressors) s_rows = new double[times.Length * Regressors];
        _rows = s_rows;
        for (int t = 0; t < times.Length; t++)
        {
            _see.Take(frames.Slice(t * _grid.Channels, _grid.Channels), _quantities);
            foreach (Tile tile in _tiles) tile.Gather(_quantities, Row(tile, t));
        }
        foreach (Tile tile in _tiles) tile.Readout.Begin(_rows.AsSpan(tile.First * times.Length, tile.Regressors * times.Length),
            times.Length);
    }

    Span<double> Row(Tile tile, int t) => _rows.AsSpan(tile.First * _count + t * tile.Regressors, tile.Regressors);

    /// <inheritdoc/>
    public override void Settle(ReadOnlySpan<double> frame, Span<double> errors)
    {
        for (int i = 0; i < frame.Length; i++)
        {
            _increment[i] = frame[i] - _settled[i];
            _settled[i] = double.IsNaN(frame[i]) ? _quantities[i] : frame[i];  // such a frame is announced alone
        }
        errors.Clear();
        foreach (Tile tile in _tiles) tile.Settle(_increment, errors);
        _at++;
    }

    /// <inheritdoc/>
    public override void Learn() => _learn = true;

    /// <inheritdoc/>
    public override void Skip() => _learn = false;

    /// <inheritdoc/>
    public override void Predict()
    {
        if (_tiles.Length > 1 && Environment.ProcessorCount > 1 && !OneThread) _halves.Run();
        else for (int half = 0; half < 2; half++) LearnAndPredict(half);
    }

    void LearnAndPredict(int half)
    {
        foreach (int i in _halfOf[half])
        {
            Tile tile = _tiles[i];
            if (_learn) tile.Readout.Learn();
            else tile.Readout.Skip();
            tile.Readout.Push(Row(tile, _at - 1));
            tile.Predicted(_settled, _next);
        }
    }

    /// <inheritdoc/>
    public override void CopyPrediction(Span<double> prediction) => _next.CopyTo(prediction);

    /// <inheritdoc/>
    public override void RunFree(DateTime time, TimeSpan interval, double limit, Span<double> forecast)
    {
        double[] next = [.. _next], quantities = [.. _quantities];
        for (int done = 0; done < forecast.Length; done += _grid.Channels)
        {
            for (int i = 0; i < next.Length; i++) next[i] = Math.Clamp(next[i], -limit, limit);
            next.CopyTo(forecast[done..]);
            _see.Take(next, quantities);
            foreach (Tile tile in _tiles) tile.Advance(quantities, next);
        }
    }

    /// <inheritdoc/>
    public override void Carry(ref StateCarrier state)
    {
        _see.Carry(ref state);
        state.Carry(ref _late, 0, Decorrelation.Most);
        if (state.Loading) MakeReadouts();
        state.Carry(_quantities);
        state.Carry(_settled);
        state.Carry(_next);
        foreach (Tile tile in _tiles) tile.Readout.Carry(ref state);
    }

    sealed class Tile
    {
        readonly int[] _own;     // channels that it predicts
        readonly int[] _seen;    // elements of the quantities that it sees
        readonly double[] _target, _error, _z;

        public Tile(int[] own, int[] seen, GridSpec grid)
        {
            _own = [.. Enumerable.Range(0, grid.Fields).SelectMany(field => own.Select(cell => field * grid.Cells + cell))];
            _seen = seen;
            Regressors = 1 + _seen.Length;
            (_target, _error, _z) = (new double[_own.Length], new double[_own.Length], new double[Regressors]);
        }

        public Readout Readout { get; set; } = null!;  // made before the first frame

        public int Outputs => _own.Length;

        public int Regressors { get; }

        public int First { get; set; }

        public void Gather(ReadOnlySpan<double> quantities, Span<double> z)
        {
            z[0] = 1;
            for (int i = 0; i < _seen.Length; i++) z[i + 1] = quantities[_seen[i]];
        }

        public void Settle(ReadOnlySpan<double> increment, Span<double> errors)
        {
            for (int i = 0; i < _own.Length; i++) _target[i] = increment[_own[i]];
            Readout.Settle(_target, _error);
            for (int i = 0; i < _own.Length; i++) errors[_own[i]] = _error[i];
        }

        // ŷ = u + the predicted increment.
        public void Predicted(ReadOnlySpan<double> frame, Span<double> next)
        {
            Readout.CopyPrediction(_target);
            for (int i = 0; i < _own.Length; i++) next[_own[i]] = frame[_own[i]] + _target[i];
        }

        // The same from any quantities, whose first plane is the frame.
        public void Advance(ReadOnlySpan<double> quantities, Span<double> next)
        {
            Gather(quantities, _z);
            Readout.Predict(_z, _target);
            for (int i = 0; i < _own.Length; i++) next[_own[i]] = quantities[_own[i]] + _target[i];
        }
    }
}
