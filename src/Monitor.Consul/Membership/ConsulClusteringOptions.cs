using Monitor.Consul.Http;

namespace Orleans.Configuration;

/// <summary>
/// Where the membership of a cluster is kept in Consul. With the names of the official provider, and beyond them the keys that a configuration section can
/// bind: <c>Orleans:Clustering:Address</c>.
/// </summary>
public class ConsulClusteringOptions
{
    /// <summary>A folder that all keys are put under. Default: none; keys begin with <c>orleans/</c>.</summary>
    public string? KvRootFolder { get; set; }

    /// <summary>The address of an agent; tried before <see cref="Addresses"/>. Default, where neither is set: <c>http://127.0.0.1:8500</c>.</summary>
    public Uri? Address { get; set; }

    /// <summary>Addresses of agents, of which one is used until it fails, then the next. Default: none.</summary>
    public IList<Uri> Addresses { get; } = [];

    /// <summary>The secret of an ACL token, which needs the policy <c>key_prefix "&lt;prefix&gt;/" { policy = "write" }</c>, or read for a client. Default: none.</summary>
    [Redact]
    public string? AclClientToken { get; set; }

    /// <summary>The datacenter that holds the table: its keys are not replicated to others. Default: the agent's own.</summary>
    public string? Datacenter { get; set; }

    /// <summary>How long an address may take to answer. Default 5 s, at least 100 ms, at most 1 min.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The path of a PEM file with the certificates of the authorities that may vouch for an https agent. Default: those that the machine trusts.</summary>
    public string? CaCertificate { get; set; }

    /// <summary>The path of a PEM file with the certificate that is shown to an https agent. Default: none.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>The path of a PEM file with the key of <see cref="ClientCertificate"/>, not encrypted. Default: it is in the certificate's file.</summary>
    public string? ClientKey { get; set; }

    /// <summary>Changes how connections are made, after the certificates. Default: nothing.</summary>
    public Action<SocketsHttpHandler>? ConfigureHandler { get; set; }

    /// <summary>Sets the address of the agent and the secret of an ACL token.</summary>
    public void ConfigureConsulClient(Uri address, string? aclClientToken = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        Address = address;
        AclClientToken = aclClientToken;
    }

    /// <exception cref="Orleans.Runtime.OrleansConfigurationException">They are not valid.</exception>
    internal ConsulClient CreateClient()
    {
        // Whoever needs the client may be made before the validators are asked.
        new ConsulClusteringOptionsValidator<ConsulClusteringOptions>(this).ValidateConfiguration();
        return new(ToConsulOptions());
    }

    internal ConsulOptions ToConsulOptions()
    {
        var options = new ConsulOptions
        {
            Token = AclClientToken, Datacenter = Datacenter, RequestTimeout = RequestTimeout, CaCertificate = CaCertificate, ClientCertificate = ClientCertificate, ClientKey = ClientKey,
            ConfigureHandler = ConfigureHandler,
        };
        foreach (var address in Address is null ? Addresses : Addresses.Prepend(Address)) options.Addresses.Add(address);
        return options;
    }
}
