using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CloudNative.CloudEvents;

namespace Esn.Streaming.Wire;

/// <summary>A command as a CloudEvent, and back.</summary>
public static class ControlEvent
{
    /// <summary>Before the kind: esn.command.mute, …</summary>
    public const string TypePrefix = "esn.command.";

    static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,  // a newer replica may say more
        RespectRequiredConstructorParameters = false,
    };

    static readonly (string Kind, Type Type)[] Kinds =
    [
        ("mute", typeof(ControlMute)),
        ("acknowledgement", typeof(ControlAcknowledgement)),
        ("feedback", typeof(ControlFeedback)),
        ("taken", typeof(ControlTaken)),
    ];

    /// <summary>The event.</summary>
    /// <param name="command">What was said.</param>
    public static CloudEvent Of(ControlCommand command)
    {
        string kind = Array.Find(Kinds, known => known.Type == command.GetType()).Kind;
        JsonObject data = JsonSerializer.SerializeToNode(command, command.GetType(), Layout)!.AsObject();
        data.Insert(0, "kind", kind);
        return new CloudEvent
        {
            Id = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{command.Key}@{command.At.UtcTicks}"),
            Type = TypePrefix + kind,
            Source = new Uri("/esn/commands", UriKind.Relative),
            Subject = command.Key,
            Time = command.At,
            DataContentType = "application/json",
            Data = data,
        };
    }

    /// <summary>What a record says.</summary>
    /// <param name="value">Of the record.</param>
    /// <exception cref="InvalidDataException">It is no command that this program knows.</exception>
    public static ControlCommand Read(ReadOnlySpan<byte> value)
    {
        try
        {
            JsonObject data = JsonNode.Parse(value)?.AsObject()
                ?? throw new InvalidDataException("a command must be a JSON object, was null");
            string? kind = (string?)data["kind"];
            Type? type = Array.Find(Kinds, known => known.Kind == kind).Type;
            if (type is null)
                throw new InvalidDataException($"a command must be of kind {string.Join(", ", Kinds.Select(known => known.Kind))}, was "
                    + $"'{kind}'");
            var command = (ControlCommand)data.Deserialize(type, Layout)!;
            return Whole(command) ? command : throw new InvalidDataException($"a command of kind {kind} must have all its fields: "
                + Encoding.UTF8.GetString(value[..Math.Min(value.Length, 300)]));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"a command must be a JSON object, {e.Message}", e);
        }
    }

    static bool Whole(ControlCommand command) => command is { By: not null, Why: not null } && command switch
    {
        ControlMute mute => !string.IsNullOrEmpty(mute.Id) && !string.IsNullOrEmpty(mute.Streams),
        ControlAcknowledgement taken => !string.IsNullOrEmpty(taken.Alarm),
        ControlFeedback feedback => feedback.Alarm is not null && AlarmIds.StreamOf(feedback.Alarm) is not null
            && double.IsFinite(feedback.PeakScore),
        ControlTaken taken => !string.IsNullOrEmpty(taken.Command) && !string.IsNullOrEmpty(taken.Topic) && taken.From >= 0,
        _ => false,
    };
}
