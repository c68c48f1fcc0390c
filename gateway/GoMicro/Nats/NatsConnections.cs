using NATS.Client.Core;

namespace Monitor.Gateway.GoMicro.Nats;

/// <summary>From settings to the client's.</summary>
internal static class NatsConnections
{
    public static NatsOpts Of(GoMicroNatsOptions options) => new()
    {
        Url = string.Join(',', options.Servers.Select(static server => server.Contains("://", StringComparison.Ordinal) ? server : $"nats://{server}")),
        Name = "Monitor",
        AuthOpts = new()
        {
            Username = Or(options.User), Password = Or(options.Password), Token = Or(options.Token), CredsFile = Or(options.CredentialsFile), NKeyFile = Or(options.NKeyFile),
        },
        TlsOpts = new()
        {
            CaFile = Or(options.CaFile),
            Mode = options.CaFile.Length > 0 || options.Servers.Any(static server => server.StartsWith("tls://", StringComparison.OrdinalIgnoreCase)) ? TlsMode.Require : TlsMode.Auto,
        },
        ConnectTimeout = TimeSpan.FromSeconds(5),
        ReconnectWaitMin = TimeSpan.FromMilliseconds(250),
        ReconnectWaitMax = TimeSpan.FromSeconds(5),
        // A login that is refused today may be allowed tomorrow.
        IgnoreAuthErrorAbort = true,
        // A server that hangs is found within half a minute.
        PingInterval = TimeSpan.FromSeconds(10),
        // What was acknowledged last is to reach the server.
        DrainSubscriptionsOnDispose = true,
        SuppressSlowConsumerWarnings = true,
    };

    private static string? Or(string text) => text.Length > 0 ? text : null;
}
