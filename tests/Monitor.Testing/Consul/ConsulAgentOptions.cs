namespace Monitor.Testing.Consul;

/// <summary>How a <see cref="ConsulAgent"/> is started.</summary>
public sealed record ConsulAgentOptions
{
    /// <summary>The port of its HTTP API on loopback. Null: a free one.</summary>
    public int? HttpPort { get; init; }

    /// <summary>Nothing is allowed without a token; <see cref="ConsulAgent.Token"/> allows everything, <see cref="ConsulAgent.CreateTokenAsync"/> makes others.</summary>
    public bool Acl { get; init; }

    /// <summary>PEM files of a certificate and its key: the API speaks TLS.</summary>
    public (string Certificate, string Key)? Tls { get; init; }

    /// <summary>With <see cref="Tls"/>: the API answers only who shows a certificate of this authority. Null: everybody.</summary>
    public CertificateAuthority? ClientAuthority { get; init; }

    /// <summary>How long it may take until it has a leader and answers.</summary>
    public TimeSpan ReadyTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
