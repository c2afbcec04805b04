using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// P of recursive least squares, exact and symmetric by construction, read once a step.
/// </summary>
/// <remarks>
/// P = c (S − Σ_j u_j u_jᵀ): half of S is stored, in tiles; the rank-1 terms of the last steps wait as columns u_j and are
/// folded into S together, once in a period of B steps. A step costs one read of half of S and no write.
/// <para>The schedule is a function of the step's index, whatever was learnt or skipped: at position 0 of a period the
/// columns of the one before are due, and panel after panel of S takes them on the way of the first products. As S is
/// folded from its first panel on, what is not folded yet is a trailing symmetric matrix, corrected by its old columns.</para>
/// <para>For n steps whose z's are known, S z is a product of matrices: panel by panel, the frames before the panel's fold,
/// the fold, the frames after it. Each sum has the order of the single step, so the bits are the same.</para>
/// </remarks>
sealed unsafe class PackedInverse
{
    const int SlabOrder = 512;    // D from which S has two slabs; below, a second thread does not pay
    const int SpreadOrder = 128;  // D from which a fold is spread over several steps; below, one takes no longer than two steps

    readonly Kernel _kernel;
    readonly int _order, _blocks, _padded;  // D, blocks of 8, 8·blocks
    readonly int _period, _foldSteps;       // B; positions over which a fold is spread
    readonly int _slabs, _boundary;         // panels before the boundary are slab 0
    readonly int[] _due;                    // [B] panels that have been folded when S z is taken at this position
    readonly double _prior, _limit, _forgetting;
    readonly AlignedBuffer _matrix;         // S, packed
    readonly AlignedBuffer _columns;        // u_j, and those of a period whose fold of the last is under way [B (+ spread) × padded]
    readonly TwoHalves? _halves;

    int _position;       // of the step in its period
    int _count;          // columns of this period
    int _oldCount;       // columns of the period before, due
    int _folded;         // panels that hold the fold already
    double _factor = 1;  // c: Π 1/λ since the period began
    double _oldFactor = 1;
    double _trace;       // of S − Σ u uᵀ
    double _taken;       // Σ |u_j|² of this period

    Job _job;            // what the slabs work on

    /// <param name="order">D.</param>
    /// <param name="regularisation">β²: P₀ = I/β².</param>
    /// <param name="forgetting">λ.</param>
    /// <param name="traceLimit">Nothing is forgotten while trace(P) is above this many times D/β².</param>
    /// <param name="kernel">Any: the bits are the same.</param>
    /// <param name="turns">In which steps come.</param>
    public PackedInverse(int order, double regularisation, double forgetting, double traceLimit, Kernel kernel, Turns turns)
    {
        (_order, _kernel, _forgetting) = (order, kernel, forgetting);
        (_prior, _limit) = (1 / regularisation, traceLimit * order / regularisation);
        _blocks = (order + 7) / 8;
        _padded = 8 * _blocks;
        // Short periods while S lies in a near cache: a fold is cheap there, waiting columns are not. Longer ones save reads of S.
        _period = order < SpreadOrder ? 8 : order < 1536 ? 16 : Block.Frames;
        _slabs = order < SlabOrder ? 1 : 2;
        // Turns of several steps spread the folds of many matrices as it is.
        _foldSteps = order < SpreadOrder || turns.Every > 1 ? 1 : order < SlabOrder ? _period / 4 : _period / 2;
        _boundary = _slabs == 1 ? _blocks : PanelsOfShare(1, 2);
        _due = [.. Enumerable.Range(1, _period).Select(step => PanelsOfShare(Math.Min(step, _foldSteps), _foldSteps))];
        _matrix = new AlignedBuffer(Kernel.Offset(_blocks, _blocks));
        // A fold at once has taken its columns before a new one is written; while a spread one is under way, new columns wait beside.
        _columns = new AlignedBuffer((long)(_foldSteps == 1 ? _period : _period + _foldSteps) * _padded);
        if (_slabs == 2) _halves = new TwoHalves(MultiplySlab);
        Restart();
        _position = turns.Start(_period);
    }

    /// <summary>D rounded up to blocks of 8: the length of every z.</summary>
    public int Padded => _padded;

    /// <summary>B, steps of a period.</summary>
    public int Period => _period;

    /// <summary>Steps left in this period, ≥ 1.</summary>
    public int Remaining => _period - _position;

    /// <summary>trace(P).</summary>
    public double Trace => _factor * _trace;

    /// <summary>Whether two threads may share a product.</summary>
    public bool Parallel { get; set; } = Environment.ProcessorCount > 1;

    /// <summary>Doubles that <see cref="Multiply"/> takes from a workspace, apart from the result.</summary>
    public long Scratch(int frames) => (long)((_slabs == 1 ? 0 : frames) + (_foldSteps == 1 ? 0 : frames)) * _padded;

    /// <summary>Bytes of state.</summary>
    public long Bytes => sizeof(double) * (_matrix.Length + _columns.Length);

