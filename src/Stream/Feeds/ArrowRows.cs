using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace Esn.Streaming.Feeds;

/// <summary>Rows of an Arrow file (Feather), or of an Arrow stream. A batch of rows is in memory at a time.</summary>
sealed class ArrowRows : ITextRows
{
    readonly ArrowStreamReader _reader;
    readonly string _file;
    readonly string[] _names;
    RecordBatch? _batch;
    Func<int, string>[] _columns = [];
    int _row;

    ArrowRows(ArrowStreamReader reader, string name)
    {
        (_reader, _file) = (reader, name);
        _batch = Next();
        Schema schema = _batch?.Schema ?? Try(() => _reader.Schema);
        _names = [.. schema.FieldsList.Select(field => field.Name)];
        if (_names.Length == 0) throw new FeedException($"{name} has no column");
    }

    /// <summary>Of a file.</summary>
    /// <param name="stream">Seekable; left to the caller.</param>
    /// <param name="name">Of the file, for errors.</param>
    public static ArrowRows OfFile(System.IO.Stream stream, string name) =>
        new(new ArrowFileReader(stream, null, new CompressionCodecFactory(), leaveOpen: true), name);

    /// <summary>Of a stream, such as a pipe.</summary>
    /// <param name="stream">Left to the caller.</param>
    /// <param name="name">Of the file, for errors.</param>
    public static ArrowRows OfStream(System.IO.Stream stream, string name) =>
        new(new ArrowStreamReader(stream, new CompressionCodecFactory(), leaveOpen: true), name);

    public IReadOnlyList<string> Names => _names;

    public char Separator => '\0';

    public bool HasTypes => true;

    public IReadOnlyList<string> Extra => [];

    public IReadOnlyList<string> Notes => [];

    public TextRow? Read()
    {
        while (_batch is not null && _row == _batch.Length)
        {
            _batch.Dispose();
            _batch = Next();
        }
        if (_batch is null) return null;
        int row = _row++;
        return new TextRow([.. _columns.Select(column => column(row))], null);
    }

    public void Dispose()
    {
        _batch?.Dispose();
        _reader.Dispose();
    }

    RecordBatch? Next()
    {
        RecordBatch? batch = Try(() => _reader.ReadNextRecordBatch());
        (_row, _columns) = (0, batch is null ? [] : [.. batch.Arrays.Select(Texts)]);
        return batch;
    }

    static Func<int, string> Texts(IArrowArray array) => array switch
    {
        StringArray texts => i => texts.GetString(i) ?? "",
        LargeStringArray texts => i => texts.GetString(i) ?? "",
        StringViewArray texts => i => texts.GetString(i) ?? "",
        BooleanArray flags => i => CellText.Of(flags.GetValue(i)),
        TimestampArray times => i => CellText.Of(Time(times, i)),
        Date32Array days => i => CellText.Of(days.GetDateOnly(i)),
        Date64Array days => i => CellText.Of(days.GetDateOnly(i)),
        DoubleArray numbers => Numbers(numbers),
        FloatArray numbers => Numbers(numbers),
        HalfFloatArray numbers => i => CellText.Of((float?)numbers.GetValue(i)),
        Int8Array numbers => Numbers(numbers),
        Int16Array numbers => Numbers(numbers),
        Int32Array numbers => Numbers(numbers),
        Int64Array numbers => Numbers(numbers),
        UInt8Array numbers => Numbers(numbers),
        UInt16Array numbers => Numbers(numbers),
        UInt32Array numbers => Numbers(numbers),
        UInt64Array numbers => Numbers(numbers),
        Decimal128Array numbers => i => numbers.GetString(i) ?? "",
        DictionaryArray words => Words(words),
        _ => _ => "",  // of a kind that is no channel
    };

    static Func<int, string> Numbers<T>(PrimitiveArray<T> numbers) where T : struct, IEquatable<T> => i => CellText.Of(numbers.GetValue(i));

    static Func<int, string> Words(DictionaryArray words)
    {
        Func<int, string> index = Texts(words.Indices), word = Texts(words.Dictionary);
        return i => index(i) is { Length: > 0 } at
            ? word(int.Parse(at, System.Globalization.CultureInfo.InvariantCulture)) : "";
    }

    static DateTime? Time(TimestampArray times, int row) => times.GetTimestamp(row) is not { } time ? null
        : ((TimestampType)times.Data.DataType).IsTimeZoneAware ? time.UtcDateTime
        : DateTime.SpecifyKind(time.UtcDateTime, DateTimeKind.Unspecified);

    // Whatever a damaged file makes of it: it is the file that can't be read.
    T Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (FeedException or OutOfMemoryException))
        {
            throw new FeedException($"{_file} can't be read as Arrow: it is damaged or was cut off ({e.Message})");
        }
    }
}
