using System.Globalization;
using System.Text;
using Esn.Streaming.Streams;
using Esn.Streaming.Wire;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Times of records as exports and loggers write them: read rightly, or refused with what would be right; never as 1970.</summary>
public sealed class RecordTimeTests
{
    static readonly DateTime Sent = new(2026, 1, 5, 13, 0, 0, DateTimeKind.Utc);

    static FeedRecord Record(string time, DateTime? sent = null, long offset = 0) => new("steps", 0, offset,
        (long)((sent ?? Sent) - DateTime.UnixEpoch).TotalMilliseconds, "pump"u8.ToArray(),
        Encoding.UTF8.GetBytes($$"""{"timestamp": {{time}}, "value": 1}"""));

    static (Frame? Frame, DeadLetter? DeadLetter) Decode(string time, string format = "", string zone = "", DateTime? sent = null) =>
        new FrameDecoder(new FrameFields { TimestampFormat = format, Timezone = zone }).Decode(Record(time, sent));

    static string Shown(DateTime? time) => time?.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture) ?? "none";

    [Theory]
    [InlineData("20260105", "2026-01-05 00:00:00")]
    [InlineData("\"20260105\"", "2026-01-05 00:00:00")]
    [InlineData("202601051300", "2026-01-05 13:00:00")]
    [InlineData("20260105130005", "2026-01-05 13:00:05")]
    [InlineData("\"20260105T130005Z\"", "2026-01-05 13:00:05")]
    [InlineData("\"5.1.2026 13:00\"", "2026-01-05 13:00:00")]
    [InlineData("\"5 Jan 2026 13:00\"", "2026-01-05 13:00:00")]
    [InlineData("\"Mon Jan  5 13:00:00 2026\"", "2026-01-05 13:00:00")]
    [InlineData("\"05/Jan/2026:13:00:00 +0100\"", "2026-01-05 12:00:00")]
    [InlineData("\"2026-W02-1\"", "2026-01-05 00:00:00")]
    [InlineData("1767618000", "2026-01-05 13:00:00")]
    [InlineData("0", "1970-01-01 00:00:00")]
    public void A_time_is_read_as_it_is_written(string time, string shown) => Assert.Equal(shown, Shown(Decode(time).Frame?.Time));

    [Theory]
    [InlineData("46027.541667", "excel", "2026-01-05 13:00:00")]
    [InlineData("\"46027.541667\"", "excel", "2026-01-05 13:00:00")]
    [InlineData("46027", "s", "1970-01-01 12:47:07")]
    [InlineData("20260105", "s", "1970-08-23 11:48:25")]
    [InlineData("\"01/05/2026 13:00\"", "month-first", "2026-01-05 13:00:00")]
    [InlineData("\"05/01/2026 13:00\"", "day-first", "2026-01-05 13:00:00")]
    [InlineData("\"2026|005\"", "yyyy|ddd", "none")]
    [InlineData("\"2026-01-05 14:00:00 GMT+0100\"", "%Y-%m-%d %H:%M:%S %Z%z", "2026-01-05 13:00:00")]
    [InlineData("\"05-01-26 13h\"", "dd-MM-yy HH'h'", "2026-01-05 13:00:00")]
    [InlineData("1767618000000000001", "ns", "2026-01-05 13:00:00")]
    public void A_form_that_is_said_holds_for_all_records(string time, string format, string shown) =>
        Assert.Equal(shown, Shown(Decode(time, format).Frame?.Time));

    [Fact]
    public void A_time_of_another_form_than_is_said_is_refused()
    {
        DeadLetter letter = Decode("\"2026-01-05\"", "excel").DeadLetter!;
        Assert.Equal(Rejection.BadTimestamp, letter.Reason);
        Assert.Equal("the timestamp must be written as source.fields.timestampFormat says (days of a spreadsheet), was 2026-01-05",
            letter.Detail);
    }

    [Theory]
    [InlineData("\"05/01/2026 13:00\"")]
    [InlineData("\"13/01/2026\"")]
    public void Day_and_month_are_not_guessed_record_by_record(string time)
    {
        DeadLetter letter = Decode(time).DeadLetter!;
        Assert.Equal(Rejection.BadTimestamp, letter.Reason);
        Assert.EndsWith("say which with source.fields.timestampFormat: day-first or month-first", letter.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("05/01/2026")]
    [InlineData("05-01-2026 13:00")]
    [InlineData("13/01/2026")]
    public void A_time_of_a_configuration_or_a_request_is_not_guessed_either(string time) => Assert.Null(FeedTime.Parse(time));

    [Fact]
    public void A_stream_that_may_begin_with_days_of_a_spreadsheet_is_refused_and_one_that_comes_there_goes_on()
    {
        var table = new StreamTable(Pipelines.Config(), TimeProvider.System);
        ScoredBatch batch = table.Take(Pipelines.Batch(Record("46027.541667")));
        DeadLetter letter = Assert.Single(batch.DeadLetters);
        Assert.Equal((Rejection.BadTimestamp, 0), (letter.Reason, batch.StreamCount));
        Assert.EndsWith("say which with source.fields.timestampFormat: excel or s", letter.Detail, StringComparison.Ordinal);

        batch = table.Take(Pipelines.Batch(Record("36525", offset: 1), Record("36526", offset: 2), Record("36527", offset: 3)));
        Assert.Equal((0, 3), (batch.DeadLetters.Count, batch.Frames.Count));
    }

    // Clocks went back at 1:00 UTC.
    [Theory]
    [InlineData("2026-10-25T00:31:00Z", "2026-10-25 00:30:00")]
    [InlineData("2026-10-25T01:31:00Z", "2026-10-25 01:30:00")]
    public void The_hour_that_comes_twice_is_the_one_that_the_record_was_sent_in(string sent, string shown)
    {
        DateTime then = DateTime.Parse(sent, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);
        Assert.Equal(shown, Shown(Decode("\"2026-10-25 02:30\"", zone: "Europe/Copenhagen", sent: then).Frame?.Time));
        Assert.Equal("2026-10-25 02:30:00", Shown(Decode("\"2026-10-25 02:30Z\"", zone: "Europe/Copenhagen", sent: then).Frame?.Time));
    }

    [Theory]
    [InlineData("٢٠٢٦-٠١-٠٥ ١٣:٠٠:٠٠")]
    [InlineData("２０２６-01-05 13:00")]
    [InlineData("٢٠٢٦٠١٠٥")]
    [InlineData("٠٥.٠١.٢٠٢٦")]
    [InlineData("٥ Jan 2026")]
    [InlineData("5 Jan 2026 Z UTC")]
    [InlineData("5 Jan 2026 13:00 CET CET")]
    public void A_time_in_other_digits_or_of_two_zones_is_refused(string text)
    {
        foreach (string format in (string[])["", "day-first", "elapsed", "%Y-%m-%d %H:%M:%S", "%d %b %Y %Z"])
            Assert.Equal(Rejection.BadTimestamp, Decode($"\"{text}\"", format).DeadLetter?.Reason);
    }

    [Fact]
    public void A_text_as_long_as_a_record_is_refused_as_any_other()
    {
        string zones = "5 Jan 2026" + string.Concat(Enumerable.Repeat(" Z", 30_000));
        foreach (string format in (string[])["", "day-first", "elapsed", "%d %b %Y %Z"])
            Assert.Equal(Rejection.BadTimestamp, Decode($"\"{zones}\"", format).DeadLetter?.Reason);
    }

    [Theory]
    [InlineData("2026-01-05 13:00:00 CST", "America/Chicago", "2026-01-05 19:00:00")]
    [InlineData("2026-07-05 13:00:00 CDT", "America/Chicago", "2026-07-05 18:00:00")]
    [InlineData("2026-07-05 13:00:00 BST", "Europe/London", "2026-07-05 12:00:00")]
    [InlineData("2026-07-05 13:00:00 UTC", "America/Chicago", "2026-07-05 13:00:00")]
    [InlineData("2026-07-05 13:00:00 CDT", "", "none")]
    [InlineData("2026-07-05 13:00:00", "America/Chicago", "none")]
    public void A_zone_of_several_clocks_is_that_of_the_clock_that_is_said(string time, string zone, string shown) =>
        Assert.Equal(shown, Shown(Decode($"\"{time}\"", "%Y-%m-%d %H:%M:%S %Z", zone).Frame?.Time));

    [Theory]
    [InlineData("sometimes", "", "timestampFormat must be day-first, month-first, s, ms, us, ns, excel, matlab, filetime, ticks, elapsed")]
    [InlineData("", "Mars/Olympus", "timezone must be a name such as Europe/Copenhagen or UTC, was 'Mars/Olympus'")]
    public void What_is_said_must_be_known(string format, string zone, string says) =>
        Assert.Contains(says, Assert.Throws<ArgumentOutOfRangeException>(
            () => new FrameFields { TimestampFormat = format, Timezone = zone }.Validate()).Message, StringComparison.Ordinal);
}
