using System.CommandLine;

namespace Esn.Streaming.Commands;

/// <summary>Bounds of what options may be.</summary>
static class Bounds
{
    /// <summary>Refuses values for which something does not hold; what is no value at all is told by the parser, in one line.</summary>
    public static Option<T> Must<T>(this Option<T> option, Func<T, bool> hold, Func<T, string> wrong)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 0) return;
            T value;
            try
            {
                value = result.GetValueOrDefault<T>()!;
            }
            catch (InvalidOperationException)
            {
                return;  // it is being told already
            }
            if (!hold(value)) result.AddError(wrong(value));
        });
        return option;
    }
}
