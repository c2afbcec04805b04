using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace Esn.Streaming.Simulation;

/// <summary>
/// The wind-driven double gyre of an ocean basin, quasi-geostrophic with one active layer over a deep one at rest:
/// ∂q/∂t = −J(ψ, ζ + βy + h) − w₀ [sin 2πy + s sin πy] − rζ + ∇·(ν∇ζ), q = ∇²ψ − Fψ, ζ = q + Fψ, on the unit square with
/// ψ = ζ = 0 on the walls (free slip).
/// </summary>
/// <remarks>
/// Arakawa's Jacobian, the five-point Laplacian and the strong-stability-preserving Runge–Kutta method of third order
/// (C.-W. Shu and S. Osher, J. Comput. Phys. 77 (1988), doi:10.1016/0021-9991(88)90177-5). J(ψ, ζ) in place of J(ψ, q) is
/// exact, as J(ψ, Fψ) vanishes in Arakawa's form too. The velocity is (−∂ᵧψ, ∂ₓψ). Not thread-safe; a <see cref="Clone"/> may
/// run beside the original. Stepping allocates nothing.
/// </remarks>
public sealed class DoubleGyre : IFieldSimulation
{
    /// <summary>Steps from the seeded start until the flow has forgotten it, at the default parameters.</summary>
    public const int SpinUpSteps = 12_500;

    const double StartLevel = .02;
    const int StartModes = 6;

    readonly PaddedGrid _grid;
    readonly HelmholtzSolver _helmholtz;
    readonly double[] _q, _stage;                         // q at t, q of a stage
    readonly double[] _psi, _zeta, _potential;            // ψ, ζ, ζ + βy + h
    readonly double[] _planetary;                         // βy + h
    readonly double[] _wind, _friction;                   // tendency by the wind, r
    readonly double[] _viscosityEast, _viscosityNorth;    // ν/d² half-way to the neighbour in the east, in the north
    readonly double[] _means;                             // one line of a frame before it is put in
    LocalAnomaly? _anomaly;
    bool _solved;                                         // ψ belongs to q

    /// <summary>A basin at its seeded start: <see cref="SpinUp"/> brings it on its attractor.</summary>
    /// <param name="spec">Parameters.</param>
    /// <param name="seed">Of the start: q = .02 × normal deviates on the 6×6 longest sines.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter out of its range, or a viscosity too large for the time step.</exception>
    public DoubleGyre(DoubleGyreSpec spec, int seed)
    {
        ArgumentNullException.ThrowIfNull(spec);
        spec.Check();
        Spec = spec;
        _grid = new PaddedGrid(spec.Intervals);
        _helmholtz = new HelmholtzSolver(_grid, spec.F);
        (_q, _stage, _psi, _zeta, _potential) = (Field(), Field(), Field(), Field(), Field());
        (_planetary, _wind, _friction, _viscosityEast, _viscosityNorth) = (Field(), Field(), Field(), Field(), Field());
        _means = new double[spec.Intervals];
        Lay();
        Start(new Xoshiro256StarStar(seed, threadSafe: false));
    }

    DoubleGyre(DoubleGyre other)
    {
        (Spec, _grid, _helmholtz) = (other.Spec, other._grid, other._helmholtz.Clone());
        (_anomaly, _solved) = (other._anomaly, other._solved);
        (_q, _psi) = ([.. other._q], [.. other._psi]);
        (_stage, _zeta, _potential) = (Field(), Field(), Field());
        (_planetary, _wind, _friction) = ([.. other._planetary], [.. other._wind], [.. other._friction]);
        (_viscosityEast, _viscosityNorth) = ([.. other._viscosityEast], [.. other._viscosityNorth]);
        _means = new double[Spec.Intervals];
    }

    /// <summary>The parameters, without the anomaly.</summary>
    public DoubleGyreSpec Spec { get; }

    /// <summary>Cells of a frame in y, from south to north; row r is round y = (2r + 1)/<see cref="DoubleGyreSpec.Intervals"/>.</summary>
    public int Rows => Spec.Intervals / 2;

    /// <summary>Cells of a frame in x, from west to east; column c is round x = (2c + 1)/<see cref="DoubleGyreSpec.Intervals"/>.</summary>
    public int Columns => Spec.Intervals / 2;

    /// <summary>One: ψ.</summary>
    public int Fields => 1;

    /// <summary>Numbers of <see cref="Save"/>: q at every node between the walls.</summary>
    public int StateLength => (Spec.Intervals - 1) * (Spec.Intervals - 1);

