using System.Numerics.Tensors;

namespace Esn;

/// <summary>
/// What the tiles of a field see, in one array: of each cell [u; J; their last change; the one before; …], J = J(u, ∇²u) at an rms of
/// .3; then of some cells, smoothed, [u; J; the changes of u; those of J], as <see cref="CoarseSpec"/> says, and what these will be
/// measured against.
/// </summary>
sealed class TileQuantities
{
    readonly GridSpec _grid;
    readonly TileSpec _spec;
    readonly Advection? _advection;
    readonly GaussianBlur? _blur;
    readonly double[] _smooth;  // scratch [cells]
    readonly int[] _coarse;     // cells that are seen of the smoothed fields
    readonly int[][] _changes;  // of u, and of J: frames ago [quantities of a frame]
    readonly int[] _longest;    // of these [quantities of a frame]
    readonly int _changed;      // their number
    readonly int _fine;         // length of the first part

    /// <param name="grid">Valid.</param>
    /// <param name="spec">Valid.</param>
    public TileQuantities(GridSpec grid, TileSpec spec)
    {
        (_grid, _spec) = (grid, spec);
        if (spec.Advection) _advection = new Advection(grid);
        _fine = Now * (1 + spec.Changes) * grid.Channels;
        _coarse = CoarseCells(grid, spec);
        CoarseSpec coarse = spec.Coarse;
        _changes = !coarse.On ? [] : spec.Advection ? [[.. coarse.Changes], [.. coarse.AdvectionChanges]] : [[.. coarse.Changes]];
        _blur = coarse.On ? new GaussianBlur(grid, coarse.Sigma) : null;
        _smooth = new double[coarse.On ? grid.Cells : 0];
        _longest = [.. _changes.Select(changes => changes.DefaultIfEmpty().Max())];
        _changed = _changes.Sum(changes => changes.Length);
        Length = _fine + Width * (_changes.Length + _changed + _longest.Sum());
    }

    // Quantities of a frame: u, and J.
    int Now => _spec.Advection ? 2 : 1;

    // Of one coarse quantity.
    int Width => _grid.Fields * _coarse.Length;

    /// <summary>Of the array, which begins with u. It is all the state there is.</summary>
    public int Length { get; }

    /// <summary>Elements that a tile sees, in the order of its regressors.</summary>
    /// <param name="grid">Valid.</param>
    /// <param name="spec">Valid.</param>
    /// <param name="coarse">Of the grid.</param>
    /// <param name="fine">Cells that it sees one by one.</param>
    /// <param name="around">All cells that it sees.</param>
    public static IEnumerable<int> Seen(GridSpec grid, TileSpec spec, int[] coarse, int[] fine, int[] around)
    {
        int now = spec.Advection ? 2 : 1, planes = now * (1 + spec.Changes) * grid.Fields;
        for (int plane = 0; plane < planes; plane++)
            foreach (int cell in fine) yield return plane * grid.Cells + cell;
        if (!spec.Coarse.On) yield break;
        int[] seen = [.. around.Select(cell => Array.BinarySearch(coarse, cell)).Where(index => index >= 0)];
        int quantities = now + spec.Coarse.Changes.Count + (spec.Advection ? spec.Coarse.AdvectionChanges.Count : 0);
        for (int plane = 0; plane < quantities * grid.Fields; plane++)
            foreach (int index in seen) yield return planes * grid.Cells + plane * coarse.Length + index;
    }

    /// <summary>Cells that stand for those around them: in the middle of each square, as far as the grid reaches. Land is none.</summary>
    public static int[] CoarseCells(GridSpec grid, TileSpec spec)
    {
        if (!spec.Coarse.On) return [];
        int every = spec.Coarse.Every, row = Math.Min(every / 2, grid.Rows - 1), column = Math.Min(every / 2, grid.Columns - 1);
        return
        [
            .. Enumerable.Range(0, grid.Cells).Where(cell => cell / grid.Columns % every == row
                && cell % grid.Columns % every == column && (grid.Land.Count == 0 || !grid.Land[cell])),
        ];
    }

    /// <summary>Fixes the scale of J.</summary>
    /// <param name="frames">[count×channels], scaled.</param>
    public void Fit(ReadOnlySpan<double> frames) => _advection?.Fit(frames);

    /// <summary>The quantities of a frame take the place of those of the frame before.</summary>
    /// <param name="frame">u, [channels].</param>
    /// <param name="quantities">[<see cref="Length"/>], changed.</param>
    public void Take(ReadOnlySpan<double> frame, Span<double> quantities)
    {
        int now = Now * _grid.Channels;
        for (int change = _spec.Changes; change > 1; change--) quantities.Slice((change - 1) * now, now)
            .CopyTo(quantities[(change * now)..]);
        if (_spec.Changes > 0) quantities[..now].CopyTo(quantities[now..]);
        frame.CopyTo(quantities);
        _advection?.Of(frame, quantities.Slice(_grid.Channels, _grid.Channels));
        for (int i = 0; i < now && _spec.Changes > 0; i++) quantities[now + i] -= quantities[i];
        if (_blur is not null) TakeCoarse(quantities[..now], quantities[_fine..]);
    }

    // [u; J; changes of u; changes of J; u of the frames before, the last first; the same of J].
    void TakeCoarse(ReadOnlySpan<double> fine, Span<double> coarse)
    {
        int width = Width, change = _changes.Length * width, before = change + width * _changed;
        for (int i = 0; i < _changes.Length; i++)
        {
            int frames = _longest[i];
            Span<double> now = coarse.Slice(i * width, width), past = coarse.Slice(before, frames * width);
            if (frames > 1) past[..^width].CopyTo(past[width..]);
            if (frames > 0) now.CopyTo(past);
            Sample(fine.Slice(i * _grid.Channels, _grid.Channels), now);
            foreach (int ago in _changes[i])
            {
                TensorPrimitives.Subtract(past.Slice((ago - 1) * width, width), now, coarse.Slice(change, width));
                change += width;
            }
            before += frames * width;
        }
    }

    void Sample(ReadOnlySpan<double> fields, Span<double> coarse)
    {
        for (int field = 0; field < _grid.Fields; field++)
        {
            _blur!.Of(fields.Slice(field * _grid.Cells, _grid.Cells), _smooth);
            for (int i = 0; i < _coarse.Length; i++) coarse[field * _coarse.Length + i] = _smooth[_coarse[i]];
        }
    }

    /// <summary>Out into a snapshot or back.</summary>
    public void Carry(ref StateCarrier state) => _advection?.Carry(ref state);
}
