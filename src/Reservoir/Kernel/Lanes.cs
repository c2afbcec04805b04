using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Esn;

/// <summary>
/// A vector of <see cref="Width"/> doubles. The kernels are written once, over eight lanes: a narrower vector takes them
/// in several passes. Every lane has one chain of fused multiply-adds, so all widths give the same bits.
/// </summary>
interface ILanes<T> where T : unmanaged, ILanes<T>
{
    /// <summary>1, 2, 4 or 8.</summary>
    static abstract int Width { get; }

    static abstract unsafe T Load(double* from);

    static abstract unsafe void Store(T value, double* to);

    static abstract T All(double value);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    static abstract T Multiply(T a, T b);

    static abstract T Add(T a, T b);

    static abstract T Divide(T a, T b);

    /// <summary>The lesser, per lane; NaN where <paramref name="a"/> is.</summary>
    static abstract T AtMost(T a, T limit);

    static abstract T Magnitude(T a);

    /// <summary>The bits that both have.</summary>
    static abstract T And(T a, T mask);

    /// <summary>a ≥ 0 with the sign of another.</summary>
    static abstract T WithSign(T a, T sign);

    /// <summary>2^k from k + <see cref="Lanes.Rounding"/>, k = −1022 … 1023.</summary>
    static abstract T PowerOfTwo(T shifted);
}

static class Lanes
{
    /// <summary>Added to a number of less than 2⁵¹, it leaves the nearest whole number in the low bits.</summary>
    public const double Rounding = 6755399441055744;  // 1.5·2⁵²

    /// <summary>A double of ones, to mask with.</summary>
    public static readonly double AllBits = BitConverter.Int64BitsToDouble(-1);

    /// <summary>Bits of a double before its exponent, and what the exponent of 1 is.</summary>
    public const int Fraction = 52, Bias = 1023;
}

readonly struct Lanes8(Vector512<double> value) : ILanes<Lanes8>
{
    readonly Vector512<double> _value = value;

    public static int Width { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 8; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes8 Load(double* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Lanes8 value, double* to) => value._value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 All(double value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 MultiplyAdd(Lanes8 a, Lanes8 b, Lanes8 c) => new(Vector512.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Multiply(Lanes8 a, Lanes8 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Add(Lanes8 a, Lanes8 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Divide(Lanes8 a, Lanes8 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 AtMost(Lanes8 a, Lanes8 limit) =>
        new(Vector512.ConditionalSelect(Vector512.GreaterThan(a._value, limit._value), limit._value, a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Magnitude(Lanes8 a) => new(Vector512.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 And(Lanes8 a, Lanes8 mask) => new(a._value & mask._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 WithSign(Lanes8 a, Lanes8 sign) => new(a._value | (sign._value & Vector512.Create(-0.0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 PowerOfTwo(Lanes8 shifted) =>
        new((shifted._value.AsInt64() + Vector512.Create((long)Lanes.Bias) << Lanes.Fraction).AsDouble());
}

readonly struct Lanes4(Vector256<double> value) : ILanes<Lanes4>
{
    readonly Vector256<double> _value = value;

    public static int Width { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 4; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes4 Load(double* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Lanes4 value, double* to) => value._value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 All(double value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 MultiplyAdd(Lanes4 a, Lanes4 b, Lanes4 c) => new(Vector256.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Multiply(Lanes4 a, Lanes4 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Add(Lanes4 a, Lanes4 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Divide(Lanes4 a, Lanes4 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 AtMost(Lanes4 a, Lanes4 limit) =>
        new(Vector256.ConditionalSelect(Vector256.GreaterThan(a._value, limit._value), limit._value, a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Magnitude(Lanes4 a) => new(Vector256.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 And(Lanes4 a, Lanes4 mask) => new(a._value & mask._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 WithSign(Lanes4 a, Lanes4 sign) => new(a._value | (sign._value & Vector256.Create(-0.0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 PowerOfTwo(Lanes4 shifted) =>
        new((shifted._value.AsInt64() + Vector256.Create((long)Lanes.Bias) << Lanes.Fraction).AsDouble());
}

readonly struct Lanes2(Vector128<double> value) : ILanes<Lanes2>
{
    readonly Vector128<double> _value = value;

    public static int Width { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 2; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes2 Load(double* from) => new(Vector128.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Lanes2 value, double* to) => value._value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 All(double value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 MultiplyAdd(Lanes2 a, Lanes2 b, Lanes2 c) => new(Vector128.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 Multiply(Lanes2 a, Lanes2 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 Add(Lanes2 a, Lanes2 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 Divide(Lanes2 a, Lanes2 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 AtMost(Lanes2 a, Lanes2 limit) =>
        new(Vector128.ConditionalSelect(Vector128.GreaterThan(a._value, limit._value), limit._value, a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 Magnitude(Lanes2 a) => new(Vector128.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 And(Lanes2 a, Lanes2 mask) => new(a._value & mask._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 WithSign(Lanes2 a, Lanes2 sign) => new(a._value | (sign._value & Vector128.Create(-0.0)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes2 PowerOfTwo(Lanes2 shifted) =>
        new((shifted._value.AsInt64() + Vector128.Create((long)Lanes.Bias) << Lanes.Fraction).AsDouble());
}

/// <summary>The scalar twin.</summary>
readonly struct Lanes1(double value) : ILanes<Lanes1>
{
    readonly double _value = value;

    public static int Width { [MethodImpl(MethodImplOptions.AggressiveInlining)] get => 1; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes1 Load(double* from) => new(*from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Lanes1 value, double* to) => *to = value._value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 All(double value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 MultiplyAdd(Lanes1 a, Lanes1 b, Lanes1 c) => new(Math.FusedMultiplyAdd(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Multiply(Lanes1 a, Lanes1 b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Add(Lanes1 a, Lanes1 b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Divide(Lanes1 a, Lanes1 b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 AtMost(Lanes1 a, Lanes1 limit) => a._value > limit._value ? limit : a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 Magnitude(Lanes1 a) => new(Math.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 And(Lanes1 a, Lanes1 mask) =>
        new(BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(a._value) & BitConverter.DoubleToInt64Bits(mask._value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 WithSign(Lanes1 a, Lanes1 sign) => new(Math.CopySign(a._value, sign._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes1 PowerOfTwo(Lanes1 shifted) =>
        new(BitConverter.Int64BitsToDouble((BitConverter.DoubleToInt64Bits(shifted._value) + Lanes.Bias) << Lanes.Fraction));
}