    /// <summary>What is other than the parameters say, from the next step on; null: nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A parameter out of its range, or a viscosity too large for the time step.</exception>
    public LocalAnomaly? Anomaly
    {
        get => _anomaly;
        set
        {
            value?.Check();
            if (value?.Kind == LocalAnomalyKind.Viscosity)
                Spec.CheckViscosity(Spec.Viscosity * (1 + Math.Max(0, value.Strength)), "viscosity of the anomaly");
            _anomaly = value;
            Lay();
        }
    }

    /// <summary>The same basin at the same time, which goes on by itself.</summary>
    public DoubleGyre Clone() => new(this);

    /// <summary>Steps without frames.</summary>
    public void SpinUp(int steps = SpinUpSteps)
    {
        for (int i = 0; i < steps; i++) Step();
    }

    /// <summary>Goes on by <see cref="DoubleGyreSpec.StepsPerFrame"/> steps and writes the frame of the new time.</summary>
    /// <param name="frame">ψ, [Rows × Columns].</param>
    /// <exception cref="InvalidOperationException">The flow has become infinite.</exception>
    public void Next(Span<double> frame)
    {
        CheckLength(frame.Length, Rows * Columns, nameof(frame));
        for (int i = 0; i < Spec.StepsPerFrame; i++) Step();
        Frame(frame);
    }

    /// <summary>One time step.</summary>
    public void Step()
    {
        if (!_solved) _helmholtz.Solve(_q, _psi);
        Stage(_q, _stage, 0, 1);
        _helmholtz.Solve(_stage, _psi);
        // In place: a stage reads q of its own node alone, everything else from ψ and ζ, which are done by then.
        Stage(_stage, _stage, 3.0 / 4, 1.0 / 4);
        _helmholtz.Solve(_stage, _psi);
        Stage(_stage, _q, 1.0 / 3, 2.0 / 3);
        _solved = false;
    }

    /// <summary>ψ now, restricted by [1 2 1]/4 in x and y to the odd nodes.</summary>
    /// <param name="frame">[Rows × Columns].</param>
    /// <exception cref="InvalidOperationException">The flow has become infinite.</exception>
    public void Frame(Span<double> frame)
    {
        CheckLength(frame.Length, Rows * Columns, nameof(frame));
        if (!_solved) _helmholtz.Solve(_q, _psi);
        _solved = true;
        int n = Spec.Intervals, columns = Columns;
        for (int c = 0; c < columns; c++)
        {
            ReadOnlySpan<double> west = _psi.AsSpan(_grid[2 * c, 0], n + 1), middle = _psi.AsSpan(_grid[2 * c + 1, 0], n + 1);
            ReadOnlySpan<double> east = _psi.AsSpan(_grid[2 * c + 2, 0], n + 1);
            double before = (west[0] + 2 * middle[0] + east[0]) / 4;
            for (int r = 0; r < _means.Length / 2; r++)
            {
                int j = 2 * r + 1;
                double at = (west[j] + 2 * middle[j] + east[j]) / 4, after = (west[j + 1] + 2 * middle[j + 1] + east[j + 1]) / 4;
                frame[r * columns + c] = (before + 2 * at + after) / 4;
                before = after;
            }
        }
        if (!double.IsFinite(TensorPrimitives.Sum<double>(frame)))
            throw new InvalidOperationException(
                $"the flow has become infinite: timeStep {Spec.TimeStep} is too long for its speed, or the wind {Spec.Wind} too strong");
    }

    /// <summary>Writes the state: q, line by line of constant x. The anomaly and the parameters are not in it.</summary>
    /// <param name="state">[<see cref="StateLength"/>].</param>
    public void Save(Span<double> state)
    {
        CheckLength(state.Length, StateLength, nameof(state));
        int inner = Spec.Intervals - 1;
        for (int i = 1; i <= inner; i++) _q.AsSpan(_grid[i, 1], inner).CopyTo(state[((i - 1) * inner)..]);
    }

    /// <summary>Goes on from a saved state, bit for bit as the basin that saved it.</summary>
    /// <param name="state">What <see cref="Save"/> wrote, finite.</param>
    public void Restore(ReadOnlySpan<double> state)
    {
        CheckLength(state.Length, StateLength, nameof(state));
        foreach (double value in state)
            if (!double.IsFinite(value)) throw new ArgumentException($"a state must be finite, had {value}", nameof(state));
        int inner = Spec.Intervals - 1;
        for (int i = 1; i <= inner; i++) state.Slice((i - 1) * inner, inner).CopyTo(_q.AsSpan(_grid[i, 1]));
        _solved = false;
    }

