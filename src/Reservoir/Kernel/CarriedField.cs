namespace Esn;

/// <summary>A field as a <see cref="StateCarrier"/> carries it.</summary>
/// <param name="Name">As the class that carries it wrote it.</param>
/// <param name="Type">Of one element.</param>
/// <param name="Length">Elements.</param>
readonly record struct CarriedField(string Name, Type Type, int Length);
