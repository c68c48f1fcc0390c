using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Monitor.Silo;

/// <summary>A server that cannot listen ends the start of all else, which may be waiting for the journal or for the cluster.</summary>
internal sealed class StartingServer(IServer server, IHostApplicationLifetime lifetime) : IServer
{
    public IFeatureCollection Features => server.Features;

    public static void Decorate(IServiceCollection services)
    {
        var registered = services.Last(service => service.ServiceType == typeof(IServer));
        services.Remove(registered);
        services.AddSingleton<IServer>(provider => new StartingServer(
            (IServer)ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!), provider.GetRequiredService<IHostApplicationLifetime>()));
    }

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        try
        {
            await server.StartAsync(application, cancellationToken);
        }
        catch
        {
            lifetime.StopApplication();
            throw;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    public void Dispose() => server.Dispose();
}
