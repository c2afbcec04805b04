using System.Text;

namespace Esn.Streaming.Wire;

/// <summary>What a field of a record says.</summary>
enum FieldUse
{
    /// <summary>When.</summary>
    Timestamp,

    /// <summary>A part of the stream's name.</summary>
    Stream,

    /// <summary>A channel.</summary>
    Channel,

    /// <summary>The only channel.</summary>
    Value,

    /// <summary>All channels.</summary>
    Values,
}

/// <summary>A field that is looked for in a record.</summary>
/// <param name="Name">Its path.</param>
/// <param name="Utf8">The same.</param>
/// <param name="Use">What it says.</param>
/// <param name="Place">Which part of the name, or which channel.</param>
readonly record struct NamedField(string Name, byte[] Utf8, FieldUse Use, int Place)
{
    /// <summary>All of them: value and values not where fields are channels.</summary>
    public static NamedField[] Of(FrameFields fields)
    {
        static NamedField Field(string name, FieldUse use, int place = 0) => new(name, Encoding.UTF8.GetBytes(name), use, place);
        return
        [
            Field(fields.Timestamp, FieldUse.Timestamp),
            .. fields.Channels.Count > 0 ? []
                : new[] { Field(fields.Value, FieldUse.Value), Field(fields.Values, FieldUse.Values) },
            .. fields.Channels.Select((name, i) => Field(name, FieldUse.Channel, i)),
            .. fields.Stream.Select((name, i) => Field(name, FieldUse.Stream, i)),
        ];
    }
}
