namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>Whether messages are taken by JetStream, which keeps them until they are acknowledged.</summary>
public enum JetStreamMode
{
    /// <summary>Where the server and the account have it.</summary>
    Auto,

    /// <summary>Always; a server without it is an error.</summary>
    Required,

    /// <summary>Never.</summary>
    Off,
}

/// <summary>
/// Settings of the NATS servers that go-micro services publish to: section <c>Monitor:GoMicro:Nats</c> of the configuration. The gateways of one cluster subscribe in one queue,
/// <see cref="GoMicroOptions.Queue"/>.
/// </summary>
public sealed class GoMicroNatsOptions
{
    internal const string Section = "Monitor:GoMicro:Nats";

    /// <summary>
    /// Servers, of which one is used until it fails: <c>nats://host:port</c>, <c>tls://host:port</c> or <c>host:port</c>, with commas between; the port may be left out and is then
    /// 4222. Default none: NATS is not used.
    /// </summary>
    public string Url { get; set; } = "";

    /// <summary>Name to log in with; needs <see cref="Password"/>. Default none.</summary>
    public string User { get; set; } = "";

    /// <summary>Password of <see cref="User"/>. Default none.</summary>
    public string Password { get; set; } = "";

    /// <summary>Token to log in with. Default none.</summary>
    public string Token { get; set; } = "";

    /// <summary>File of a JWT and its seed to log in with (<c>.creds</c>). Default none.</summary>
    public string CredentialsFile { get; set; } = "";

    /// <summary>File of an NKey's seed to log in with. Default none.</summary>
    public string NKeyFile { get; set; } = "";

    /// <summary>PEM file of the authorities that vouch for the servers; set, every connection uses TLS. Default those of the machine.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>Whether JetStream is used. Default <c>auto</c>.</summary>
    public JetStreamMode JetStream { get; set; } = JetStreamMode.Auto;

    /// <summary>Stream that is made for topics which no stream holds: 1 to 255 letters, digits, - and _. Default <c>MONITOR</c>.</summary>
    public string Stream { get; set; } = "MONITOR";

    /// <summary>How long a stream that is made keeps messages: for so long the gateways may be away without loss. Default 1 h; 1 min to 31 days.</summary>
    public TimeSpan StreamMaxAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Bytes that a stream that is made keeps at most, the oldest dropped first. Default 1,024 MiB; 8 MiB to 1 TiB.</summary>
    public long StreamMaxBytes { get; set; } = 1024L * 1024 * 1024;

    internal bool IsConfigured => Url.Length > 0;

    internal string[] Servers => Url.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
