namespace Esn.Streaming.Demo;

/// <summary>
/// What a chaotic path is foretold by: one network that sees the field as a whole, through maps that keep its geometry, and remembers
/// some twenty frames. Tiles, which see their surroundings alone, know nothing of where the blob has been.
/// </summary>
static class FieldDemoModel
{
    const double Rms = .25;  // of what each map drives the units with, about

    /// <summary>For 30×30 cells.</summary>
    public static FieldModelSpec OfChaos { get; } = Presets.Field() with
    {
        Tiles = null,
        Reservoir = new ReservoirSpec { Units = 1200, SpectralRadius = 1.1, LeakRates = [.3], InputScale = 1, BiasScale = .1 },
        Readout = new ReadoutSpec { Regularisation = 1e-5 },
        InputMap = new StackedMapSpec
        {
            ToUnits =
            [
                new PixelsSpec { Rows = 15, Columns = 15, Scale = Rms },
                new ConvolutionSpec { Kernel = ConvolutionKernel.Gaussian, Size = 9, Stride = 2, Scale = Rms },
                new ConvolutionSpec { Kernel = ConvolutionKernel.Gaussian, Size = 25, Stride = 2, Scale = 1.5 * Rms },
                new ConvolutionSpec { Kernel = ConvolutionKernel.Random, Size = 10, Stride = 2, Scale = .3 * Rms },
                new DctSpec { Rows = 12, Columns = 12, Scale = .4 * Rms },
            ],
        },
        // The blob is one thing: its errors are judged together, and wide enough that what the noise does to each cell averages out.
        Errors = [new FieldErrorSpec { Sigma = 8 }],
        BlockRows = 30,
        BlockColumns = 30,
        CalibrateFrom = 1000,
    };
}
