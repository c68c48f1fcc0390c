using Microsoft.Extensions.Options;
using Monitor.Journal;

namespace Monitor.Silo;

/// <summary>Runs the host on an open journal: opened before anything starts, closed after everything has stopped.</summary>
internal static class MonitorHost
{
    private const int Refused = 1;

    /// <summary>The process's exit code: 0 after a stop that was asked for, 1 where it could not start as configured, with a line that says why.</summary>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        try
        {
            await using var app = build();
            app.Services.GetService<IStartupValidator>()?.Validate();
            await app.Services.GetRequiredService<IJournal>().OpenAsync(app.Lifetime.ApplicationStopping);
            await app.RunAsync();
            return 0;
        }
        catch (JournalRefusedException e)
        {
            return await RefuseAsync([e.Message]);
        }
        catch (OptionsValidationException e)
        {
            return await RefuseAsync(e.Failures);
        }
        catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is OptionsValidationException))
        {
            return await RefuseAsync(e.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures));
        }
        catch (IOException e)
        {
            // An address in use, most of all.
            return await RefuseAsync([e.Message]);
        }
    }

    // To standard error rather than to the log, which may not be there yet, or may be closed again.
    private static async Task<int> RefuseAsync(IEnumerable<string> reasons)
    {
        foreach (var reason in reasons) await Console.Error.WriteLineAsync($"Monitor does not start: {reason}");
        return Refused;
    }
}
