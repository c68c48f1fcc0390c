using System.CommandLine;
using Monitor.Cli.Values;
using Monitor.Client;
using Monitor.Client.Consul;

namespace Monitor.Cli.Rpc;

/// <summary>The options that every verb takes: which servers, and how long to wait for them.</summary>
internal sealed class Connection
{
    public const string Variable = "MONITOR_SERVER";
    public const string DefaultServer = "http://127.0.0.1:7401";

    public Option<string?> Server { get; } = new("--server")
    {
        Description = $"gRPC address of the server, or several separated by commas, or dns:///host:port, or consul:///go.micro.srv.monitor. Default: {Variable}, else {DefaultServer}.",
        HelpName = "url",
        Recursive = true,
    };

    public DurationOption Timeout { get; } = new(
        "--timeout", "How long to wait for an answer.", TimeSpan.FromSeconds(10), positive: true, atMost: TimeSpan.FromDays(1)) { Recursive = true };

    /// <summary>As the SDK takes it.</summary>
    public string Address(ParseResult parsed)
    {
        using var servers = Servers(parsed, out var address) as IDisposable;
        return address;
    }

    /// <summary>Whether the command line names a server.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(Server) is not null;

    public Session Open(ParseResult parsed) => new(Servers(parsed, out _), Timeout.In(parsed));

    /// <summary>Understands <c>consul:///…</c>; the environment may say where Consul is.</summary>
    public static AddressScheme Consul() => new ConsulAddressScheme();

    private AddressResolver Servers(ParseResult parsed, out string address)
    {
        var (text, origin) = parsed.GetValue(Server) is { } given
            ? (given, "--server")
            : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable ? (variable, Variable) : (DefaultServer, "");
        address = string.Join(',', text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Whole));
        try
        {
            return AddressResolver.Of(address, [Consul()]);
        }
        catch (FormatException wrong)
        {
            throw CommandFailure.Usage($"{origin}: \"{text}\" is no address of a server; it looks like {DefaultServer}. {wrong.Message}");
        }
    }

    private static string Whole(string address)
    {
        var url = address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}";
        return Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri.GetLeftPart(UriPartial.Authority) : url;
    }
}
