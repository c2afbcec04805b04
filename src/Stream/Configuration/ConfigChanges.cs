using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Esn.Streaming.Configuration;

/// <summary>What differs between two configurations, and what of it can be taken while running.</summary>
static class ConfigChanges
{
    /// <summary>Keys that differ, by their path; of a list, the list.</summary>
    public static IReadOnlyList<string> Of(EsnConfig one, EsnConfig other)
    {
        var paths = new List<string>();
        Compare(one, other, "", paths);
        return paths;
    }

    /// <summary>
    /// The running configuration with what of a new one can be taken: budgets and all that only judges, maintenance, how times are
    /// handled, the bounds of streams and channels, how often snapshots are taken.
    /// </summary>
    /// <param name="running">That which holds.</param>
    /// <param name="wanted">Validated.</param>
    /// <returns>It, and the keys that take a restart.</returns>
    public static (EsnConfig Config, IReadOnlyList<string> Restart) Taken(EsnConfig running, EsnConfig wanted)
    {
        EsnConfig taken = running with
        {
            Alarms = wanted.Alarms,
            Maintenance = wanted.Maintenance,
            Source = running.Source with
            {
                Times = wanted.Source.Times,
                MaxStreams = wanted.Source.MaxStreams,
                MaxChannels = wanted.Source.MaxChannels,
                MaxMemory = wanted.Source.MaxMemory,
                ForgetAfter = wanted.Source.ForgetAfter,
            },
            State = running.State with { IntervalSeconds = wanted.State.IntervalSeconds },
            Detector = running.Detector.WithPolicyOf(wanted.Detector),
            Models = running.Models.Count == wanted.Models.Count
                ? [.. running.Models.Zip(wanted.Models, (own, other) => own.Streams.SequenceEqual(other.Streams)
                    ? own with { Budget = other.Budget, Detector = own.Detector.WithPolicyOf(other.Detector) } : own)]
                : running.Models,
            Places = wanted.Places,
        };
        return (taken, Of(taken, wanted));
    }

    static void Compare(object? one, object? other, string path, List<string> paths)
    {
        if (one is null || other is null || one.GetType() != other.GetType() || !IsRecord(one.GetType()))
        {
            if (Said(one) != Said(other)) paths.Add(path);
            return;
        }
        foreach (PropertyInfo property in ConfigText.Keys(one.GetType()))
        {
            string key = ConfigFile.Key(property.Name);
            Compare(property.GetValue(one), property.GetValue(other), path.Length == 0 ? key : $"{path}.{key}", paths);
        }
    }

    static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null && type != typeof(AlarmBudget) && type != typeof(MemorySize)
        && type != typeof(Duration);

    // Lists are compared by what is in them.
    static string Said(object? value) => value switch
    {
        null => "",
        string text => $"'{text}'",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Said))}]",
        _ when IsRecord(value.GetType()) => $"{value.GetType().Name} {{ "
            + string.Join(", ", ConfigText.Keys(value.GetType()).Select(key => $"{key.Name}: {Said(key.GetValue(value))}")) + " }",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
