using Microsoft.Extensions.Options;
using Monitor.Client;
using Monitor.Journal;
using Monitor.Silo.Journals;

namespace Monitor.Silo;

/// <summary>
/// A host from its start to its end, which is bounded whatever is away: parts of it, as Orleans when it cannot tell Consul that the silo leaves, would go on
/// trying for minutes after the host has told them that the time is over.
/// </summary>
internal sealed partial class HostRun(WebApplication app)
{
    /// <summary>For what is to be closed after the time in which it is to stop.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task starting = Task.CompletedTask;
    private TimeSpan bound;
    private volatile JournalLostException? lost;

    /// <summary>Starts it, and completes when it has stopped as it was asked to, or when the time for that is over.</summary>
    /// <exception cref="JournalLostException">It has stopped because the journal has lost its end.</exception>
    public async Task EndsAsync()
    {
        var ended = RunAsync();
        await Task.WhenAny(ended, ending.Task);
        var inTime = await Task.WhenAny(ended, Task.Delay(bound, TimeProvider.System)) == ended;
        if (!inTime) LogNotStopped(app.Logger, bound);
        // Whatever became of the stop.
        if (lost is not null) throw lost;
        // Where it never started, that is why it ends.
        await (inTime ? ended : starting);
    }

    private async Task RunAsync()
    {
        await using (app)
        {
            try
            {
                app.Services.GetService<IStartupValidator>()?.Validate();
                bound = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout + Grace;
                var journal = app.Services.GetRequiredService<JournalOpening>();
                app.Lifetime.ApplicationStopping.Register(() =>
                {
                    lost = journal.Lost;
                    ending.TrySetResult();
                });
                await (starting = StartAsync());
                app.Services.GetRequiredService<StartingHost>().Started();
                await app.WaitForShutdownAsync();
            }
            finally
            {
                ending.TrySetResult();
            }
        }
    }

    private async Task StartAsync()
    {
        try
        {
            await app.StartAsync();
        }
        catch
        {
            // Nobody is to be told of a server that never was; to try would hold up its end.
            await app.Services.GetRequiredService<MonitorReporter>().StopAsync(new CancellationToken(canceled: true));
            throw;
        }
    }

    [LoggerMessage(1301, LogLevel.Warning, "Not all of it has stopped in {Bound}: the process ends without the rest. Nothing that was acknowledged is lost by that.")]
    private static partial void LogNotStopped(ILogger logger, TimeSpan bound);
}
