using Microsoft.Extensions.Options;
using Monitor.Journal;

namespace Monitor.Silo;

/// <summary>Runs the host on an open journal: opened before anything starts, closed after everything has stopped.</summary>
internal static partial class JournalLifetime
{
    private const int Refused = 1;

    /// <summary>The process's exit code: 0 after a stop that was asked for, 1 where it could not start as configured.</summary>
    public static async Task<int> RunWithJournalAsync(this WebApplication app)
    {
        try
        {
            await app.Services.GetRequiredService<IJournal>().OpenAsync(app.Lifetime.ApplicationStopping);
            await app.RunAsync();
            return 0;
        }
        catch (JournalRefusedException e)
        {
            LogRefused(app.Logger, e.Message);
        }
        catch (OptionsValidationException e)
        {
            foreach (var failure in e.Failures) LogRefused(app.Logger, failure);
        }
        catch (IOException e)
        {
            // An address in use, most of all.
            LogRefused(app.Logger, e.Message);
        }

        return Refused;
    }

    [LoggerMessage(1300, LogLevel.Critical, "Monitor does not start: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
