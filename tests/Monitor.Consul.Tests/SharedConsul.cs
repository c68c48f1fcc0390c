using Monitor.Consul.Http;
using Monitor.Consul.Tests;
using Monitor.Testing.Consul;

[assembly: AssemblyFixture(typeof(SharedConsul))]

namespace Monitor.Consul.Tests;

/// <summary>The agent of all tests that leave it running and use names of their own.</summary>
public sealed class SharedConsul : IAsyncLifetime
{
    public ConsulAgent Agent { get; private set; } = null!;

    public Uri Address => Agent.Address;

    public ConsulClient Client { get; private set; } = null!;

    /// <summary>A client of one or more agents.</summary>
    public static ConsulClient ClientOf(IEnumerable<Uri> addresses, string? token = null, Action<ConsulOptions>? configure = null)
    {
        var options = new ConsulOptions { Token = token };
        foreach (var address in addresses) options.Addresses.Add(address);
        configure?.Invoke(options);
        return new(options);
    }

    public async ValueTask InitializeAsync()
    {
        Agent = await ConsulAgent.StartAsync();
        Client = ClientOf([Address]);
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (Agent is not null) await Agent.DisposeAsync();
    }
}
