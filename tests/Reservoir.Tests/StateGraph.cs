using System.Reflection;

namespace Esn.Tests;

/// <summary>Compares all fields in reach of two objects: a field that a snapshot forgot is found, whatever it is used for.</summary>
static class StateGraph
{
    // What a step overwrites before it reads it, though the step before this one may not have: nothing depends on it.
    static readonly HashSet<string> Scratch =
    [
        "PackedInverse._columns", "PackedInverse._job",  // columns that are folded, the pointers of a product
        "ReadoutWeights._errors", "ReadoutWeights._sources", "ReadoutWeights._states", "ReadoutWeights._result",
            "ReadoutWeights._frames", "ReadoutWeights._horizon",
        "FreeRuns._regressor", "FreeRuns._before", "SoftSensorSpec+State._before", "RelationScore._z", "RelationScore._product",
            "MetricCalibrator._told", "MetricCalibrator._tells",
        "TwoHalves._state", "TwoHalves._queued",
    ];

    /// <summary>The paths of the fields that differ.</summary>
    public static List<string> Differences(object one, object other)
    {
        var differences = new List<string>();
        Compare(one, other, one.GetType().Name, differences, new HashSet<object>(ReferenceEqualityComparer.Instance));
        return differences;
    }

    static void Compare(object? one, object? other, string path, List<string> differences, HashSet<object> seen)
    {
        if (ReferenceEquals(one, other)) return;
        if (one is null || other is null || one.GetType() != other.GetType())
        {
            differences.Add(path);
            return;
        }
        Type type = one.GetType();
        if (type.IsPrimitive || type.IsEnum || one is string or DateTime or TimeSpan)
        {
            if (!Equals(Bits(one), Bits(other))) differences.Add($"{path}: {one}, {other}");
        }
        else if (one is Delegate or Pointer or ModelSpec or ScoreSpec or Kernel)
        {
        }
        else if (one is AlignedBuffer buffer)
        {
            var same = (AlignedBuffer)other;
            if (buffer.Length != same.Length
                || !Bytes(buffer).SequenceEqual(Bytes(same))) differences.Add(path);
        }
        else if (one is GrowingBuffer growing)
        {
            if (!growing.Values.SequenceEqual(((GrowingBuffer)other).Values)) differences.Add(path);
        }
        else if (one is Array array)
        {
            var same = (Array)other;
            if (array.Length != same.Length) differences.Add($"{path}: {array.Length}, {same.Length} elements");
            else
                for (int i = 0; i < array.Length; i++) Compare(array.GetValue(i), same.GetValue(i), $"{path}[{i}]", differences, seen);
        }
        else if (type.IsValueType || seen.Add(one))
        {
            for (Type? declaring = type; declaring is not null; declaring = declaring.BaseType)
                foreach (FieldInfo field in declaring.GetFields(
                    BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                    if (!field.FieldType.IsPointer && !Scratch.Contains($"{declaring.Name}.{field.Name}"))
                        Compare(field.GetValue(one), field.GetValue(other), $"{path}.{field.Name}", differences, seen);
        }
    }

    static object Bits(object value) => value is double number ? BitConverter.DoubleToInt64Bits(number) : value is float single
        ? BitConverter.SingleToInt32Bits(single) : value;

    static ReadOnlySpan<byte> Bytes(AlignedBuffer buffer) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(buffer.Slice(0, (int)buffer.Length));
}
