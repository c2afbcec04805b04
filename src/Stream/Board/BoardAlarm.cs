using System.Text.Json.Serialization;

namespace Esn.Streaming.Board;

/// <summary>What has become of an alarm.</summary>
public enum AlarmState
{
    /// <summary>It goes on.</summary>
    Open,

    /// <summary>The feed behaves again.</summary>
    Closed,

    /// <summary>It lasted so long that what the feed does now is taken as its new normal.</summary>
    Adapted,

    /// <summary>A person does not want the stream judged now; it closes with the stream's next frame.</summary>
    Muted,
}

/// <summary>Somebody has taken an alarm on.</summary>
/// <param name="By">The name of the token.</param>
/// <param name="Why">What was said; may be empty.</param>
/// <param name="At">Wall clock.</param>
public sealed record Acknowledgement(string By, string Why, DateTimeOffset At);

/// <summary>Somebody says whether an alarm was one.</summary>
/// <param name="Anomaly">True: it was one; false: what the feed did there is normal.</param>
/// <param name="By">The name of the token.</param>
/// <param name="Why">What was said; may be empty.</param>
/// <param name="At">Wall clock.</param>
public sealed record Verdict(bool Anomaly, string By, string Why, DateTimeOffset At);

/// <summary>A channel's part in an alarm.</summary>
/// <param name="Name">As configured, else its index.</param>
/// <param name="Share">Part of the squared error at the peak, 0 to 1.</param>
public sealed record AlarmChannel(string Name, double Share);

/// <summary>A raw score's part in an alarm.</summary>
/// <param name="Name">Of the score.</param>
/// <param name="Margin">Highest −ln p.</param>
public sealed record AlarmScore(string Name, double Margin);

/// <summary>A slow change that an alarm is due to.</summary>
/// <param name="Kind">level or error.</param>
/// <param name="Channel">As configured, else its index.</param>
/// <param name="Since">Feed time of the estimated onset.</param>
/// <param name="PerStep">Of a level in units of the feed; of errors the growth of ln(mean squared error).</param>
/// <param name="LeadSeconds">Feed time until the level leaves its range, or the errors alarm by themselves; null: not known.</param>
public sealed record AlarmDrift(string Kind, string Channel, DateTime Since, double PerStep, double? LeadSeconds);

/// <summary>What normal would have looked like, by the forecast from before the onset.</summary>
/// <param name="Time">Of each point, milliseconds since 1970, by the interval of the feed.</param>
/// <param name="Channels">[channels][points], the channels that are kept, units of the feed.</param>
public sealed record AlarmForecast(double[] Time, double[][] Channels);

/// <summary>Where in a field an alarm lies.</summary>
/// <param name="Rows">Of the map.</param>
/// <param name="Columns">Of the map.</param>
/// <param name="Cells">Rows and columns of the field that make one of the map; above 1 where the field is too large to be shown.</param>
/// <param name="Frames">Frames since the onset that the map is of.</param>
/// <param name="Heat">[rows × columns], squared error over its usual variance; 1 is usual.</param>
/// <param name="Regions">The hottest first, in cells of the field.</param>
public sealed record AlarmField(int Rows, int Columns, int Cells, int Frames, float[] Heat, IReadOnlyList<FieldRegion> Regions);

/// <summary>An alarm as it stands.</summary>
public sealed record BoardAlarm
{
    /// <summary>The same for its whole life: the place of the record that opened it.</summary>
    public required string Id { get; init; }

    /// <summary>Of its stream.</summary>
    public required string Topic { get; init; }

    /// <summary>Of its stream.</summary>
    public required int Partition { get; init; }

    /// <summary>Name of its stream.</summary>
    public required string Stream { get; init; }

    /// <summary>What has become of it.</summary>
    public required AlarmState State { get; init; }

    /// <summary>By its highest score.</summary>
    public required Severity Severity { get; init; }

    /// <summary>Feed time at which it opened.</summary>
    public required DateTime Start { get; init; }

    /// <summary>Step at which it opened.</summary>
    public required long StartPosition { get; init; }

    /// <summary>Feed time of its highest score.</summary>
    public required DateTime Peak { get; init; }

    /// <summary>Its highest score, 1 = threshold.</summary>
    public required double PeakScore { get; init; }

    /// <summary>Feed time of its last change.</summary>
    public required DateTime Updated { get; init; }

    /// <summary>Feed time of its end; null: it goes on.</summary>
    public DateTime? End { get; init; }

    /// <summary>The channels with the largest part, largest first.</summary>
    public IReadOnlyList<AlarmChannel> Channels { get; init; } = [];

    /// <summary>Channels that began to alarm once it had been told of others.</summary>
    public IReadOnlyList<string> LaterChannels { get; init; } = [];

    /// <summary>Incidents in it: more than one where the feed alarmed anew while it was not back yet.</summary>
    public int Incidents { get; init; } = 1;

    /// <summary>The raw scores that reached the threshold, largest first.</summary>
    public IReadOnlyList<AlarmScore> Scores { get; init; } = [];

    /// <summary>The slow change that it is due to; null: none can be dated.</summary>
    public AlarmDrift? Drift { get; init; }

    /// <summary>What normal would have looked like; null: the model makes no such forecast.</summary>
    public AlarmForecast? Forecast { get; init; }

    /// <summary>Where in a field it lies; null: the feed is no field, or it is not the stream's last alarm.</summary>
    public AlarmField? Field { get; init; }

    /// <summary>Its steps one by one, with some before and after it: further back, the past of a stream is coarse.</summary>
    [JsonIgnore]
    public HistoryPoints? Closeup { get; init; }

    /// <summary>Who has taken it on; null: nobody.</summary>
    public Acknowledgement? Acknowledged { get; init; }

    /// <summary>Whether it was one, as a person says; null: nobody has said.</summary>
    public Verdict? Verdict { get; init; }
}
