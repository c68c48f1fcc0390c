namespace Monitor.Gateway;

/// <summary>Says in one line where the server is, once it is served.</summary>
internal sealed partial class Announcement(GatewayAddresses addresses, ILogger<Announcement> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        LogServing(Text(addresses.Http), Text(addresses.Grpc));
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    [LoggerMessage(2020, LogLevel.Information, "Monitor is ready: HTTP {Http}, gRPC {Grpc}")]
    private partial void LogServing(string http, string grpc);
}
