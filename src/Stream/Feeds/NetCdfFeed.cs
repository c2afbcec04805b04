using Esn.Streaming.Wire;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;

namespace Esn.Streaming.Feeds;

/// <summary>Variables of a netCDF-4 or HDF5 file, [time, rows, columns], by the conventions of CF.</summary>
sealed class NetCdfFeed : FieldFeed
{
    const int BlockBytes = 4 << 20;  // that are read at once, where a chunk is not larger

    readonly NativeFile _file;
    readonly Variable[] _variables;
    readonly double[] _times;   // [count]; empty: there are none
    readonly CfTime? _time;

    NetCdfFeed(string file, NativeFile open, IReadOnlyList<string> names) : base(file)
    {
        _file = open;
        IH5Dataset[] all = [.. open.Children().OfType<IH5Dataset>()];
        string[] fields = [.. all.Where(one => Sides(one) is { Length: 3 } && IsNumber(one)).Select(one => one.Name)];
        if (names.Count == 0 && fields.Length != 1)
            throw new FeedException(fields.Length == 0 ? $"{file} has no variable of [time, rows, columns]; {There(all)}"
                : $"{file} has several fields: say which by --var: {string.Join(", ", fields)}");
        _variables = [.. (names.Count == 0 ? fields : names).Select(name => new Variable(file, Array.Find(all, one => one.Name == name)
            ?? throw new FeedException($"{file} has no variable {name}; {There(all)}")))];
        Variable first = _variables[0];
        foreach (Variable other in _variables)
            if (!other.Sides.SequenceEqual(first.Sides))
                throw new FeedException($"{file}: {other.Name} is [{string.Join(", ", other.Sides)}], {first.Name} is "
                    + $"[{string.Join(", ", first.Sides)}]: fields of one feed must have the same grid and times");
        IH5Dataset?[] scales = Scales(first);
        Layout = new FieldLayout(_variables.Length, (int)first.Sides[1], (int)first.Sides[2])
        {
            Names = [.. _variables.Select(variable => variable.Name)],
            Latitudes = Degrees(scales[^2], 90),
            Longitudes = Degrees(scales[^1], 360),
        };
        Count = (int)Math.Min(first.Sides[0], int.MaxValue);
        IsWide = Array.Exists(_variables, variable => variable.IsWide);
        _times = [];
        if (scales[0] is not { } time || Text(time, "units") is not { } units) return;
        _time = CfTime.Parse(units, Text(time, "calendar"), out string problem)
            ?? throw new FeedException($"{file}: {time.Name}: {problem}");
        _times = Variable.Numbers(time, null);
    }

    public static NetCdfFeed OpenFile(string file, IReadOnlyList<string> names)
    {
        using (FileStream stream = File.OpenRead(file))
        {
            var start = new byte[8];
            int count = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (count >= 4 && start.AsSpan(0, 3).SequenceEqual("CDF"u8))
                throw new FeedException($"{file} is a classic netCDF-3 file, netCDF-4 is read: nccopy -k nc4 {file} "
                    + $"{Path.GetFileNameWithoutExtension(file)}-4.nc makes one");
            if (count < start.Length || !start.AsSpan()
                .SequenceEqual((ReadOnlySpan<byte>)[0x89, (byte)'H', (byte)'D', (byte)'F', 13, 10, 26, 10]))
                throw new FeedException($"{file} is no netCDF-4 or HDF5 file: its first bytes are others");
        }
        NativeFile? open = null;
        try
        {
            open = H5File.OpenRead(file);
            return new NetCdfFeed(file, open, names);
        }
        catch (Exception e)
        {
            open?.Dispose();
            // The reader tells what is wrong with a file by exceptions of all kinds, the plain one among them.
            throw e as FeedException ?? new FeedException($"can't read {file}: {e.Message.TrimEnd('.')}; is it cut off?");
        }
    }

