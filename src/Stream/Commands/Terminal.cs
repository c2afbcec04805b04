using Spectre.Console;

namespace Esn.Streaming.Commands;

/// <summary>What is said beside the result: on standard error, so that a pipe carries results alone.</summary>
static class Terminal
{
    /// <summary>Standard error.</summary>
    public static IAnsiConsole Note { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>Where nobody looks, results are not broken into the 80 columns of a terminal that is not there.</summary>
    public static void Widen()
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 250;
        if (Console.IsErrorRedirected) Note.Profile.Width = 2000;
    }

    /// <summary>Runs work under a progress bar; without one where nobody looks.</summary>
    /// <param name="title">Stands before the bar.</param>
    /// <param name="work">Calls its argument with the part that is done, 0 to 1, or null where that is not known.</param>
    public static Task<T> Progress<T>(string title, Func<Action<double?>, Task<T>> work) =>
        ProgressTelling(title, tell => work(done => tell(done, "")));

    /// <summary>The same for work that has something to tell on its way.</summary>
    /// <param name="title">Stands before the bar.</param>
    /// <param name="work">Calls its argument with the part that is done, 0 to 1, or null, and with what stands beside the title.</param>
    public static async Task<T> ProgressTelling<T>(string title, Func<Action<double?, string>, Task<T>> work)
    {
        if (Console.IsErrorRedirected) return await work((_, _) => { }).ConfigureAwait(false);
        return await Note.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: 1);
                return await work((done, told) =>
                {
                    if (told.Length > 0) task.Description = Markup.Escape($"{title}  {told}");
                    task.IsIndeterminate = done is null;
                    task.Value = done ?? 0;
                }).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }
}
