using Microsoft.Extensions.Logging;
using Monitor.Consul.Http;
using Monitor.Consul.Resolver;

namespace Monitor.Client.Consul;

/// <summary>
/// Understands <c>consul:///go.micro.srv.monitor</c>, and <c>consul://agent:8500/go.micro.srv.monitor</c> by an agent at another address. Where nothing else is
/// said, the environment says where Consul is, which token it takes and which certificates are for it, as for Consul's own tools: CONSUL_HTTP_ADDR, CONSUL_HTTP_TOKEN,
/// CONSUL_CACERT, CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY.
/// </summary>
public sealed class ConsulAddressScheme : AddressScheme
{
    internal const string Scheme = "consul";
    internal const string AddressVariable = "CONSUL_HTTP_ADDR";
    internal const string TokenVariable = "CONSUL_HTTP_TOKEN";

    internal const string AuthorityVariable = "CONSUL_CACERT";
    internal const string CertificateVariable = "CONSUL_CLIENT_CERT";
    internal const string KeyVariable = "CONSUL_CLIENT_KEY";

    // Of options that are only in the environment, their keys' names there.
    private readonly Dictionary<string, string> variables = [];
    private readonly ConsulOptions options;
    private readonly string? fault;

    /// <param name="options">How Consul is reached. Default: as the environment says, else the local agent.</param>
    public ConsulAddressScheme(ConsulOptions? options = null)
        : this(options ?? new(), Environment.GetEnvironmentVariable)
    {
    }

    internal ConsulAddressScheme(ConsulOptions options, Func<string, string?> environment) => (this.options, fault) = Complete(options, environment, variables);

    /// <inheritdoc/>
    public override string Name => Scheme;

    /// <inheritdoc/>
    public override string? Fault(Uri address)
    {
        try
        {
            var target = ConsulTarget.Parse(address, options);
            if (ReferenceEquals(target.Options, options) && fault is not null) return fault;
            return target.Options.Validate("Consul") is { Count: > 0 } failures ? Named(string.Join(' ', failures).TrimEnd('.')) : null;
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            return "allowed: consul:///go.micro.srv.monitor, or consul://agent:8500/go.micro.srv.monitor";
        }
    }

    /// <inheritdoc/>
    public override AddressResolver Resolver(Uri address, TimeProvider time, ILoggerFactory loggers) =>
        new ConsulAddressResolver(address, ConsulTarget.Parse(address, options), time, loggers.CreateLogger<ConsulAddressResolver>());

    private string Named(string failures) => variables.Aggregate(failures, static (text, name) => text.Replace(name.Key, name.Value, StringComparison.Ordinal));

    private static (ConsulOptions Options, string? Fault) Complete(ConsulOptions given, Func<string, string?> environment, Dictionary<string, string> variables)
    {
        var options = given.At(given.Addresses);
        options.Token = Or(given.Token, nameof(options.Token), TokenVariable);
        options.CaCertificate = Or(given.CaCertificate, nameof(options.CaCertificate), AuthorityVariable);
        // A key is of its certificate, so both are taken from one place.
        if (string.IsNullOrEmpty(given.ClientCertificate) && string.IsNullOrEmpty(given.ClientKey))
        {
            options.ClientCertificate = Or(null, nameof(options.ClientCertificate), CertificateVariable);
            options.ClientKey = Or(null, nameof(options.ClientKey), KeyVariable);
        }

        if (options.Addresses.Count > 0 || environment(AddressVariable) is not { Length: > 0 } variable) return (options, null);

        // Consul's own tools take it without a scheme too.
        var text = variable.Contains("://", StringComparison.Ordinal) ? variable : $"http://{variable}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            return (options, $"{AddressVariable} is '{variable}'; allowed: host:port, or an http or https address");
        options.Addresses.Add(uri);
        return (options, null);

        string? Or(string? value, string key, string variable)
        {
            if (!string.IsNullOrEmpty(value)) return value;
            variables[$"Consul:{key}"] = variable;
            return environment(variable);
        }
    }
}