    public override IEnumerable<FieldFrame> Frames()
    {
        int cells = Layout.Rows * Layout.Columns, block = Math.Max(1, Math.Min(BlockBytes / (sizeof(double) * cells), Count));
        // Whole chunks, as each is unpacked anew for every read.
        if (_variables.Max(variable => variable.ChunkSteps) is > 1 and var chunk && (long)chunk * cells * sizeof(double) < 64L << 20)
            block = Math.Max(chunk, block / chunk * chunk);
        for (int begin = 0; begin < Count; begin += block)
        {
            int steps = Math.Min(block, Count - begin);
            double[][] read = [.. _variables.Select(variable => Read(variable, begin, steps))];
            for (int t = 0; t < steps; t++)
            {
                var values = new double[Layout.Values];
                for (int f = 0; f < read.Length; f++) read[f].AsSpan(t * cells, cells).CopyTo(values.AsSpan(f * cells));
                yield return new FieldFrame(begin + t, Time(begin + t), values);
            }
        }
    }

    private protected override void Dispose(bool disposing) => _file.Dispose();

    double[] Read(Variable variable, int begin, int steps)
    {
        try
        {
            return variable.Read(begin, steps);
        }
        catch (Exception e)
        {
            throw new FeedException($"{Name}: can't read steps {begin} to {begin + steps - 1} of {Count} of {variable.Name}: "
                + $"{e.Message.TrimEnd('.')}; is the file cut off?");
        }
    }

    DateTime Time(int step) => _time is null ? DateTime.UnixEpoch.AddSeconds(step)
        : _time.Of(_times[step]) ?? throw new FeedException($"{Name}: step {step} is of no year from 1 to 9999");

    // The dimension scales of a variable, as netCDF-4 attaches them; null where there are none.
    IH5Dataset?[] Scales(Variable variable)
    {
        var scales = new IH5Dataset?[variable.Rank];
        if (variable.Dataset.AttributeExists("DIMENSION_LIST"))
        {
            NativeObjectReference1[][] lists = variable.Dataset.Attribute("DIMENSION_LIST").Read<NativeObjectReference1[][]>();
            for (int i = 0; i < lists.Length; i++)
                if (lists[i].Length > 0) scales[i] = _file.Get(lists[i][0]) as IH5Dataset;
        }
        return scales.Length >= 3 ? scales : [scales[0], null, scales[^1]];
    }

    static double[] Degrees(IH5Dataset? scale, double limit)
    {
        if (scale is null || !IsNumber(scale)
            || Text(scale, "units")?.StartsWith("degree", StringComparison.OrdinalIgnoreCase) != true) return [];
        double[] degrees = Variable.Numbers(scale, null);
        return Array.TrueForAll(degrees, one => Math.Abs(one) <= limit) ? degrees : [];
    }

    static string There(IH5Dataset[] all) => all.Length == 0 ? "it has none"
        : $"it has {string.Join(", ", all.Select(one => one.Name).Order(StringComparer.Ordinal))}";

    // A level, or what else has a single entry between time and the grid, is left out.
    static ulong[] Sides(IH5Dataset dataset)
    {
        ulong[] sides = dataset.Space.Dimensions;
        return sides.Length == 4 && sides[1] == 1 ? [sides[0], sides[2], sides[3]] : sides;
    }

    static bool IsNumber(IH5Dataset dataset) => dataset.Type.Class is H5DataTypeClass.FloatingPoint or H5DataTypeClass.FixedPoint;

    static string? Text(IH5Dataset dataset, string name)
    {
        if (!dataset.AttributeExists(name)) return null;
        IH5Attribute attribute = dataset.Attribute(name);
        return attribute.Type.Class is H5DataTypeClass.String or H5DataTypeClass.VariableLength
            ? attribute.Space.Dimensions.Length == 0 ? attribute.Read<string>() : attribute.Read<string[]>() is [var only] ? only : null
            : null;
    }

    sealed class Variable
    {
        readonly double[] _missing;
        readonly double _scale, _offset;

        public Variable(string file, IH5Dataset dataset)
        {
            Dataset = dataset;
            Sides = NetCdfFeed.Sides(dataset);
            if (Sides.Length != 3 || !IsNumber(dataset))
                throw new FeedException($"{file}: {dataset.Name} is {dataset.Type.Class} of "
                    + $"[{string.Join(", ", dataset.Space.Dimensions)}]: numbers of [time, rows, columns] are expected");
            if (Sides[0] < 1 || Sides[1] is < 1 or > 10_000 || Sides[2] is < 1 or > 10_000)
                throw new FeedException($"{file}: {dataset.Name} is [{string.Join(", ", Sides)}]: at least one step, and at most 10000 "
                    + $"cells a side");
            _missing = [.. Attribute("_FillValue"), .. Attribute("missing_value")];
            double[] scale = Attribute("scale_factor"), offset = Attribute("add_offset");
            (_scale, _offset) = (scale is [var factor] ? factor : 1, offset is [var sum] ? sum : 0);
            IsWide = dataset.Type.Size > 4 || dataset.Type.Class != H5DataTypeClass.FloatingPoint || _scale != 1 || _offset != 0;
            ChunkSteps = dataset.Layout.Class == H5DataLayoutClass.Chunked ? (int)Math.Min(dataset.Layout.Chunks[0], int.MaxValue) : 1;
        }

