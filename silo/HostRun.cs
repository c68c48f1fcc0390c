using Microsoft.Extensions.Options;
using Monitor.Client;

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

    /// <summary>Starts it, and completes when it has stopped as it was asked to, or when the time for that is over.</summary>
    public async Task EndsAsync()
    {
        var ended = RunAsync();
        await Task.WhenAny(ended, ending.Task);
        if (await Task.WhenAny(ended, Task.Delay(bound, TimeProvider.System)) == ended)
        {
            await ended;
            return;
        }

        LogNotStopped(app.Logger, bound);
        // Where it never started, that is why it ends.
        await starting;
    }

    private async Task RunAsync()
    {
        await using (app)
        {
            try
            {
                app.Services.GetService<IStartupValidator>()?.Validate();
                bound = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout + Grace;
                app.Lifetime.ApplicationStopping.Register(() => ending.TrySetResult());
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
