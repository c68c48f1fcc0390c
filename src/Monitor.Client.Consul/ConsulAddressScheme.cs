using Microsoft.Extensions.Logging;
using Monitor.Consul.Http;
using Monitor.Consul.Resolver;

namespace Monitor.Client.Consul;

/// <summary>
/// Understands <c>consul:///go.micro.srv.monitor</c>, and <c>consul://agent:8500/go.micro.srv.monitor</c> by an agent at another address. Where nothing else is
/// said, the environment says where Consul is and which token it takes, as for Consul's own tools: CONSUL_HTTP_ADDR and CONSUL_HTTP_TOKEN.
/// </summary>
public sealed class ConsulAddressScheme : AddressScheme
{
    internal const string Scheme = "consul";
    internal const string AddressVariable = "CONSUL_HTTP_ADDR";
    internal const string TokenVariable = "CONSUL_HTTP_TOKEN";

    private readonly ConsulOptions options;
    private readonly string? fault;

    /// <param name="options">How Consul is reached. Default: as the environment says, else the local agent.</param>
    public ConsulAddressScheme(ConsulOptions? options = null)
        : this(options ?? new(), Environment.GetEnvironmentVariable)
    {
    }

    internal ConsulAddressScheme(ConsulOptions options, Func<string, string?> environment) => (this.options, fault) = Complete(options, environment);

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string? Fault(Uri address)
    {
        try
        {
            var target = ConsulTarget.Parse(address, options);
            if (ReferenceEquals(target.Options, options) && fault is not null) return fault;
            return target.Options.Validate("Consul") is { Count: > 0 } failures ? string.Join(' ', failures).TrimEnd('.') : null;
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            return "allowed: consul:///go.micro.srv.monitor, or consul://agent:8500/go.micro.srv.monitor";
        }
    }

    /// <inheritdoc/>
    public override AddressResolver Resolver(Uri address, TimeProvider time, ILoggerFactory loggers) =>
        new ConsulAddressResolver(address, ConsulTarget.Parse(address, options), time, loggers.CreateLogger<ConsulAddressResolver>());

    private static (ConsulOptions Options, string? Fault) Complete(ConsulOptions given, Func<string, string?> environment)
    {
        var options = new ConsulOptions
        {
            Token = string.IsNullOrEmpty(given.Token) ? environment(TokenVariable) : given.Token,
            Datacenter = given.Datacenter,
            RequestTimeout = given.RequestTimeout,
            ConfigureHandler = given.ConfigureHandler,
        };
        foreach (var address in given.Addresses) options.Addresses.Add(address);
        if (options.Addresses.Count > 0 || environment(AddressVariable) is not { Length: > 0 } variable) return (options, null);

        // Consul's own tools take it without a scheme too.
        var text = variable.Contains("://", StringComparison.Ordinal) ? variable : $"http://{variable}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            return (options, $"{AddressVariable} is '{variable}'; allowed: host:port, or an http or https address");
        options.Addresses.Add(uri);
        return (options, null);
    }
}
