using System.Diagnostics.CodeAnalysis;

namespace Esn.Streaming.Simulation;

/// <summary>A simulation that emits one frame after another; what a demo and the benchmarks feed a field model with.</summary>
/// <remarks>Not thread-safe. Equal specifications and seeds give equal bits.</remarks>
public interface IFieldSimulation
{
    /// <summary>Cells of a field in y.</summary>
    int Rows { get; }

    /// <summary>Cells of a field in x.</summary>
    int Columns { get; }

    /// <summary>Fields in a frame.</summary>
    int Fields { get; }

    /// <summary>Goes on by one timestep and writes its frame. Allocates nothing.</summary>
    /// <param name="frame">[Fields × Rows × Columns], row by row, one field after the other; y grows with the row.</param>
    /// <exception cref="ArgumentException">The frame has another length.</exception>
    [SuppressMessage("Naming", "CA1716", Justification = "Next is a keyword in Visual Basic alone, and is what the series beside it say.")]
    void Next(Span<double> frame);
}
