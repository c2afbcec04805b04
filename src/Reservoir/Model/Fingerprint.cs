using System.Collections;
using System.Globalization;
using System.IO.Hashing;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Esn;

/// <summary>
/// Tells specifications apart: a state fits only the specification and the channels that it was made from. Policy is no part
/// of it.
/// </summary>
static class Fingerprint
{
    // Reflection is slow and a fleet shares its specification.
    static readonly ConditionalWeakTable<ModelSpec, string> Texts = [];

    /// <summary>Equal for equal values of all that a model learns with, whatever the order of their declaration.</summary>
    public static UInt128 Of(ModelSpec spec, int channels)
    {
        string text = Texts.GetValue(spec, Text);
        return XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(text), channels);
    }

    static string Text(ModelSpec spec)
    {
        var text = new StringBuilder();
        Add(text, spec);
        return text.ToString();
    }

    static void Add(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null or string:
                text.Append(value);
                break;
            case IFormattable number when value.GetType().IsPrimitive || value is Enum or TimeSpan:
                text.Append(number.ToString(value is double ? "R" : null, CultureInfo.InvariantCulture));
                break;
            case bool:
                text.Append(value);
                break;
            case IEnumerable elements:
                text.Append('[');
                foreach (object? element in elements)
                {
                    Add(text, element);
                    text.Append(',');
                }
                text.Append(']');
                break;
            default:
                // What has no setter follows from what has one.
                text.Append(value.GetType().Name).Append('{');
                foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public)
                    .Where(property => property.CanWrite && !property.IsDefined(typeof(PolicyAttribute)))
                    .Where(property => property.GetCustomAttribute<LaterAttribute>() is not { } later
                        || !Equals(later.AsBefore ?? property.GetValue(Activator.CreateInstance(value.GetType())),
                            property.GetValue(value)))
                    .OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    text.Append(property.Name).Append('=');
                    Add(text, property.GetValue(value));
                    text.Append(';');
                }
                text.Append('}');
                break;
        }
    }
}
