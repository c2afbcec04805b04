namespace Esn.Streaming.Configuration;

/// <summary>Families of specifications, such as the scores, as a file names their members.</summary>
static class Family
{
    /// <summary>The members of a family by their names in a file: those of their types, without Spec.</summary>
    public static SortedDictionary<string, Type> Members(Type family) => new(
        family.Assembly.GetTypes().Where(member => member.IsSubclassOf(family) && !member.IsAbstract).ToDictionary(Word),
            StringComparer.Ordinal);

    /// <summary>A member's name in a file.</summary>
    public static string Word(Type member) =>
        ConfigFile.Key(member.Name.EndsWith("Spec", StringComparison.Ordinal) ? member.Name[..^4] : member.Name);
}