        public IH5Dataset Dataset { get; }

        public string Name => Dataset.Name;

        public int Rank => Dataset.Space.Dimensions.Length;

        public ulong[] Sides { get; }  // [steps, rows, columns]

        public bool IsWide { get; }

        public int ChunkSteps { get; }

        public double[] Read(int begin, int steps)
        {
            ulong[] sides = Dataset.Space.Dimensions, starts = new ulong[sides.Length], blocks = [.. sides];
            (starts[0], blocks[0]) = ((ulong)begin, (ulong)steps);
            double[] values = Numbers(Dataset, new HyperslabSelection(sides.Length, starts, blocks));
            for (int i = 0; i < values.Length; i++)
                values[i] = Array.IndexOf(_missing, values[i]) >= 0 ? double.NaN : _offset + _scale * values[i];
            return values;
        }

        double[] Attribute(string name)
        {
            if (!Dataset.AttributeExists(name)) return [];
            IH5Attribute attribute = Dataset.Attribute(name);
            return Convert(attribute.Type, attribute.Read<float[]>, attribute.Read<double[]>, attribute.Read<sbyte[]>,
                attribute.Read<byte[]>,
                attribute.Read<short[]>, attribute.Read<ushort[]>, attribute.Read<int[]>, attribute.Read<uint[]>, attribute.Read<long[]>);
        }

        public static double[] Numbers(IH5Dataset dataset, Selection? part) => Convert(dataset.Type,
            _ => dataset.Read<float[]>(part), _ => dataset.Read<double[]>(part), _ => dataset.Read<sbyte[]>(part),
                _ => dataset.Read<byte[]>(part),
            _ => dataset.Read<short[]>(part), _ => dataset.Read<ushort[]>(part), _ => dataset.Read<int[]>(part),
                _ => dataset.Read<uint[]>(part),
            _ => dataset.Read<long[]>(part));

        // In the file's own type, then as doubles.
        static double[] Convert(IH5DataType type, Func<ulong[]?, float[]> f4, Func<ulong[]?, double[]> f8, Func<ulong[]?, sbyte[]> i1,
            Func<ulong[]?, byte[]> u1,
            Func<ulong[]?, short[]> i2, Func<ulong[]?, ushort[]> u2, Func<ulong[]?, int[]> i4, Func<ulong[]?, uint[]> u4, Func<ulong[]?,
                long[]> i8)
        {
            bool signed = type.Class == H5DataTypeClass.FixedPoint && type.FixedPoint.IsSigned;
            return (type.Class, type.Size, signed) switch
            {
                (H5DataTypeClass.FloatingPoint, 4, _) => Array.ConvertAll(f4(null), one => (double)one),
                (H5DataTypeClass.FloatingPoint, 8, _) => f8(null),
                (H5DataTypeClass.FixedPoint, 1, true) => Array.ConvertAll(i1(null), one => (double)one),
                (H5DataTypeClass.FixedPoint, 1, false) => Array.ConvertAll(u1(null), one => (double)one),
                (H5DataTypeClass.FixedPoint, 2, true) => Array.ConvertAll(i2(null), one => (double)one),
                (H5DataTypeClass.FixedPoint, 2, false) => Array.ConvertAll(u2(null), one => (double)one),
                (H5DataTypeClass.FixedPoint, 4, true) => Array.ConvertAll(i4(null), one => (double)one),
                (H5DataTypeClass.FixedPoint, 4, false) => Array.ConvertAll(u4(null), one => (double)one),
                (H5DataTypeClass.FixedPoint, 8, true) => Array.ConvertAll(i8(null), one => (double)one),
                _ => throw new NotSupportedException($"numbers of {type.Class} in {type.Size} bytes can't be read"),
            };
        }
    }
}
