using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;

namespace Esn.Benchmarks;

/// <summary>Single kernels under BenchmarkDotNet, with its memory diagnoser.</summary>
[MemoryDiagnoser, ShortRunJob]
public class KernelBenches
{
    double[] _states = [], _frames = [], _errors = [], _x = [], _u = [];
    Readout _readout = null!;
    Reservoir _reservoir = null!;
    int _t;

    /// <summary>Regressors.</summary>
    [Params(100, 300, 1000)]
    public int D { get; set; }

    /// <summary>Runs the benches that match the filter, all without one.</summary>
    public static IReadOnlyList<Figure> Run(string[] filter)
    {
        BenchmarkSwitcher.FromTypes([typeof(KernelBenches)]).Run(["--filter", filter.Length > 0 ? filter[0] : "*"]);
        return [];
    }

    /// <summary>Makes the models.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (_states, _frames) = Workload.Feed(D, 1);
        _errors = new double[1];
        _readout = new Readout(D, 1, new ReadoutSpec { ForgettingFactor = .9999 });
        _reservoir = new Reservoir(new ReservoirSpec { Units = D }, 1);
        (_x, _u) = (new double[2 * D], [.5]);
    }

    /// <summary>A step of the readout.</summary>
    [Benchmark]
    public void ReadoutLive() => Workload.Run(_readout, _states, _frames, 1, 1, _errors);

    /// <summary>256 steps of the readout, announced.</summary>
    [Benchmark(OperationsPerInvoke = 256)]
    public void ReadoutBlock() => Workload.Run(_readout, _states, _frames, 256, 256, _errors);

    /// <summary>A step of the reservoir.</summary>
    [Benchmark]
    public void ReservoirStep()
    {
        int now = _t++ % 2;
        _reservoir.Step(_u, _x.AsSpan(now * D, D), _x.AsSpan((1 - now) * D, D));
    }
}
