using Parquet;
using Parquet.Schema;

namespace Esn.Streaming.Feeds;

/// <summary>Rows of a Parquet file. A group of rows is in memory at a time, as the file has it.</summary>
sealed class ParquetRows : ITextRows
{
    readonly ParquetReader _reader;
    readonly DataField[] _fields;
    readonly string _file;
    readonly List<string> _notes = [];
    Array[] _columns = [];  // of the group, [fields][rows]
    int _group, _row, _rows;

    /// <param name="stream">Seekable; left to the caller.</param>
    /// <param name="name">Of the file, for errors.</param>
    public ParquetRows(Stream stream, string name)
    {
        _file = name;
        // Spark and Impala once wrote texts as bytes.
        _reader = Try(() => ParquetReader.CreateAsync(stream, new ParquetOptions { TreatByteArrayAsString = true }, leaveStreamOpen: true));
        Field[] all = [.. _reader.Schema.Fields];
        _fields = [.. all.OfType<DataField>().Where(field => !field.IsArray)];
        string[] nested = [.. all.Where(field => !_fields.Contains(field)).Select(field => field.Name)];
        if (nested.Length > 0) _notes.Add($"columns of lists and structures are left out: {string.Join(", ", nested)}");
        if (_fields.Length == 0) throw new FeedException($"{name} has no plain column");
    }

    public IReadOnlyList<string> Names => [.. _fields.Select(column => column.Name)];

    public char Separator => '\0';

    public bool HasTypes => true;

    public IReadOnlyList<string> Extra => [];

    public IReadOnlyList<string> Notes => _notes;

    public TextRow? Read()
    {
        while (_row == _rows)
        {
            if (_group == _reader.RowGroupCount) return null;
            Load(_group++);
        }
        int row = _row++;
        return new TextRow([.. _columns.Select(column => CellText.Of(column.GetValue(row)))], null);
    }

    public void Dispose() => _reader.DisposeAsync().AsTask().GetAwaiter().GetResult();

    void Load(int group)
    {
        using ParquetRowGroupReader rows = _reader.OpenRowGroupReader(group);
        (_row, _rows) = (0, checked((int)rows.RowCount));
        _columns = [.. _fields.Select(field => Try(() => Column(rows, field)))];
    }

    Task<Array> Column(ParquetRowGroupReader rows, DataField field) => field.ClrType switch
    {
        var type when type == typeof(ReadOnlyMemory<char>) => Texts(rows, field),
        var type when type == typeof(double) => Numbers<double>(rows, field),
        var type when type == typeof(float) => Numbers<float>(rows, field),
        var type when type == typeof(long) => Numbers<long>(rows, field),
        var type when type == typeof(ulong) => Numbers<ulong>(rows, field),
        var type when type == typeof(int) => Numbers<int>(rows, field),
        var type when type == typeof(uint) => Numbers<uint>(rows, field),
        var type when type == typeof(short) => Numbers<short>(rows, field),
        var type when type == typeof(ushort) => Numbers<ushort>(rows, field),
        var type when type == typeof(sbyte) => Numbers<sbyte>(rows, field),
        var type when type == typeof(byte) => Numbers<byte>(rows, field),
        var type when type == typeof(bool) => Numbers<bool>(rows, field),
        var type when type == typeof(decimal) => Numbers<decimal>(rows, field),
        var type when type == typeof(DateTime) => Numbers<DateTime>(rows, field),
        var type when type == typeof(DateOnly) => Numbers<DateOnly>(rows, field),
        var type when type == typeof(TimeOnly) => Numbers<TimeOnly>(rows, field),
        var type when type == typeof(TimeSpan) => Numbers<TimeSpan>(rows, field),
        _ => Task.FromResult<Array>(new string[_rows]),  // of a kind that is no channel
    };

    async Task<Array> Texts(ParquetRowGroupReader rows, DataField field)
    {
        var texts = new string?[_rows];
        await rows.ReadAsync(field, texts.AsMemory()).ConfigureAwait(false);
        return texts;
    }

    async Task<Array> Numbers<T>(ParquetRowGroupReader rows, DataField field) where T : struct
    {
        if (field.IsNullable)
        {
            var some = new T?[_rows];
            await rows.ReadAsync(field, some.AsMemory()).ConfigureAwait(false);
            return some;
        }
        var all = new T[_rows];
        await rows.ReadAsync(field, all.AsMemory()).ConfigureAwait(false);
        return all;
    }

    // Whatever a damaged file makes of it: it is the file that can't be read.
    T Try<T>(Func<Task<T>> read)
    {
        try
        {
            return read().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not (FeedException or OutOfMemoryException))
        {
            throw new FeedException($"{_file} can't be read as Parquet: it is damaged or was cut off ({e.Message})");
        }
    }
}
