using Esn.Streaming.Kafka;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class BatchSizeTests
{
    readonly FakeTimeProvider _time = new();

    // Batches that are full, each taking so long a record.
    int After(BatchSize size, int batches, TimeSpan record)
    {
        for (int i = 0; i < batches; i++)
        {
            int records = size.Most;
            size.Begin(records);
            _time.Advance(records * record);
            size.End();
        }
        return size.Most;
    }

    [Fact]
    public void In_a_backlog_it_grows_to_the_most_where_steps_are_quick() =>
        Assert.Equal(4000, After(new BatchSize(4000, _time), 10, TimeSpan.FromMicroseconds(5)));

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(150)]
    [InlineData(500)]
    public void However_long_a_step_takes_a_batch_takes_about_what_is_aimed_at(int milliseconds)
    {
        var step = TimeSpan.FromMilliseconds(milliseconds);
        int records = After(new BatchSize(4000, _time), 20, step);
        Assert.True(records * step <= BatchSize.Aim || records == 1, $"{records} records of {step}");
        Assert.True(2.01 * (records + 1) * step >= BatchSize.Aim, $"{records} records of {step}");
    }

    [Fact]
    public void What_waits_behind_another_batch_is_not_held_against_it()
    {
        var size = new BatchSize(4000, _time);
        int records = size.Most;
        for (int i = 0; i < 4; i++) size.Begin(records);
        for (int i = 0; i < 4; i++)
        {
            _time.Advance(BatchSize.Aim / 3);
            size.End();
        }
        Assert.Equal(2 * records, size.Most);
    }

    [Fact]
    public void Those_that_their_bytes_bound_shrink_where_they_are_slow_and_do_not_grow()
    {
        var size = new BatchSize(4000, _time);
        int most = size.Most;
        var step = TimeSpan.FromMilliseconds(30);
        void Batch(TimeSpan record)
        {
            int records = Math.Min(size.Most, 16);  // of more the bytes are too many
            size.Begin(records, bounded: records == 16);
            _time.Advance(records * record);
            size.End();
        }
        for (int i = 0; i < 10; i++) Batch(TimeSpan.FromMilliseconds(1));
        Assert.Equal(most, size.Most);
        for (int i = 0; i < 10; i++) Batch(step);
        Assert.Equal(4, size.Most);
        Assert.True(size.Most * step <= BatchSize.Aim);
    }

    [Fact]
    public void Batches_that_are_not_full_say_nothing()
    {
        var size = new BatchSize(4000, _time);
        int records = size.Most;
        size.Begin(1);
        _time.Advance(TimeSpan.FromSeconds(10));  // a broker that is away, say
        size.End();
        Assert.Equal(records, size.Most);
    }
}