    /// <summary>target = keep × q + take × (source + dt ∂source/∂t), ψ being that of the source.</summary>
    void Stage(double[] source, double[] target, double keep, double take)
    {
        double f = Spec.F;
        TensorPrimitives.MultiplyAdd(_psi, f, source, _zeta);
        TensorPrimitives.Add(_zeta, _planetary, _potential);

        int n = Spec.Intervals;
        nuint stride = (nuint)_grid.Stride;
        ref double start = ref MemoryMarshal.GetArrayDataReference(_q), from = ref MemoryMarshal.GetArrayDataReference(source);
        ref double to = ref MemoryMarshal.GetArrayDataReference(target), psi = ref MemoryMarshal.GetArrayDataReference(_psi);
        ref double zeta = ref MemoryMarshal.GetArrayDataReference(_zeta), potential = ref MemoryMarshal.GetArrayDataReference(_potential);
        ref double wind = ref MemoryMarshal.GetArrayDataReference(_wind), friction = ref MemoryMarshal.GetArrayDataReference(_friction);
        ref double east = ref MemoryMarshal.GetArrayDataReference(_viscosityEast);
        ref double north = ref MemoryMarshal.GetArrayDataReference(_viscosityNorth);
        Vector256<double> advection = Vector256.Create(n * (double)n / 12), step = Vector256.Create(Spec.TimeStep);
        Vector256<double> kept = Vector256.Create(keep), taken = Vector256.Create(take);
        for (int i = 1; i < n; i++)
        {
            nuint line = (nuint)_grid[i, 0];
            for (nuint node = line + 1; node <= line + (nuint)n; node += (nuint)Vector256<double>.Count)
            {
                Vector256<double> here = Vector256.LoadUnsafe(ref zeta, node);
                Vector256<double> diffusion =
                    Vector256.LoadUnsafe(ref east, node) * (Vector256.LoadUnsafe(ref zeta, node + stride) - here)
                    - Vector256.LoadUnsafe(ref east, node - stride) * (here - Vector256.LoadUnsafe(ref zeta, node - stride))
                    + Vector256.LoadUnsafe(ref north, node) * (Vector256.LoadUnsafe(ref zeta, node + 1) - here)
                    - Vector256.LoadUnsafe(ref north, node - 1) * (here - Vector256.LoadUnsafe(ref zeta, node - 1));
                Vector256<double> tendency = Vector256.LoadUnsafe(ref wind, node)
                    - advection * ArakawaJacobian.Times12(ref psi, ref potential, node, stride)
                    - Vector256.LoadUnsafe(ref friction, node) * here
                    + diffusion;
                Vector256<double> next = kept * Vector256.LoadUnsafe(ref start, node)
                    + taken * (Vector256.LoadUnsafe(ref from, node) + step * tendency);
                next.StoreUnsafe(ref to, node);
            }
            target[_grid[i, n]] = 0;  // the last vector reaches the wall
        }
    }

    /// <summary>Lays out the coefficients with the anomaly in them.</summary>
    void Lay()
    {
        int n = Spec.Intervals;
        double perSquare = n * (double)n;
        for (int i = 0; i <= n; i++)
            for (int j = 0; j <= n; j++)
            {
                int node = _grid[i, j];
                double x = (double)i / n, y = (double)j / n, half = .5 / n;
                _planetary[node] = Spec.Beta * y + Extra(LocalAnomalyKind.Topography, x, y);
                _wind[node] = -Spec.Wind * (Math.Sin(2 * Math.PI * y) + Spec.WindAsymmetry * Math.Sin(Math.PI * y))
                    + Spec.Wind * Extra(LocalAnomalyKind.Wind, x, y);
                _friction[node] = Spec.Friction * (1 + Extra(LocalAnomalyKind.Friction, x, y));
                _viscosityEast[node] = Spec.Viscosity * perSquare * (1 + Extra(LocalAnomalyKind.Viscosity, x + half, y));
                _viscosityNorth[node] = Spec.Viscosity * perSquare * (1 + Extra(LocalAnomalyKind.Viscosity, x, y + half));
            }
    }

    double Extra(LocalAnomalyKind kind, double x, double y) =>
        _anomaly is { } anomaly && anomaly.Kind == kind ? anomaly.Strength * anomaly.Shape(x, y) : 0;

    void Start(Xoshiro256StarStar random)
    {
        int n = Spec.Intervals;
        for (int l = 1; l <= StartModes; l++)
            for (int m = 1; m <= StartModes; m++)
            {
                double level = StartLevel * Normal.Sample(random, 0, 1);
                for (int i = 1; i < n; i++)
                    for (int j = 1; j < n; j++)
                        _q[_grid[i, j]] += level * Math.Sin(Math.PI * l * i / n) * Math.Sin(Math.PI * m * j / n);
            }
    }

    double[] Field() => new double[_grid.Length];

    static void CheckLength(int length, int expected, string name)
    {
        if (length != expected) throw new ArgumentException($"{name} must have {expected} numbers, had {length}", name);
    }
}
