using Monitor.Consul.Http;
using Monitor.Testing.Consul;

namespace Monitor.Consul.Tests;

/// <summary>An agent that speaks TLS only, and answers only who shows a certificate of its authority.</summary>
public sealed class SecuredConsul : IAsyncLifetime
{
    private ConsulAgent? agent;

    public CertificateAuthority Authority { get; } = new();

    /// <summary>What a client shows.</summary>
    public (string Certificate, string Key) Own { get; private set; }

    public Uri Address => agent!.Address;

    public async ValueTask InitializeAsync()
    {
        Own = Authority.Issue();
        agent = await ConsulAgent.StartAsync(new() { Tls = Authority.Issue(), ClientAuthority = Authority });
    }

    public void Configure(ConsulOptions options) =>
        (options.CaCertificate, options.ClientCertificate, options.ClientKey) = (Authority.File, Own.Certificate, Own.Key);

    /// <summary>The same as settings.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings(string section) =>
    [
        new($"{section}:Addresses:0", Address.ToString()), new($"{section}:CaCertificate", Authority.File), new($"{section}:ClientCertificate", Own.Certificate),
        new($"{section}:ClientKey", Own.Key),
    ];

    public async ValueTask DisposeAsync()
    {
        if (agent is not null) await agent.DisposeAsync();
        Authority.Dispose();
    }
}
