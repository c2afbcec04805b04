using System.Runtime.InteropServices;
using Esn.Streaming.Wire;
using static Esn.Streaming.Wire.AnomalyCloudEvent;

namespace Esn.Streaming.Board;

/// <summary>An alarm of a process before this one, from the last event that tells of it.</summary>
public static class PastAlarm
{
    /// <summary>As it stood then; null: its id names no stream, or its times are none.</summary>
    /// <param name="told">Of the event.</param>
    public static BoardAlarm? Of(AnomalyData told)
    {
        if (AlarmIds.StreamOf(told.Alarm) is not { } stream || FeedTime.Parse(told.Start) is not { } start
            || FeedTime.Parse(told.Time) is not { } time || FeedTime.Parse(told.Peak) is not { } peak) return null;
        AlarmState state = told.Change switch { "closed" => AlarmState.Closed, "adapted" => AlarmState.Adapted, _ => AlarmState.Open };
        return new BoardAlarm
        {
            Id = told.Alarm,
            Topic = stream.Topic,
            Partition = stream.Partition,
            Stream = stream.Key,
            State = state,
            Severity = Enum.GetValues<Severity>().FirstOrDefault(severity => Words.Of(severity) == told.Severity),
            Start = start,
            StartPosition = told.StartPosition,
            Peak = peak,
            PeakScore = told.PeakScore,
            Updated = time,
            End = state == AlarmState.Open ? null : time,
            Channels = [.. told.Channels.Select(part =>
                new AlarmChannel(part.Name ?? FormattableString.Invariant($"{part.Channel}"), part.Share))],
            LaterChannels = told.LaterChannels ?? [],
            Incidents = told.Incidents ?? 1,
            Scores = [.. told.Scores.Select(part => new AlarmScore(part.Name, part.Margin))],
            Drift = told.Drift is { } drift && FeedTime.Parse(drift.Since) is { } since
                ? new AlarmDrift(drift.Kind, drift.Name ?? FormattableString.Invariant($"{drift.Channel}"), since, drift.PerStep,
                    drift.LeadSeconds)
                : null,
            Forecast = ForecastOf(told, start, time),
            Field = FieldOf(told.Field),
        };
    }

    // The event says what the interval of the feed is where it is not of the alarm's first step.
    static AlarmForecast? ForecastOf(AnomalyData told, DateTime start, DateTime time)
    {
        if (told.Forecast is not { Expected: [{ Length: var channels }, ..] } forecast || told.Position <= told.StartPosition
            || forecast.Expected.Any(point => point?.Length != channels)) return null;
        double interval = (time - start).TotalMilliseconds / (told.Position - told.StartPosition);
        double first = (start - DateTime.UnixEpoch).TotalMilliseconds + (forecast.StartPosition - told.StartPosition) * interval;
        int points = forecast.Expected.Count, kept = Math.Min(forecast.Expected[0].Length, StreamCard.MostChannels);
        return new AlarmForecast([.. Enumerable.Range(0, points).Select(i => first + i * interval)],
            [.. Enumerable.Range(0, kept).Select(c => forecast.Expected.Select(point => point[c]).ToArray())]);
    }

    static AlarmField? FieldOf(FieldEventData? field)
    {
        if (field?.Map is not { Data: { } data } map) return null;  // what is in a topic of its own is not asked for
        byte[] bytes = Convert.FromBase64String(data);
        if (bytes.Length != sizeof(float) * map.Rows * map.Columns || map.Rows > AlarmBook.MostCells || map.Columns > AlarmBook.MostCells)
            return null;
        return new AlarmField(map.Rows, map.Columns, map.Every, field.Frames, MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            [.. field.Regions.Select(region => new FieldRegion(region.Peak.Row, region.Peak.Column, region.Peak.Heat, region.Row,
                region.Column,
                region.Box.Top, region.Box.Left, region.Box.Bottom, region.Box.Right, region.Cells, region.Share))]);
    }
}
