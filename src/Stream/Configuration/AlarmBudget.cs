using System.Globalization;
using System.Text.RegularExpressions;

namespace Esn.Streaming.Configuration;

/// <summary>So many alarms in so many steps of a stream, or in some time of its feed.</summary>
/// <param name="Text">As it was said.</param>
/// <param name="PerStep">Alarms a step, [1e-9, .05]; null: it is by time.</param>
/// <param name="PerDay">Alarms a day, above 0; null: it is by steps.</param>
public sealed partial record AlarmBudget(string Text, double? PerStep, double? PerDay)
{
    /// <summary>
    /// From "1 per 100000 steps" or "2 per day" (hour, week, month of 30 days); null: it is no such text, or out of range.
    /// </summary>
    public static AlarmBudget? Parse(string text)
    {
        Match match = Form().Match(text);
        if (!match.Success) return null;
        static double Number(Group group) => group.Success
            ? double.Parse(group.Value.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) : 1;
        double rate = Number(match.Groups["alarms"]) / Number(match.Groups["count"]);
        double? perDay = match.Groups["unit"].Value.ToLowerInvariant() switch
        {
            "hour" => 24 * rate,
            "day" => rate,
            "week" => rate / 7,
            "month" => rate / 30,
            _ => null,
        };
        if (perDay is not null) return perDay is > 0 and <= 1e6 ? new AlarmBudget(text, null, perDay) : null;
        return rate is >= 1e-9 and <= .05 ? new AlarmBudget(text, rate, null) : null;
    }

    /// <summary>The budget of a model as a number, whoever said it.</summary>
    /// <param name="model">With that budget.</param>
    /// <param name="said">Null: nobody said one, it is the preset's.</param>
    internal static string Say(ModelSpec model, AlarmBudget? said) => said?.Text
        ?? (model.AlarmsAStep() is { } rate
            ? string.Create(CultureInfo.InvariantCulture, $"1 per {1 / rate:#,0} steps (the preset's)")
            : "the preset's");

    [GeneratedRegex(@"^\s*(?<alarms>[0-9]+(\.[0-9]+)?)\s*(per|in)\s+(?<count>[0-9_]+)?\s*(?<unit>step|hour|day|week|month)s?\s*$",
        RegexOptions.IgnoreCase)]
    private static partial Regex Form();
}
