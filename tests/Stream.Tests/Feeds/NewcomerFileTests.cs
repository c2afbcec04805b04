using System.Text;
using Esn.Streaming.Feeds;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>Files as exports, historians and browsers leave them.</summary>
public sealed class NewcomerFileTests : FileTests
{
    static string Time(int i) => $"2026-01-05 {i / 60:d2}:{i % 60:d2}";

    [Theory]
    [InlineData("[{\"time\": \"2026-01-05\", \"flow\": 1}, {\"time\": \"2026-01-06\", \"flow\": 2}]", "is a JSON array: one object a line")]
    [InlineData("[[1767571200, 1], [1767571201, 2]]", "is a JSON array: one object a line")]
    [InlineData("<!DOCTYPE html><html><body>Login</body></html>\n", "is a page of HTML and no data")]
    [InlineData("<?xml version=\"1.0\"?>\n<rows/>\n", "is XML: CSV with a header")]
    [InlineData("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
        "is an answer of Prometheus, all in one object: jq")]
    public void What_has_no_rows_is_told_by_what_it_is(string text, string says) =>
        Assert.Contains(says, Refused(text), StringComparison.Ordinal);

    [Fact]
    public void Words_in_a_column_of_numbers_cost_their_cell_and_are_counted()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("time,flow,pressure\n"
            + Rows(90, i => $"{Time(i)},{(i % 9 == 0 ? "Bad Input" : $"{i}.5")},{(i % 17 == 3 ? "I/O Timeout" : "3.25")}"));
        Assert.All(rows, row => Assert.Null(row.Problem));
        Assert.True(double.IsNaN(rows[9].Values[0]));
        Assert.Equal(3.25, rows[9].Values[1]);
        Assert.Contains("10 values of flow are words, as 'Bad Input' in row 0: taken for missing", feed.Notes);
        Assert.Contains("6 values of pressure are words, as 'I/O Timeout' in row 3: taken for missing", feed.Notes);
    }

    [Fact]
    public void The_unit_behind_all_numbers_of_a_column_is_read_and_several_are_refused()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("Time,flow,pressure\n" + Rows(30, i => $"{Time(i)},{100 + i}.2 L/s,{i}.15bar"));
        Assert.Equal("time: Time (dates); channels: flow (in L/s), pressure (in bar)", feed.Description);
        Assert.Equal([101.2, 1.15], rows[1].Values);
        Assert.Equal([100.2, 0.5], Read("Time;flow;x\n" + Rows(30, i => $"{Time(i)};{100 + i},2 m³/h;{i},5")).Rows[0].Values);
        // K may be a thousand, and ms are none of s.
        Assert.Contains("its numbers have several units, ms and s",
            Refused("Time,wait\n" + Rows(30, i => $"{Time(i)},{(i % 2 == 0 ? "120 ms" : "1.2 s")}")), StringComparison.Ordinal);
        string scaled = Refused("Time,calls\n" + Rows(30, i => $"{Time(i)},{(i % 2 == 0 ? "950" : "1.20 K")}"));
        Assert.Contains("'1.20 K' in row 1 is no number", scaled, StringComparison.Ordinal);
        Assert.DoesNotContain("--value-column NAME",
            Refused("Time,state\n" + Rows(30, i => $"{Time(i)},{(i % 2 == 0 ? "on" : "off")}")), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_above_the_header_are_left_out_and_said()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("Plant export v2.1\nSite: North; operator: J. Doe\nExported 2026-03-02\n\n"
            + "time,flow,pressure\n" + Rows(30, i => $"{Time(i)},{i}.5,3.25"));
        Assert.Equal(["flow", "pressure"], feed.Channels);
        Assert.Equal(30, rows.Length);
        Assert.Equal("the first 4 lines, such as 'Plant export v2.1', stand above the header and are left out", feed.Notes[0]);
        // So are lines that are parted as the header is.
        (feed, rows) = Read("Device:,Pump 7\nSerial:,8812\nInterval:,5 min\ntimestamp,flow\n" + Rows(30, i => $"{Time(i)},{i}.5"));
        Assert.Equal(("timestamp", "flow", 30), (feed.TimeColumn, feed.Channels[0], rows.Length));
        Assert.Equal("the first 3 lines, such as 'Device:,Pump 7', stand above the header and are left out", feed.Notes[0]);
        Assert.Equal("time", Read("Date,2026-03-01\ntime,flow\n" + Rows(30, i => $"{Time(i)},{i}.5")).Feed.TimeColumn);
        Assert.Equal("time", Read("Report,2026-03-01\ntime,flow\n" + Rows(30, i => $"{Time(i)},{i}.5")).Feed.TimeColumn);
        // Names above units or types are the header, and so are those above rows of words.
        Assert.Equal("erfasst", Read("erfasst,flow\ntime,m3/h\n" + Rows(30, i => $"{Time(i)},{i}.5")).Feed.TimeColumn);
        Assert.Equal("flow", Read("seen,flow\n" + Rows(3, i => $"{Time(i)},{i}.5") + "time,out\n" + Rows(30, i => $"{Time(i + 3)},{i}.5"))
            .Feed.Channels[0]);
        // A header with one name less, as R writes it, is one.
        Assert.Equal("flow", Read("flow\n" + Rows(30, i => $"{i}.5")).Feed.Channels[0]);
    }

    [Fact]
    public void One_line_that_is_cut_off_is_told_of_as_any_file_without_rows()
    {
        Assert.NotEmpty(Refused("\"time,value\n"));
        Assert.NotEmpty(Refused("\"time\"x,value\n# end\n"));
    }

    [Fact]
    public void Seconds_of_a_run_are_no_days_nor_is_a_temperature_a_time_and_runs_with_a_setpoint_each_are_one_series()
    {
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(36600), Read("seconds,value\n" + Rows(60, i => $"{36600 + i},{i % 7}.5")).Rows[0].Time);
        Assert.Equal("t", Read("T_min,t,flow\n" + Rows(60, i => $"{20 + i}.5,{i},{i % 7}.5")).Feed.TimeColumn);
        Assert.Contains("T_min", Read("T_min,flow\n" + Rows(60, i => $"{20 + i}.5,{i % 7}.5")).Feed.Channels);
        (CsvFeed feed, FeedRow[] rows) = Read("elapsed,setpoint,value\n" + Rows(200, i => $"{i % 100},{(i < 100 ? 10 : 20)},{i % 7}.5"));
        Assert.Null(feed.Mixed);
        Assert.All(rows, row => Assert.Null(row.Problem));
    }

    [Fact]
    public void Letters_of_old_programs_are_read_wherever_they_stand()
    {
        string text = "time,Durchfluß m³/h\n" + Rows(9000, i => $"{Time(i % 1400)},{i}.5") + "# Größe\n";
        string file = Path.Combine(Folder, "old.csv");
        File.WriteAllBytes(file, Encoding.Latin1.GetBytes(text));
        (CsvFeed feed, _) = ReadFile(file);
        Assert.Equal(["Durchfluß m³/h"], feed.Channels);
        Assert.StartsWith("the file is no UTF-8: it is read as Windows-1252", feed.Notes[0], StringComparison.Ordinal);
        (CsvFeed modern, _) = Read(text);
        Assert.Equal(feed.Channels, modern.Channels);
        Assert.DoesNotContain(modern.Notes, note => note.Contains("Windows-1252", StringComparison.Ordinal));
        File.WriteAllBytes(file, [.. "time,"u8, 0x80, .. ",x\n"u8, .. Encoding.ASCII.GetBytes(Rows(30, i => $"{Time(i)},{i}.5,2.5"))]);
        Assert.Equal(["€", "x"], ReadFile(file).Feed.Channels);
    }

    [Fact]
    public void A_number_for_no_value_is_hinted_at_and_missing_once_it_is_said()
    {
        string text = "time,flow\n" + Rows(200, i => $"{Time(i)},{(i % 50 == 0 ? "-999" : $"{95 + i % 10}.5")}");
        Assert.Contains("-999 comes 4 times in column flow, far from its other numbers, 95.5 … 104.5: if it stands for no value, "
            + "--missing -999 says so", Read(text).Feed.Notes);
        (CsvFeed feed, FeedRow[] rows) = Read(text, new FeedOptions { Missing = [-999] });
        Assert.Empty(feed.Notes);
        Assert.True(double.IsNaN(rows[50].Values[0]));
        Assert.Null(rows[50].Problem);
        // One that lies among the others was measured.
        Assert.Empty(Read("time,flow\n" + Rows(200, i => $"{Time(i)},{(i % 50 == 0 ? "-999" : $"{-2000 + 10 * i}.5")}")).Feed.Notes);
    }

    [Fact]
    public void Times_with_and_without_a_zone_are_told_as_the_cause_of_rows_that_are_late()
    {
        (CsvFeed feed, _) = Read("time,flow\n" + Rows(60, i => $"2026-01-05T00:{i:d2}:00{(i % 2 == 0 ? "" : "+01:00")},{i}.5"));
        Assert.StartsWith("30 of 60 times in column time name no zone, as '2026-01-05T00:00:00', and the others do", feed.Notes[0],
            StringComparison.Ordinal);
        Assert.StartsWith("times with a zone and without one are mixed: --timezone", feed.WhyLate, StringComparison.Ordinal);
        Assert.Null(Read("time,flow\n" + Rows(60, i => $"2026-01-05T00:{i:d2}:00Z,{i}.5")).Feed.WhyLate);
    }

    [Fact]
    public void Series_that_stand_in_one_file_are_named_by_what_tells_them_apart()
    {
        static bool IsFlow(int i) => i % 2 == 0 == (i / 2 % 3 > 0);  // first in two stamps of three
        (CsvFeed feed, _) = Read("time,site,tag,value\n"
            + Rows(60, i => $"{Time(i / 2)},{(i % 3 == 0 ? "a" : "b")},{(IsFlow(i) ? "flow" : "pressure")},{(IsFlow(i) ? 400 : 0) + i}.5"));
        Assert.Equal("the series that column tag names were taken for one: --key-column tag parts them", feed.Mixed);
        Assert.StartsWith("the rows of several series stand in one file: --key-column tag", feed.WhyLate, StringComparison.Ordinal);
        string influx = "#group,false,false,true,false,true\n#datatype,string,long,dateTime:RFC3339,double,string\n#default,_result,,,,\n"
            + ",result,table,_time,_value,_field\n"
            + Rows(60, i => $",,{i / 30},2026-01-05T00:{i % 30:d2}:00Z,{i}.5,{(i < 30 ? "flow" : "p")}");
        Assert.Equal("the series that column _field names were taken for one: --key-column _field parts them", Read(influx).Feed.Mixed);
        // One series by hours of days, or by months: what comes in the same order in each stamp may be a part of the time.
        foreach (string day in new[] { "night", "0" })
        {
            string Part(int i) => i % 3 == 0 ? day : $"{i % 3}h";
            feed = Read("day,part,value\n" + Rows(60, i => $"2026-01-{1 + i / 3:d2},{Part(i)},{100 * (i % 3)}.{i:d2}")).Feed;
            Assert.Equal((null, null), (feed.Mixed, feed.WhyLate));
            Assert.Contains(feed.Notes, note => note.StartsWith("column part looks like the name of a series", StringComparison.Ordinal));
        }
        Assert.Null(Read("time,state,value\n" + Rows(60, i => $"{Time(i / 2)},{(i % 7 == 0 ? "on" : "off")},{i}.5")).Feed.Mixed);
    }

    [Fact]
    public void Series_that_numbers_tell_apart_are_named_too()
    {
        static double Value(int i, int unit) => 100 * unit + i * 7 % 13 + .5;
        // One after the other, and all at each time in the same order.
        CsvFeed feed = Read("time,unit,value\n" + Rows(90, i => $"{Time(i % 30)},{11 + i / 30},{N(Value(i, i / 30))}")).Feed;
        Assert.Equal("the series that column unit names were taken for one: --key-column unit parts them", feed.Mixed);
        feed = Read("time,unit,value\n" + Rows(90, i => $"{Time(i / 3)},{11 + i % 3},{N(Value(i, i % 3))}")).Feed;
        Assert.Null(feed.Mixed);
        Assert.Contains(feed.Notes, note => note.StartsWith("column unit looks like the name of a series", StringComparison.Ordinal));
        // A text that does the same is what they are called.
        feed = Read("time,unit,name,value\n"
            + Rows(90, i => $"{Time(i % 30)},{11 + i / 30},{(char)('a' + i / 30)},{N(Value(i, i / 30))}")).Feed;
        Assert.Equal("the series that column name names were taken for one: --key-column name parts them", feed.Mixed);
    }

    [Theory]
    [InlineData(2, 7)]  // a state that has no value of its own at each time
    [InlineData(1, 3)]  // times that are of one row each
    public void Whole_numbers_that_are_measured_name_no_series(int rowsOfTime, int states) =>
        Assert.DoesNotContain(Read("time,state,count,value\n" + Rows(120, i =>
            $"{Time(i / rowsOfTime)},{i * i % states},{i * 17 % 101},{N(i * 7 % 13 + .5)}")).Feed.Notes,
            note => note.Contains("name of a series", StringComparison.Ordinal));

    [Theory]
    [InlineData("2.14.0rc1", null)]
    [InlineData("4fa12cd", null)]
    [InlineData("4fa1", null)]
    [InlineData("2026Q1", null)]
    [InlineData("110 m3", "m3")]
    [InlineData("110 m^2", "m^2")]
    [InlineData("1.5 Nm3/h", "Nm3/h")]
    [InlineData(".974 V", "V")]
    [InlineData("3,5 kg/m³", "kg/m³")]
    [InlineData("21.5°C", "°C")]
    [InlineData("5 V5", null)]
    public void A_unit_has_no_digits_but_an_exponent(string field, string? unit) => Assert.Equal(unit, NumberText.UnitOf(field));

    [Fact]
    public void What_is_no_number_with_a_unit_costs_no_more_than_itself()
    {
        (CsvFeed feed, FeedRow[] rows) = Read("time,flow,wifi,version,hash\n"
            + Rows(60, i => $"{Time(i)},{i}.5{(i == 7 ? "" : " L/s")},802.11ac,2.14.{i % 3}rc1,{i % 8}fa12cd"));
        Assert.Equal(["flow"], feed.Channels);
        Assert.Equal([7L], rows.Where(row => row.Problem is not null).Select(row => row.Index));
        Assert.Contains("'7.5' in column flow is no number with the unit L/s", rows[7].Problem, StringComparison.Ordinal);
        Assert.Contains("wifi ('802.11ac' in each row, --value-column wifi takes it)", feed.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Infinite_values_are_no_words()
    {
        FeedRow[] rows = Read("time,flow\n" + Rows(60, i => $"{Time(i)},{(i == 9 ? "-inf" : $"{i}.5")}")).Rows;
        Assert.EndsWith("is not a finite number", rows[9].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_result_type_makes_no_answer_of_Prometheus() =>
        Assert.Equal(["flow"], Read(Rows(30, i => $"{{\"time\": \"{Time(i)}\", \"resultType\": \"good\", \"flow\": {i}.5}}"))
            .Feed.Channels);

    [Fact]
    public void Labels_may_be_words()
    {
        string text = "time,flow,status\n" + Rows(30, i => $"{Time(i)},{i}.5,{(i is 10 or 11 ? "Attack" : "Normal")}");
        FeedOptions options = new() { Labels = ["status"] };
        Assert.Equal([10L, 11L], Read(text, options).Rows.Where(row => row.Anomalous).Select(row => row.Index));
        Assert.Contains("or a word such as normal and anomaly, was 'open'",
            Refused(text.Replace("Attack", "open", StringComparison.Ordinal), options), StringComparison.Ordinal);
    }
}
