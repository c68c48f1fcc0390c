namespace Monitor.Consul.Http;

/// <summary>How Consul is reached.</summary>
public sealed class ConsulOptions
{
    /// <summary>Where an agent listens when nothing else is said.</summary>
    public static Uri DefaultAddress { get; } = new("http://127.0.0.1:8500");

    /// <summary>
    /// Addresses of agents, http or https, of which one is used until it fails, then the next. They must belong to one datacenter. Default, while empty:
    /// <see cref="DefaultAddress"/>.
    /// </summary>
    public IList<Uri> Addresses { get; } = [];

    /// <summary>The secret of an ACL token. Default: none, which is the anonymous token.</summary>
    public string? Token { get; set; }

    /// <summary>The datacenter that is asked. Default: the agent's own.</summary>
    public string? Datacenter { get; set; }

    /// <summary>
    /// How long an address may take to answer; a blocking query may take this longer than it waits. Default 5 s, at least 100 ms, at most 1 min.
    /// </summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The path of a PEM file with the certificates of the authorities that may vouch for an https agent, and no others may. Read once. Default: those that
    /// the machine trusts.
    /// </summary>
    public string? CaCertificate { get; set; }

    /// <summary>The path of a PEM file with the certificate that is shown to an https agent, and those between it and its authority. Read once. Default: none.</summary>
    public string? ClientCertificate { get; set; }

    /// <summary>The path of a PEM file with the key of <see cref="ClientCertificate"/>, not encrypted. Default: it is in the certificate's file.</summary>
    public string? ClientKey { get; set; }

    /// <summary>Changes how connections are made, after the certificates: a proxy (none is used by default), or what else there is. Default: nothing.</summary>
    public Action<SocketsHttpHandler>? ConfigureHandler { get; set; }

    /// <summary>What is wrong with these options, each with the key, the value and what is allowed; empty when all is well.</summary>
    /// <param name="section">What the keys are prefixed with in messages: <c>Consul</c>.</param>
    public IReadOnlyList<string> Validate(string section)
    {
        List<string> failures = [];
        foreach (var address in Addresses.Where(address => address is not { IsAbsoluteUri: true, Scheme: "http" or "https" }))
            failures.Add($"{section}:Addresses holds '{address}': an absolute http or https address is needed, as {DefaultAddress}.");
        if (RequestTimeout < TimeSpan.FromMilliseconds(100) || RequestTimeout > TimeSpan.FromMinutes(1))
            failures.Add($"{section}:RequestTimeout is {RequestTimeout}: from 00:00:00.1 to 00:01:00 is allowed.");
        if (Token is { } token && token.Any(c => c is <= ' ' or > '~'))
            failures.Add($"{section}:Token holds a space or a control character: it is sent as a header, in printable ASCII.");
        failures.AddRange(ConsulCertificates.Validate(this, section));
        return failures;
    }

    /// <summary>The same, at other addresses.</summary>
    public ConsulOptions At(params IEnumerable<Uri> addresses)
    {
        var other = new ConsulOptions
        {
            Token = Token, Datacenter = Datacenter, RequestTimeout = RequestTimeout, CaCertificate = CaCertificate, ClientCertificate = ClientCertificate, ClientKey = ClientKey,
            ConfigureHandler = ConfigureHandler,
        };
        foreach (var address in addresses) other.Addresses.Add(address);
        return other;
    }
}
