using Esn.Streaming.Feeds;
using PureHDF;
using Xunit;

namespace Esn.Stream.Tests;

public sealed class FieldFeedTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("esn-test-").FullName;

    string At(string name) => Path.Combine(_directory, name);

    static byte[] Singles(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    static string Refused(string file, params string[] variables)
    {
        string message = Assert.Throws<FeedException>(() =>
        {
            using FieldFeed feed = FieldFeed.Open(file, variables);
            foreach (FieldFrame _ in feed.Frames()) { }
        }).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    [Fact]
    public void A_stack_of_numpy_is_read_step_by_step()
    {
        using FieldFeed feed = FieldFeed.Open(Npy.Write(At("a.npy"), "<f4", "2, 2, 1, 3",
            Singles(1, 2, 3, 4, 5, float.NaN, 7, 8, 9, 10, 11, 12)), []);
        Assert.Equal((2, 2, 1, 3), (feed.Count, feed.Layout.Fields, feed.Layout.Rows, feed.Layout.Columns));
        FieldFrame[] frames = [.. feed.Frames()];
        Assert.Equal([1, 2, 3, 4, 5, double.NaN], frames[0].Values);
        Assert.Equal([7, 8, 9, 10, 11, 12], frames[1].Values);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(1), frames[1].Time);
    }

    [Fact]
    public void What_is_wrong_with_an_npy_file_is_told_with_what_would_be_right()
    {
        Assert.Contains("is cut off: its header says (2, 1, 3) of f4, which makes 152 bytes, it has 148",
            Refused(Npy.Write(At("cut.npy"), "<f4", "2, 1, 3", Singles(1, 2, 3, 4, 5))), StringComparison.Ordinal);
        Assert.Contains("numpy.save(file, array.astype('<f4'))", Refused(Npy.Write(At("i.npy"), "<i8", "1, 1, 1", new byte[8])),
            StringComparison.Ordinal);
        Assert.Contains("ascontiguousarray", Refused(Npy.Write(At("f.npy"), "<f4", "1, 2, 2", Singles(1, 2, 3, 4), fortran: true)),
            StringComparison.Ordinal);
        Assert.Contains("its shape is (4), (steps, rows, columns)", Refused(Npy.Write(At("s.npy"), "<f4", "4,", Singles(1, 2, 3, 4))),
            StringComparison.Ordinal);
        File.WriteAllText(At("text.npy"), "time,value\n1,2\n");
        Assert.Contains("is no npy file", Refused(At("text.npy")), StringComparison.Ordinal);
        Assert.Contains("there is no file", Refused(At("none.npy")), StringComparison.Ordinal);
    }

    // Packed as CF packs: 16 bits, a scale, an offset, a value that stands for none.
    static readonly double[] Hours = [0, 6];

    string Packed(string name, string units = "hours since 2026-01-01", string? calendar = null)
    {
        var file = new H5File
        {
            ["time"] = new H5Dataset(Hours) { Attributes = new() { ["units"] = units } },
            ["height"] = new H5Dataset(new short[2, 2, 3] { { { 1, 2, 3 }, { 4, -999, 6 } }, { { 7, 8, 9 }, { 10, -999, 12 } } })
            {
                Attributes = new() { ["_FillValue"] = new short[] { -999 }, ["scale_factor"] = new[] { .5 },
                    ["add_offset"] = new[] { 100.0 } },
            },
        };
        if (calendar is not null) ((H5Dataset)file["time"]).Attributes["calendar"] = calendar;
        file.Write(At(name));
        return At(name);
    }

    [Fact]
    public void Scale_offset_and_fill_value_are_applied()
    {
        using FieldFeed feed = FieldFeed.Open(Packed("packed.h5"), []);
        FieldFrame[] frames = [.. feed.Frames()];
        Assert.Equal(["height"], feed.Layout.Names);
        Assert.Equal([100.5, 101, 101.5, 102, double.NaN, 103], frames[0].Values);
        Assert.Equal([103.5, 104, 104.5, 105, double.NaN, 106], frames[1].Values);
    }

    [Fact]
    public void A_variable_that_is_not_there_names_those_that_are() =>
        Assert.EndsWith("has no variable sst; it has height, time", Refused(Packed("packed.h5"), "sst"), StringComparison.Ordinal);

    [Fact]
    public void A_variable_that_is_no_field_is_refused() =>
        Assert.Contains("time is FloatingPoint of [2]: numbers of [time, rows, columns] are expected", Refused(Packed("packed.h5"), "time"),
            StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_cut_off_gives_one_line()
    {
        byte[] all = File.ReadAllBytes(Packed("packed.h5"));
        for (int length = 0; length < all.Length; length += 61)
        {
            File.WriteAllBytes(At("cut.h5"), all[..length]);
            try
            {
                using FieldFeed feed = FieldFeed.Open(At("cut.h5"), []);
                foreach (FieldFrame _ in feed.Frames()) { }
            }
            catch (FeedException e)
            {
                Assert.Contains("cut.h5", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Classic_netcdf_is_refused_with_the_command_that_converts()
    {
        File.WriteAllBytes(At("old.nc"), [.. "CDF"u8, 1, 0, 0, 0, 0]);
        Assert.Contains($"nccopy -k nc4 {At("old.nc")} old-4.nc", Refused(At("old.nc")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("days since 1800-01-01", null, 19723, "1854-01-01T00:00:00Z")]
    [InlineData("days since 1-1-1 00:00:00", "gregorian", 1, "0001-01-02T00:00:00Z")]
    [InlineData("hours since 1900-01-01 00:00:0.0", "proleptic_gregorian", 1.5, "1900-01-01T01:30:00Z")]
    [InlineData("seconds since 1970-01-01T00:00:00Z", null, 1e9, "2001-09-09T01:46:40Z")]
    [InlineData("minutes since 2026-01-01 12:00 +2:00", null, 0, "2026-01-01T10:00:00Z")]
    [InlineData("days since 2000-02-28", "noleap", 1, "2000-03-01T00:00:00Z")]
    [InlineData("days since 2001-12-31 18:00", "365_day", .5, "2002-01-01T06:00:00Z")]
    public void Times_of_climate_files_are_read(string units, string? calendar, double number, string time)
    {
        CfTime? read = CfTime.Parse(units, calendar, out string problem);
        Assert.True(read is not null, problem);
        Assert.Equal(DateTime.Parse(time, null, System.Globalization.DateTimeStyles.RoundtripKind), read.Of(number));
    }

    [Theory]
    [InlineData("months since 1900-01-01", null,
        "units of time 'months since 1900-01-01' can't be read: seconds, minutes, hours or days since")]
    [InlineData("days since the flood", null, "units of time 'days since the flood' can't be read")]
    [InlineData("days since 0000-01-01", null, "of the years 1 to 9999")]
    [InlineData("days", null, "units of time 'days' can't be read")]
    [InlineData("days since 1900-01-01", "360_day", "calendar '360_day' can't be read: standard, gregorian, proleptic_gregorian or noleap")]
    public void Times_that_can_not_be_read_are_told(string units, string? calendar, string detail)
    {
        Assert.Null(CfTime.Parse(units, calendar, out string problem));
        Assert.Contains(detail, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Sea_surface_temperature_is_read_with_its_grid_its_times_and_its_land()
    {
        string? file = SharedData.Find("sst/ersst.v5.mnmean.nc");
        Assert.SkipUnless(file is not null, "sst/ersst.v5.mnmean.nc is not there");
        using FieldFeed feed = FieldFeed.Open(file!, ["sst"]);
        Assert.Equal((1, 89, 180), (feed.Layout.Fields, feed.Layout.Rows, feed.Layout.Columns));
        Assert.Equal((88, -88, 0, 358),
            (feed.Layout.Latitudes[0], feed.Layout.Latitudes[^1], feed.Layout.Longitudes[0], feed.Layout.Longitudes[^1]));
        FieldFrame[] frames = [.. feed.Frames()];
        Assert.Equal(feed.Count, frames.Length);
        Assert.All(frames.Zip(frames.Skip(1)), pair => Assert.True(pair.First.Time < pair.Second.Time));
        double[] first = frames[0].Values;
        Assert.InRange(first.Count(double.IsNaN), 3000, 7000);                       // of 16,020 cells
        Assert.True(double.IsNaN(first[30 * 180 + 5]));                              // the Sahara, 28°N 10°E
        Assert.InRange(first[44 * 180 + 90], 25, 31);                                // the equator at the date line, °C
        Assert.All(frames, frame => Assert.Equal(first.Select(double.IsNaN), frame.Values.Select(double.IsNaN)));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