    // Panels that make up a share of the area of S.
    int PanelsOfShare(int part, int of)
    {
        int panels = 0;
        while (Kernel.Offset(_blocks, panels) * of < Kernel.Offset(_blocks, _blocks) * part) panels++;
        return panels;
    }

    /// <summary>S z of this step and the steps after it in the period; folds what is due on the way.</summary>
    /// <param name="z">[frames], each padded.</param>
    /// <param name="product">[frames × padded], overwritten.</param>
    /// <param name="frames">1 … <see cref="Remaining"/>. They must be the frames of these steps: S is ahead by as much.</param>
    /// <param name="scratch">Of <see cref="Scratch"/> doubles.</param>
    public void Multiply(double** z, double* product, int frames, double* scratch)
    {
        double* second = scratch, scaled = _slabs == 1 ? scratch : scratch + (long)frames * _padded;
        double** scaledRows = stackalloc double*[frames];
        double** first = stackalloc double*[frames];
        double** other = stackalloc double*[frames];
        for (int f = 0; f < frames; f++)
        {
            first[f] = product + (long)f * _padded;
            other[f] = _slabs == 1 ? null : second + (long)f * _padded;
            // What is not folded lacks the old factor: it is put into z.
            scaledRows[f] = z[f];
            if (_folded == _blocks || _due[_position + f] == _blocks) continue;
            scaledRows[f] = scaled + (long)f * _padded;
            TensorPrimitives.Multiply(new ReadOnlySpan<double>(z[f], _padded), _oldFactor, new Span<double>(scaledRows[f], _padded));
        }
        _job = new Job { Z = z, Scaled = scaledRows, First = first, Second = other, Frames = frames, Folded = _folded };
        if (_slabs == 1) MultiplySlab(0);
        else if (Parallel && frames > 1) _halves!.Run();
        else
        {
            MultiplySlab(0);
            MultiplySlab(1);
        }
        if (_slabs == 2)
        {
            int start = 8 * _boundary;  // rows above belong to slab 0 alone
            for (int f = 0; f < frames; f++)
            {
                Span<double> sum = new(first[f] + start, _padded - start);
                TensorPrimitives.Add(sum, new ReadOnlySpan<double>(other[f] + start, sum.Length), sum);
            }
        }
        _folded = Math.Max(_folded, _due[_position + frames - 1]);
    }

    void MultiplySlab(int slab)
    {
        Job job = _job;
        (int from, int to) = slab == 0 ? (0, _boundary) : (_boundary, _blocks);
        double** y = slab == 0 ? job.First : job.Second;
        for (int f = 0; f < job.Frames; f++) new Span<double>(y[f] + 8 * from, _padded - 8 * from).Clear();

        int ready = Math.Clamp(job.Folded, from, to);
        if (ready > from) _kernel.MultiplyPanels(_matrix.Pointer, _blocks, from, ready, job.Z, y, job.Frames);
        for (int panel = ready; panel < to;)
        {
            int before = 0;
            while (before < job.Frames && _due[_position + before] <= panel) before++;
            // Panels that stay as they are for all frames go together.
            int next = before < job.Frames ? panel + 1 : to;
            if (before > 0) _kernel.MultiplyPanels(_matrix.Pointer, _blocks, panel, next, job.Scaled, y, before);
            if (before < job.Frames)
            {
                Fold(panel);
                _kernel.MultiplyPanels(_matrix.Pointer, _blocks, panel, next, job.Z + before, y + before, job.Frames - before);
            }
            panel = next;
        }
    }

    void Fold(int panel)
    {
        double** columns = stackalloc double*[_period];
        for (int j = 0; j < _oldCount; j++) columns[j] = OldColumns + (long)j * _padded;
        _kernel.FoldPanel(_matrix.Pointer, _blocks, panel, columns, _oldCount, _oldFactor);
    }

    double* Columns => _foldSteps > 1 && _position < _foldSteps ? _columns.Pointer + (long)_period * _padded : _columns.Pointer;

    double* OldColumns => _columns.Pointer;

    /// <summary>Learns z: makes its gain and takes it out of P (eq. 3). Ends the step if it succeeds.</summary>
    /// <param name="z">Padded.</param>
    /// <param name="product">S z of this step, as <see cref="Multiply"/> gave it; overwritten with the gain g/(λ + zᵀg), padded.</param>
    /// <returns>False if the innovation variance λ + zᵀPz is not positive and finite: nothing has changed.</returns>
    public bool Learn(double* z, double* product)
    {
        if (_position == _foldSteps - 1 && !Resum()) return false;
        double* h = product;
        double* w = stackalloc double[_period];
        Correct(z, h, Columns, _count, 1, 0, w);
        int due = _due[_position];
        if (due < _blocks && _oldCount > 0) Correct(z, h, OldColumns, _oldCount, _oldFactor, due, w);

        double forgetting = _factor * _trace <= _limit ? _forgetting : 1;
        double zh, hh;
        _kernel.Dots(z, 0, 1, h, _blocks, &zh);
        _kernel.Dots(h, 0, 1, h, _blocks, &hh);
        double innovation = forgetting + _factor * zh;
        double s = _factor / innovation, lost = s * hh;
        if (!(innovation > 0 && double.IsFinite(innovation) && double.IsFinite(lost))) return false;

        double root = Math.Sqrt(s);
        Span<double> gain = new(h, _padded);
        TensorPrimitives.Multiply(gain, root, new Span<double>(Columns + (long)_count * _padded, _padded));
        TensorPrimitives.Multiply(gain, s, gain);
        _count++;
        _trace -= lost;
        _taken += lost;
        _factor /= forgetting;
        Advance();
        return true;
    }

