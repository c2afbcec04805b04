using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class RecordRowsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(2000)]
    public void Each_lies_where_it_was_put(int count)
    {
        RecordRows rows = Of(count);
        Assert.Equal(count, rows.Count);
        for (int i = 0; i < count; i++) Assert.Equal(i, rows.Row(i).Offset);
        Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), rows.Select(record => record.Offset));
    }

    // A live feed mostly has one record at a time.
    [Fact]
    public void One_record_takes_no_more_than_it_needs()
    {
        Of(1);
        Assert.InRange(Allocations.Least(() => Of(1)), 1, 2000);
    }

    static RecordRows Of(int count)
    {
        var rows = new RecordRows();
        for (int i = 0; i < count; i++) rows.Add(new RecordRow(null, "steps", 0, i, 0) { Bytes = ArraySegment<byte>.Empty });
        return rows;
    }
}
