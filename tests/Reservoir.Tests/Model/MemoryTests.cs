using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Esn.Tests;

/// <summary>What a stream costs: all that is in reach of its detector and not shared with other streams.</summary>
public sealed class MemoryTests(ITestOutputHelper output)
{
    const int Header = 16;  // of an object, bytes; an array has a length besides

    static ErrorModelSpec Small(ErrorModelSpec spec) => spec with { Reservoir = spec.Reservoir with { Units = 50 } };

    [Fact]
    public void Ten_thousand_streams_of_50_units_fit_in_a_gigabyte_with_all_scores_of_a_signal() =>
        Assert.InRange(BytesOf(Small(Presets.Signal())), 0, 99_500);

    [Fact]
    public void Ten_thousand_streams_of_50_units_fit_in_two_fifths_of_a_gigabyte_with_their_one_step_errors() =>
        Assert.InRange(BytesOf(Small(Presets.Signal() with { Scores = [new MeanErrorSpec()] })), 0, 38_000);

    long BytesOf(ErrorModelSpec spec)
    {
        double[] frames = Feeds.Sines(3000);
        var detector = new Detector(spec, 1);
        detector.StepMany(Feeds.Times(3000), frames, new StepResult[3000], new double[3000]);
        var byType = new Dictionary<string, long>();
        long bytes = Bytes(detector, byType, "", new HashSet<object>(ReferenceEqualityComparer.Instance));
        foreach ((string type, long part) in byType.OrderByDescending(pair => pair.Value)) output.WriteLine($"{part,8} {type}");
        return bytes;
    }

    /// <summary>All that is in reach of a detector and not shared with other streams.</summary>
    internal static long BytesOf(Detector detector) => Bytes(detector, [], "", new HashSet<object>(ReferenceEqualityComparer.Instance));

    static long Bytes(object value, Dictionary<string, long> byType, string owner, HashSet<object> seen)
    {
        Type type = value.GetType();
        // Shared by all streams of a specification.
        if (value is ModelSpec or ScoreSpec or Kernel or EchoStateNetwork or BudgetSpec or MarginSpec or AlarmSpec or NormalitySpec
            or UnprecedentedSpec or FreeRunSpec or ReservoirSpec or ReadoutSpec or Delegate)
            return 0;
        if (!type.IsValueType && !seen.Add(value)) return 0;
        long own = value switch
        {
            AlignedBuffer buffer => Header + 24 + sizeof(double) * buffer.Length,
            GrowingBuffer growing => Header + 24 + sizeof(float) * growing.Length,
            string text => Header + 8 + 2 * text.Length,
            Array { Length: var length } => Header + 8 + (long)length * SizeOf(type.GetElementType()!),
            _ when type.IsValueType => 0,
            _ => Header,
        };
        string name = type.IsArray || value is AlignedBuffer or GrowingBuffer or string ? owner : type.Name;
        long sum = own;
        if (value is Array array)
        {
            if (!type.GetElementType()!.IsPrimitive)
                foreach (object? element in array)
                    if (element is not null) sum += Bytes(element, byType, owner, seen);
        }
        else if (value is not (AlignedBuffer or GrowingBuffer or string))
        {
            for (Type? declaring = type; declaring is not null; declaring = declaring.BaseType)
                foreach (FieldInfo field in declaring.GetFields(
                    BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    int size = field.FieldType.IsPointer ? 8 : SizeOf(field.FieldType);
                    if (!type.IsValueType) (own, sum) = (own + size, sum + size);
                    if (!field.FieldType.IsPointer && !field.FieldType.IsPrimitive && field.GetValue(value) is { } inner)
                        sum += Bytes(inner, byType, $"{declaring.DeclaringType?.Name}{declaring.Name}.{field.Name}", seen);
                }
        }
        byType[name] = byType.GetValueOrDefault(name) + own;
        return sum;
    }

    static int SizeOf(Type type) => type.IsValueType
        ? (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!
        : IntPtr.Size;
}