    // h −= U scale (Uᵀz), over the rows from a block on.
    void Correct(double* z, double* h, double* columns, int count, double scale, int block, double* w)
    {
        _kernel.Dots(columns + 8 * block, _padded, count, z + 8 * block, _blocks - block, w);
        for (int j = 0; j < count; j++) w[j] = -(scale * w[j]);
        _kernel.Combine(h + 8 * block, columns + 8 * block, _padded, w, count, _blocks - block);
    }

    /// <summary>Ends a step that learns nothing.</summary>
    /// <returns>False as in <see cref="Learn"/>.</returns>
    public bool Skip()
    {
        if (_position == _foldSteps - 1)
        {
            for (; _folded < _blocks; _folded++) Fold(_folded);
            if (!Resum()) return false;
        }
        Advance();
        return true;
    }

    // The running trace gathers rounding errors: made anew when a fold is complete, and with it the sign of the diagonal.
    bool Resum()
    {
        if (_oldCount == 0 && _oldFactor == 1) return true;
        double sum = 0, least = double.PositiveInfinity;
        for (int i = 0; i < _order; i++)
        {
            double element = _matrix.Pointer[Diagonal(i)];
            sum += element;
            least = Math.Min(least, element);
        }
        _trace = sum - _taken;
        return least > 0 && _trace > 0 && double.IsFinite(_trace);
    }

    long Diagonal(int i) => Kernel.Offset(_blocks, i >> 3) + 9 * (i & 7);

    void Advance()
    {
        double* waiting = Columns;
        if (++_position < _period)
        {
            if (_position == _foldSteps && waiting != Columns)
                new Span<double>(waiting, _count * _padded).CopyTo(new Span<double>(Columns, _count * _padded));
            return;
        }
        _position = 0;
        (_oldCount, _oldFactor, _count, _factor) = (_count, _factor, 0, 1);
        _trace *= _oldFactor;
        _taken = 0;
        _folded = _oldCount == 0 && _oldFactor == 1 ? _blocks : 0;
    }

    /// <summary>P ← I/β²: the recovery from a P that is not positive definite any more. Then ends the step.</summary>
    public void Recover()
    {
        Restart();
        Advance();
    }

    void Restart()
    {
        _matrix.Slice(0, (int)_matrix.Length).Clear();
        for (int i = 0; i < _order; i++) _matrix.Pointer[Diagonal(i)] = _prior;
        (_count, _oldCount, _folded, _factor, _oldFactor) = (0, 0, _blocks, 1, 1);
        (_trace, _taken) = (_order * _prior, 0);
    }

    /// <summary>P as a full matrix, [D×D]: for tests and diagnoses.</summary>
    public double[] ToDense()
    {
        var dense = new double[(long)_order * _order];
        for (int j = 0; j < _order; j++)
            for (int i = j; i < _order; i++)
            {
                int panel = j >> 3;
                double sum = _matrix.Pointer[Kernel.Offset(_blocks, panel) + 64L * ((i >> 3) - panel) + 8 * (j & 7) + (i & 7)];
                if (panel >= _folded)
                {
                    for (int t = 0; t < _oldCount; t++) sum -= OldColumns[(long)t * _padded + i] * OldColumns[(long)t * _padded + j];
                    sum *= _oldFactor;
                }
                for (int t = 0; t < _count; t++) sum -= Columns[(long)t * _padded + i] * Columns[(long)t * _padded + j];
                dense[(long)i * _order + j] = dense[(long)j * _order + i] = _factor * sum;
            }
        GC.KeepAlive(this);
        return dense;
    }

    unsafe struct Job
    {
        public double** Z, Scaled, First, Second;
        public int Frames, Folded;
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state)
    {
        // Where steps were skipped, S of a block is ahead of S of single steps, by panels that are due: with these folded, the
        // snapshot too does not depend on how frames were batched.
        for (; !state.Loading && _position > 0 && _folded < _due[_position - 1]; _folded++) Fold(_folded);
        state.Carry(ref _position, 0, _period - 1);
        state.Carry(ref _count, 0, _position);
        state.Carry(ref _oldCount, 0, _period);
        state.Carry(ref _folded, 0, _blocks);
        state.Carry(ref _factor);
        state.Carry(ref _oldFactor);
        state.Carry(ref _trace);
        state.Carry(ref _taken);
        state.Carry(_matrix);
        state.Carry(new Span<double>(Columns, _count * _padded));
        if (_folded < _blocks) state.Carry(new Span<double>(OldColumns, _oldCount * _padded));
        GC.KeepAlive(this);
    }
}
