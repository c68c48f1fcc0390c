using System.Net;
using Microsoft.Extensions.Options;

namespace Monitor.Gateway.GoMicro;

/// <summary>Settings of what go-micro services of 2016 and later report to and ask: section <c>Monitor:GoMicro</c> of the configuration.</summary>
public sealed class GoMicroOptions
{
    internal const string Section = "Monitor:GoMicro";

    /// <summary>Whether it is served. Default no.</summary>
    public bool Enabled { get; set; }

    /// <summary>Where messages of go-micro's HTTP broker are taken (HTTP/1.1): <c>http://host:port</c>, port 0 for any free one. Default http://127.0.0.1:7402.</summary>
    public string Broker { get; set; } = "http://127.0.0.1:7402";

    /// <summary>Where go-micro's RPC over HTTP is answered (HTTP/1.1): <c>http://host:port</c>, port 0 for any free one. Default http://127.0.0.1:7403.</summary>
    public string Rpc { get; set; } = "http://127.0.0.1:7403";

    /// <summary>
    /// The queue in which the gateways subscribe: a publisher gives each message to one of them. Empty: to all of them, and the copies are told by their content. Gateways of one
    /// cluster need the same, those of different clusters that share a Consul need different ones. Default <c>go.micro.srv.monitor</c>, at most 256 bytes.
    /// </summary>
    public string Queue { get; set; } = "go.micro.srv.monitor";

    internal IPEndPoint? BrokerEndPoint => ListenAddress.Parse(Broker);

    internal IPEndPoint? RpcEndPoint => ListenAddress.Parse(Rpc);
}

internal sealed class GoMicroOptionsValidator : IValidateOptions<GoMicroOptions>
{
    private const int MaxQueueBytes = 256;

    public ValidateOptionsResult Validate(string? name, GoMicroOptions options)
    {
        var failures = new List<string>();
        Address(nameof(options.Broker), options.Broker);
        Address(nameof(options.Rpc), options.Rpc);
        if (options.BrokerEndPoint is { Port: > 0 } broker && broker.Equals(options.RpcEndPoint))
            failures.Add($"{GoMicroOptions.Section}:Broker and {GoMicroOptions.Section}:Rpc are both '{options.Broker}'; each needs an address of its own.");
        if (System.Text.Encoding.UTF8.GetByteCount(options.Queue) is > MaxQueueBytes and var bytes)
            failures.Add($"{GoMicroOptions.Section}:Queue has {bytes} bytes; at most {MaxQueueBytes} are allowed.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Address(string key, string? value)
        {
            if (ListenAddress.Parse(value) is null)
                failures.Add($"{GoMicroOptions.Section}:{key} is '{value}'; http://<IP address or localhost>:<port> is allowed, 0.0.0.0 or [::] for every interface.");
        }
    }
}
