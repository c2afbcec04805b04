namespace Esn;

/// <summary>What part of the calendar a field's usual state goes by.</summary>
public enum FieldSeason
{
    /// <summary>None: a field has one mean map.</summary>
    None,

    /// <summary>The month of the year, in UTC.</summary>
    Month,

    /// <summary>The hour of the day, in UTC.</summary>
    Hour,
}
