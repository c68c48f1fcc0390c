namespace Monitor.Consul;

/// <summary>How Monitor's servers are marked in Consul: written by the registration, looked for by discovery.</summary>
public static class MonitorService
{
    /// <summary>The service that they are instances of, as the original server was.</summary>
    public const string Name = "go.micro.srv.monitor";

    /// <summary>
    /// Metadata key of the protocol spoken at the registered port. Entries without it, as those of the original server, are never answered by discovery; and
    /// ours have no <c>v=</c> or <c>v-</c> tag, without which the original clients pass them over.
    /// </summary>
    public const string ProtocolKey = "monitor-protocol";

    /// <summary>The protocol of <see cref="ProtocolKey"/>: gRPC without encryption.</summary>
    public const string Grpc = "grpc";

    /// <summary>The protocol of <see cref="ProtocolKey"/>: gRPC over TLS.</summary>
    public const string Grpcs = "grpcs";

    /// <summary>Metadata key of the port of the HTTP interface at the same address.</summary>
    public const string HttpPortKey = "monitor-http-port";

    /// <summary>Metadata key of the server's version.</summary>
    public const string VersionKey = "monitor-version";
}
