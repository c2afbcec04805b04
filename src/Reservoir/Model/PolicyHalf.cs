using System.Reflection;

namespace Esn;

/// <summary>Puts the policy of one specification into another, which keeps what it learns with.</summary>
static class PolicyHalf
{
    /// <summary>The one with the policy of the other, as far as they are of the same types.</summary>
    public static T Of<T>(T learnt, T policy) where T : notnull => (T)Merged(learnt, policy);

    static object Merged(object learnt, object policy)
    {
        Type type = learnt.GetType();
        if (policy.GetType() != type) return learnt;
        object? copy = null;  // what `with` calls, where there is something to change
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.CanWrite))
        {
            (object? own, object? other) = (property.GetValue(learnt), property.GetValue(policy));
            object? wanted = property.IsDefined(typeof(PolicyAttribute)) ? other
                : own is not null && other is not null && IsRecord(own.GetType()) ? Merged(own, other) : own;
            if (Equals(wanted, own)) continue;
            copy ??= type.GetMethod("<Clone>$")!.Invoke(learnt, null)!;
            property.SetValue(copy, wanted);
        }
        return copy ?? learnt;
    }

    static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;
}
