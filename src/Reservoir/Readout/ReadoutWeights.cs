namespace Esn;

/// <summary>
/// W_out of all horizons. With few outputs an update is added at once; with many, W = W' + Σ_j e_j g_jᵀ: the errors and
/// gains of a period wait and are added together, so that a step reads W once and writes nothing.
/// </summary>
sealed unsafe class ReadoutWeights
{
    const int DeferredOutputs = 32;

    readonly Kernel _kernel;
    readonly Ring _gains;            // gain of z(t) [ring × padded D]
    readonly AlignedBuffer _rows;    // W' [horizons·outputs × padded D]
    readonly AlignedBuffer _errors;  // e_j [horizons × period × padded outputs]
    readonly long[] _sources;        // the step of g_j [horizons × period]
    readonly int[] _counts;          // [horizons]
    readonly int _outputs, _paddedOutputs, _padded, _period;
    readonly TwoHalves? _halves;

    int _horizon, _frames;           // what the halves work on; no frames: the fold
    double** _states;
    double* _result;

    /// <param name="horizons">Blocks of rows.</param>
    /// <param name="outputs">Rows of a block.</param>
    /// <param name="padded">D rounded up to blocks of 8.</param>
    /// <param name="period">Most updates that can wait.</param>
    /// <param name="gains">Keeps every gain until it is folded.</param>
    /// <param name="kernel">Any: the bits are the same.</param>
    public ReadoutWeights(int horizons, int outputs, int padded, int period, Ring gains, Kernel kernel)
    {
        (_kernel, _gains, _outputs, _padded, _period) = (kernel, gains, outputs, padded, IsDeferred(outputs) ? period : 1);
        _paddedOutputs = (outputs + 7) / 8 * 8;
        _rows = new AlignedBuffer((long)horizons * outputs * padded);
        _errors = new AlignedBuffer((long)horizons * _period * _paddedOutputs);
        (_sources, _counts) = (new long[horizons * _period], new int[horizons]);
        if (Deferred) _halves = new TwoHalves(Half);
    }

    /// <summary>Whether this many outputs let updates wait.</summary>
    public static bool IsDeferred(int outputs) => outputs >= DeferredOutputs;

    /// <summary>Whether updates wait for <see cref="Fold"/>.</summary>
    public bool Deferred => IsDeferred(_outputs);

    /// <summary>Outputs rounded up to blocks of 8: the length of a product.</summary>
    public int PaddedOutputs => _paddedOutputs;

    /// <summary>Whether two threads may share a product.</summary>
    public bool Parallel { get; set; } = Environment.ProcessorCount > 1;

    /// <summary>Bytes of state.</summary>
    public long Bytes => sizeof(double) * (_rows.Length + _errors.Length + _sources.Length);

    /// <summary>y = W'_h z, without what waits.</summary>
    /// <param name="h">Index of the horizon.</param>
    /// <param name="z">Padded.</param>
    /// <param name="y">[outputs], overwritten.</param>
    public void Multiply(int h, double* z, double* y) => _kernel.Dots(Rows(h), _padded, _outputs, z, _padded / 8, y);

    /// <summary>The same for several z's at once.</summary>
    /// <param name="h">Index of the horizon.</param>
    /// <param name="z">[frames], padded.</param>
    /// <param name="frames">≥ 1.</param>
    /// <param name="y">[frames × padded outputs], overwritten.</param>
    public void Multiply(int h, double** z, int frames, double* y)
    {
        (_horizon, _frames) = (h, frames);
        _states = z;
        _result = y;
        RunHalves();
    }

    /// <summary>y += Σ_j e_j (g_j · z): what waits.</summary>
    public void AddWaiting(int h, double* z, double* y)
    {
        int count = _counts[h];
        if (count == 0) return;
        double* along = stackalloc double[count];
        for (int j = 0; j < count; j++) _kernel.Dots(_gains[_sources[h * _period + j]], 0, 1, z, _padded / 8, along + j);
        _kernel.Combine(y, Errors(h, 0), _paddedOutputs, along, count, _paddedOutputs / 8);
    }

    /// <summary>W_h += e g(source)ᵀ, now or at the next fold.</summary>
    public void Add(int h, long source, ReadOnlySpan<double> errors)
    {
        double* waiting = Errors(h, _counts[h]);
        errors.CopyTo(new Span<double>(waiting, _outputs));
        if (Deferred)
        {
            _sources[h * _period + _counts[h]++] = source;
            return;
        }
        double* gain = _gains[source];
        _kernel.AddOuter(Rows(h), _padded, _outputs, &gain, waiting, _paddedOutputs, 1, _padded / 8);
    }

    /// <summary>Takes in all that waits.</summary>
    public void Fold()
    {
        if (!Deferred) return;
        _frames = 0;
        for (_horizon = 0; _horizon < _counts.Length; _horizon++)
        {
            if (_counts[_horizon] == 0) continue;
            RunHalves();
            _counts[_horizon] = 0;
        }
    }

    void RunHalves()
    {
        if (Parallel && _frames != 1) _halves!.Run();
        else
        {
            Half(0);
            Half(1);
        }
    }

    // Rows do not depend on each other: where the halves meet does not matter.
    void Half(int half)
    {
        int middle = _outputs / 8 * 4, first = half == 0 ? 0 : middle, count = half == 0 ? middle : _outputs - middle;
        double* rows = Rows(_horizon) + (long)first * _padded;
        if (_frames > 0)
        {
            _kernel.Products(rows, _padded, count, _states, _frames, _padded / 8, _result + first, _paddedOutputs);
            return;
        }
        int waiting = _counts[_horizon];
        double** gains = stackalloc double*[waiting];
        for (int j = 0; j < waiting; j++) gains[j] = _gains[_sources[_horizon * _period + j]];
        _kernel.AddOuter(rows, _padded, count, gains, Errors(_horizon, 0) + first, _paddedOutputs, waiting, _padded / 8);
    }

    /// <summary>W_h, with what waits, [outputs × D].</summary>
    public void CopyTo(int h, int regressors, Span<double> rows)
    {
        for (int output = 0; output < _outputs; output++)
            for (int i = 0; i < regressors; i++)
            {
                double sum = Rows(h)[(long)output * _padded + i];
                for (int j = 0; j < _counts[h]; j++)
                    sum = Math.FusedMultiplyAdd(Errors(h, j)[output], _gains[_sources[h * _period + j]][i], sum);
                rows[output * regressors + i] = sum;
            }
    }

    /// <summary>A row of W'_h, without what waits.</summary>
    public ReadOnlySpan<double> Row(int h, int output, int regressors) => new(Rows(h) + (long)output * _padded, regressors);

    double* Rows(int h) => _rows.Pointer + (long)h * _outputs * _padded;

    double* Errors(int h, int j) => _errors.Pointer + ((long)h * _period + j) * _paddedOutputs;

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        state.Carry(_rows);
        for (int h = 0; h < _counts.Length; h++)
        {
            state.Carry(ref _counts[h], 0, _period);
            state.Carry(_sources.AsSpan(h * _period, _counts[h]));
            state.Carry(new Span<double>(Errors(h, 0), _counts[h] * _paddedOutputs));
        }
        GC.KeepAlive(this);
    }
}
