using Esn.Streaming.Control;
using Esn.Streaming.State;
using Esn.Streaming.Wire;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Esn.Stream.Tests;

/// <summary>A mute of two hours lasts for two hours, whatever is restarted meanwhile.</summary>
public sealed class KeptMutesTests
{
    static readonly StreamId Pump = new("steps", 0, "pump-7");

    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero));
    readonly FaultyFiles _files = new();
    readonly RecordingLog _log = new();

    Mutes Start()
    {
        var mutes = new Mutes(_time);
        _ = new KeptMutes(new KeptFile(_files, "root", KeptMutes.File), mutes, _time, _log);
        return mutes;
    }

    [Fact]
    public void A_mute_outlasts_a_restart_until_its_end_and_one_that_was_ended_does_not_come_back()
    {
        Mutes before = Start();
        before.Set("pump-*", null, TimeSpan.FromHours(2), "ann", "belt is off");
        before.Set("valve", "steps", TimeSpan.FromHours(1), "bob", "");
        before.Set("fan", null, TimeSpan.FromHours(1), "bob", "");
        Assert.True(before.End("fan", null));
        _files.Crash(names: false, bytes: 0);

        _time.Advance(TimeSpan.FromMinutes(90));
        Mutes after = Start();
        Mute kept = Assert.Single(after.All);
        Assert.Equal(("pump-*", "ann", "belt is off"), (kept.Streams, kept.By, kept.Why));
        Assert.True(after.Covers(Pump));
        _time.Advance(TimeSpan.FromMinutes(31));
        Assert.False(after.Covers(Pump));
        Assert.Empty(Start().All);
    }

    [Fact]
    public void Replicas_that_share_a_directory_keep_each_others_mutes()
    {
        Mutes one = Start(), other = Start();
        one.Set("pump-*", null, TimeSpan.FromHours(2), "ann", "");
        other.Set("fan", null, TimeSpan.FromHours(2), "bob", "");
        Assert.Equal(["fan", "pump-*"], Start().All.Select(mute => mute.Streams));
        one.End("pump-*", null);
        Assert.Equal(["fan"], Start().All.Select(mute => mute.Streams));
    }

    [Fact]
    public void A_file_that_is_damaged_and_a_disk_that_is_full_are_told_and_cost_no_alarm()
    {
        Mutes mutes = Start();
        _files.FailAt = _files.Operations + 1;
        mutes.Set("pump-*", null, TimeSpan.FromHours(2), "ann", "");
        Assert.True(mutes.Covers(Pump));
        Assert.Contains(_log.Lines, line => line.Contains("would not outlast a restart", StringComparison.Ordinal));
        _files.FailAt = -1;
        mutes.Set("fan", null, TimeSpan.FromHours(2), "ann", "");
        Assert.Equal(2, Start().All.Count);
        _files[_files.Names.Single(name => name.EndsWith(KeptMutes.File, StringComparison.Ordinal))] = "[{"u8.ToArray();
        Assert.Empty(Start().All);
        Assert.Contains(_log.Lines, line => line.Contains("can't be used, every stream is judged", StringComparison.Ordinal));
    }
}
