using System.Globalization;
using System.Net;
using Microsoft.Extensions.Options;

namespace Monitor.Gateway;

/// <summary>Settings of the gateway: section <c>Monitor</c> of the configuration.</summary>
public sealed class GatewayOptions
{
    /// <summary>Where HTTP JSON is served (HTTP/1.1): <c>http://host:port</c>, port 0 for any free one. Default http://127.0.0.1:7400.</summary>
    public string Http { get; set; } = "http://127.0.0.1:7400";

    /// <summary>Where gRPC is served (HTTP/2 without TLS): <c>http://host:port</c>, port 0 for any free one. Default http://127.0.0.1:7401.</summary>
    public string Grpc { get; set; } = "http://127.0.0.1:7401";

    /// <summary>Bytes of batches that may be on their way to the journal at once; beyond, publishes are refused with RESOURCE_EXHAUSTED. Default 256 MiB, 8 MiB to 64 GiB.</summary>
    public long MaxInFlightBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>The same for one stream; beyond, its batches are read later. Default 8 MiB, 4 MiB to <see cref="MaxInFlightBytes"/>.</summary>
    public long MaxInFlightBytesPerStream { get; set; } = 8L * 1024 * 1024;

    /// <summary>Batches of one stream that may be on their way to the journal at once; beyond, its batches are read later. Default 4096, 1 to 1,000,000.</summary>
    public int MaxInFlightBatchesPerStream { get; set; } = 4096;

    /// <summary>How long a query waits at most, after a start or while a partition goes to another silo, until what the journal holds is applied. Default 10 s, 0 to 10 min.</summary>
    public TimeSpan CatchUpWait { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary><see cref="Http"/> as an end point; null where it is none.</summary>
    public IPEndPoint? HttpEndPoint => ListenAddress.Parse(Http);

    /// <summary><see cref="Grpc"/> as an end point; null where it is none.</summary>
    public IPEndPoint? GrpcEndPoint => ListenAddress.Parse(Grpc);
}

/// <summary>Reads the addresses to listen on.</summary>
internal static class ListenAddress
{
    /// <summary>Null where it is none.</summary>
    public static IPEndPoint? Parse(string? address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/") return null;
        if (uri.Host is "localhost") return new(IPAddress.Loopback, uri.Port);
        return IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) ? new(ip, uri.Port) : null;
    }
}

internal sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    private const long MiB = 1024 * 1024;

    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var failures = new List<string>();
        Address(nameof(options.Http), options.Http);
        Address(nameof(options.Grpc), options.Grpc);
        if (options.HttpEndPoint is { Port: > 0 } http && http.Equals(options.GrpcEndPoint))
            failures.Add($"Monitor:Http and Monitor:Grpc are both '{options.Http}'; each needs an address of its own.");
        Range(nameof(options.MaxInFlightBytes), options.MaxInFlightBytes, 8 * MiB, 64 * 1024 * MiB);
        Range(nameof(options.MaxInFlightBytesPerStream), options.MaxInFlightBytesPerStream, 4 * MiB, options.MaxInFlightBytes);
        Range(nameof(options.MaxInFlightBatchesPerStream), options.MaxInFlightBatchesPerStream, 1, 1_000_000);
        if (options.CatchUpWait < TimeSpan.Zero || options.CatchUpWait > TimeSpan.FromMinutes(10))
            failures.Add($"Monitor:CatchUpWait is {options.CatchUpWait}; 00:00:00 to 00:10:00 are allowed.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Address(string key, string? value)
        {
            if (ListenAddress.Parse(value) is null)
                failures.Add($"Monitor:{key} is '{value}'; http://<IP address or localhost>:<port> is allowed, 0.0.0.0 or [::] for every interface.");
        }

        void Range(string key, long value, long least, long most)
        {
            if (value < least || value > most)
                failures.Add(string.Create(CultureInfo.InvariantCulture, $"Monitor:{key} is {value}; {least} to {most} are allowed."));
        }
    }
}
